using Wardline.Rtc.Dtls;

namespace Wardline.Rtc.Tests.Dtls;

/// <summary>Timers, the deadline and the end, all on the caller's clock.</summary>
public sealed class DtlsTimeTests
{
    [Fact]
    public void A_flight_without_an_answer_is_repeated_at_doubling_intervals_until_the_deadline()
    {
        List<double> sentAt = [];
        using DtlsKit kit = new();
        kit.Network = (n, _) =>
        {
            (bool toServer, byte[] _) = kit.Sent[n];
            if (!toServer)
            {
                sentAt.Add((kit.Now - DtlsKit.Start).TotalMilliseconds);
            }

            return toServer && n == 0 ? [0] : [];
        };
        kit.Run();
        Assert.Equal([0, 100, 300, 700, 1_500, 3_100, 6_300, 10_300, 14_300, 18_300, 22_300, 26_300], sentAt);
        Assert.Equal((DtlsState.Failed, DtlsFailure.Timeout), (kit.Server.State, kit.Server.Failure));
        Assert.Equal(OpenSslDtlsEngine.Copies, kit.Server.Counters.Retransmissions);
        Assert.Equal(Instant.Never, kit.Server.NextTimeout);
    }

    [Fact]
    public void Every_repetition_is_made_of_new_records_with_the_same_messages()
    {
        // RFC 6347 §4.2.2: the message_seq stays, the record sequence number does not.
        using DtlsKit kit = new();
        kit.Network = (n, _) => kit.Sent[n].ToServer && n == 0 ? [0] : [];
        kit.Run();
        List<byte[]> flights = [.. kit.Sent.Where(s => !s.ToServer).Select(s => s.Bytes)];
        Assert.Equal(12, flights.Count);
        HashSet<long> records = [];
        foreach (byte[] flight in flights)
        {
            Assert.Equal(2, flight[13]); // ServerHello
            Assert.Equal(0, flight[18]); // message_seq 0
            for (int i = 0; i < flight.Length; i += 13 + (flight[i + 11] << 8 | flight[i + 12]))
            {
                Assert.True(records.Add((long)flight[i + 9] << 8 | flight[i + 10]));
            }
        }
    }

    [Fact]
    public void An_hour_of_virtual_time_passes_in_no_time_and_a_stalled_handshake_ends_after_thirty_seconds()
    {
        using DtlsKit kit = new() { Network = (n, _) => n < 2 ? [10] : [] };
        kit.Run(29_999);
        Assert.Equal(DtlsState.Handshaking, kit.Server.State);
        kit.Run(3_600_000);
        Assert.Equal((DtlsState.Failed, DtlsFailure.Timeout), (kit.Server.State, kit.Server.Failure));
        Assert.Equal((DtlsState.Failed, DtlsFailure.Timeout), (kit.Client.State, kit.Client.Failure));
    }

    [Fact]
    public void Datagrams_that_keep_coming_do_not_prolong_a_handshake()
    {
        using DtlsKit kit = new();
        kit.Client.Start(kit.Now);
        byte[] hello = new byte[1500];
        Assert.True(kit.Client.TryTake(hello, out int length));
        for (int second = 0; second <= 31; second++)
        {
            Instant now = DtlsKit.Start + TimeSpan.FromSeconds(second);
            kit.Server.Handle(hello.AsSpan(0, length), now);
            kit.Server.HandleTimeout(now);
        }

        Assert.Equal((DtlsState.Failed, DtlsFailure.Timeout), (kit.Server.State, kit.Server.Failure));
    }

    [Fact]
    public void A_caller_that_comes_late_gets_one_repetition_and_not_a_burst()
    {
        using DtlsKit kit = new();
        kit.Client.Start(kit.Now);
        byte[] buffer = new byte[1500];
        Assert.True(kit.Client.TryTake(buffer, out int length));
        kit.Server.Handle(buffer.AsSpan(0, length), kit.Now);
        while (kit.Server.TryTake(buffer, out _))
        {
        }

        kit.Server.HandleTimeout(kit.Now + TimeSpan.FromSeconds(5));
        int taken = 0;
        while (kit.Server.TryTake(buffer, out _))
        {
            taken++;
        }

        Assert.Equal(1, taken);
    }

    [Fact]
    public void Nothing_is_repeated_after_the_handshake()
    {
        using DtlsKit kit = new();
        kit.Run();
        int sent = kit.Sent.Count;
        kit.Run(3_600_000);
        Assert.Equal(sent, kit.Sent.Count);
    }

    [Fact]
    public void Close_notify_closes_both_sides_and_is_answered()
    {
        using DtlsKit kit = new();
        kit.Run();
        int before = kit.Sent.Count;
        kit.Client.Close();
        kit.Drain();
        kit.Run();
        Assert.Equal(DtlsState.Closed, kit.Server.State);
        Assert.Equal(DtlsState.Closed, kit.Client.State);
        Assert.Equal([true, false], kit.Sent.Skip(before).Select(s => s.ToServer));
        Assert.False(kit.Server.PeerMatches(kit.ClientFactory.Fingerprint));
        Assert.Throws<InvalidOperationException>(() => kit.Server.ExportKeyingMaterial(new byte[88]));
    }

    [Fact]
    public void Closing_during_the_handshake_is_silent_and_final()
    {
        using DtlsKit kit = new() { Network = (n, _) => n == 0 ? [10] : [] };
        kit.Run(50);
        kit.Server.Close();
        Assert.Equal(DtlsState.Closed, kit.Server.State);
        Assert.Equal(Instant.Never, kit.Server.NextTimeout);
        kit.Server.Handle(kit.Sent[0].Bytes, kit.Now);
        Assert.Equal(DtlsState.Closed, kit.Server.State);
        Assert.Equal(1, kit.Server.Counters.Refused);
    }

    [Fact]
    public void A_disposed_engine_takes_everything_quietly()
    {
        using DtlsKit kit = new();
        kit.Run();
        kit.Server.Dispose();
        kit.Server.Dispose();
        kit.Server.Handle(kit.Sent[0].Bytes, kit.Now);
        kit.Server.HandleTimeout(kit.Now);
        kit.Server.Close();
        Assert.False(kit.Server.PeerMatches(kit.ClientFactory.Fingerprint));
        Assert.Equal(("", ""), (kit.Server.Version, kit.Server.Cipher));
        Assert.Throws<ObjectDisposedException>(() =>
        {
            OpenSslDtls factory = DtlsKit.CreateFactory();
            factory.Dispose();
            factory.CreateServer();
        });
    }
}
