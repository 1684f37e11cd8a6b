using Wardline.Rtc.Dtls;

namespace Wardline.Rtc.Tests.Dtls;

/// <summary>Bytes that no honest peer sends.</summary>
public sealed class DtlsBadInputTests
{
    private static readonly byte[][] Malformed =
    [
        [],
        [22],
        [22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 1, 2], // longer than it is
        [22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9], // a byte left over
        [22, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], // TLS, not DTLS
        [24, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], // heartbeat
        [22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0],
        [23, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 0, 77, 0, 2, 1, 2], // protected, but shorter than a tag
    ];

    [Fact]
    public void What_is_not_a_row_of_whole_records_never_reaches_libssl()
    {
        using DtlsKit kit = new();
        foreach (byte[] datagram in Malformed)
        {
            kit.Server.Handle(datagram, kit.Now);
        }

        Assert.Equal(Malformed.Length, kit.Server.Counters.Malformed);
        Assert.Equal(DtlsState.New, kit.Server.State);
        kit.Run();
        kit.AssertConnected();
    }

    [Fact]
    public void Malformed_datagrams_at_every_step_change_nothing()
    {
        using DtlsKit kit = new();
        kit.Network = (_, _) =>
        {
            foreach (byte[] datagram in Malformed)
            {
                kit.Server.Handle(datagram, kit.Now);
                kit.Client.Handle(datagram, kit.Now);
            }

            return [10];
        };
        kit.Run();
        kit.AssertConnected();
    }

    [Fact]
    public void Random_records_never_throw_and_never_connect()
    {
        for (int seed = 0; seed < 400; seed++)
        {
            Random random = new(seed);
            using DtlsKit kit = new();
            for (int i = 0; i < 20; i++)
            {
                kit.Server.Handle(RandomRecord(random), kit.Now);
            }

            Assert.NotEqual(DtlsState.Connected, kit.Server.State);
        }
    }

    [Fact]
    public void A_changed_byte_in_the_handshake_never_throws_and_never_gives_different_keys()
    {
        for (int seed = 0; seed < 400; seed++)
        {
            Random random = new(seed);
            int victim = random.Next(4);
            using DtlsKit kit = new();
            kit.Network = (n, bytes) =>
            {
                if (n == victim)
                {
                    bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                }

                return [10];
            };
            kit.Run();
            if (kit.Server.State == DtlsState.Connected && kit.Client.State == DtlsState.Connected)
            {
                kit.AssertConnected(); // the damaged datagram was dropped and repeated
            }
        }
    }

    [Fact]
    public void Forged_plaintext_alerts_and_handshakes_after_the_handshake_are_ignored()
    {
        using DtlsKit kit = new();
        kit.Run();
        kit.Inject([21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 200, 0, 2, 2, 40], toServer: true); // fatal handshake_failure
        kit.Inject([21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 201, 0, 2, 1, 0], toServer: true); // close_notify
        kit.Inject([20, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 202, 0, 1, 1], toServer: true); // change_cipher_spec
        kit.Inject([.. kit.Sent[0].Bytes], toServer: true); // the ClientHello again
        kit.AssertConnected();
        Assert.Equal((4L, 0L), (kit.Server.Counters.Discarded, kit.Server.Counters.Alerts));
    }

    [Fact]
    public void Forged_protected_records_after_the_handshake_are_ignored()
    {
        using DtlsKit kit = new();
        kit.Run();
        Random random = new(5);
        for (int i = 0; i < 200; i++)
        {
            byte[] record = RandomRecord(random);
            record[4] = 1; // epoch 1: ours, but not with our key
            kit.Server.Handle(record, kit.Now);
        }

        kit.AssertConnected();
        Assert.Equal(0, kit.Server.Counters.ApplicationBytes);
        Assert.Equal(200, kit.Server.Counters.Discarded + kit.Server.Counters.Malformed);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(21)]
    [InlineData(22)]
    [InlineData(23)]
    public void A_forged_record_of_any_length_cannot_end_an_association(byte type)
    {
        // libssl reports a record shorter than nonce and tag as if the transport had broken.
        using DtlsKit kit = new();
        kit.Run();
        for (int length = 0; length <= 64; length++)
        {
            kit.Server.Handle([type, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 1, (byte)length, 0, (byte)length, .. new byte[length]], kit.Now);
            Assert.Equal(DtlsState.Connected, kit.Server.State);
        }

        kit.Client.Close();
        kit.Drain();
        kit.Run();
        Assert.Equal(DtlsState.Closed, kit.Server.State); // it still hears its peer
    }

    [Fact]
    public void A_flood_of_early_records_is_cut_off()
    {
        using DtlsKit kit = new() { Network = (n, _) => n == 0 ? [10] : [] };
        kit.Run(50);
        Random random = new(6);
        for (int i = 0; i < 1_000; i++)
        {
            byte[] record = RandomRecord(random);
            record[4] = 1;
            kit.Server.Handle(record, kit.Now);
        }

        Assert.Equal(1_000 - 32, kit.Server.Counters.Refused);
    }

    [Fact]
    public void Application_data_is_read_counted_and_thrown_away()
    {
        using DtlsKit kit = new();
        kit.Run();
        unsafe
        {
            byte* data = stackalloc byte[700];
            Assert.Equal(700, LibSslForTests.SSL_write(kit.Client.Ssl, data, 700));
        }

        int before = kit.Sent.Count;
        kit.Inject([23, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 99, 0, 1, 7], toServer: false);
        kit.Server.Handle(kit.Sent[before].Bytes, kit.Now);
        kit.Server.Handle(kit.Sent[before].Bytes, kit.Now); // a replay
        Assert.Equal(700, kit.Server.Counters.ApplicationBytes);
        Assert.Equal(1, kit.Server.Counters.Discarded); // the replay
        kit.AssertConnected();
    }

    [Fact]
    public void Only_what_came_to_nothing_counts_as_discarded()
    {
        using DtlsKit kit = new();
        kit.Run();
        Assert.Equal((0L, 0L), (kit.Server.Counters.Discarded, kit.Client.Counters.Discarded)); // a whole handshake

        // The client's last flight again means that ours was lost: it is answered (RFC 6347 §4.2.4).
        int sent = kit.Sent.Count;
        byte[][] last = [.. kit.Sent.Where(d => d.ToServer).TakeLast(1).Select(d => d.Bytes)];
        int before = kit.Sent.Count(d => !d.ToServer);
        foreach (byte[] datagram in last)
        {
            kit.Inject([.. datagram], toServer: true);
        }

        int answered = kit.Sent.Count(d => !d.ToServer) - before;
        Assert.Equal(last.Length, kit.Server.Counters.Discarded + answered);

        // A true goodbye is an alert and a change of state.
        long discarded = kit.Server.Counters.Discarded;
        kit.Client.Close();
        kit.Drain();
        kit.Run();
        Assert.Equal(DtlsState.Closed, kit.Server.State);
        Assert.Equal((discarded, 1L), (kit.Server.Counters.Discarded, kit.Server.Counters.Alerts));
        Assert.True(kit.Sent.Count > sent);
    }

    [Fact]
    public void Datagrams_of_an_earlier_handshake_are_discarded_and_counted()
    {
        using DtlsKit earlier = new();
        earlier.Run();
        using DtlsKit kit = new();
        kit.Run();
        byte[][] recorded = [.. earlier.Sent.Where(d => d.ToServer).Select(d => d.Bytes)];
        int before = kit.Sent.Count(d => !d.ToServer);
        foreach (byte[] datagram in recorded)
        {
            kit.Inject([.. datagram], toServer: true);
        }

        kit.AssertConnected();
        Assert.Equal(recorded.Length, kit.Server.Counters.Discarded + kit.Sent.Count(d => !d.ToServer) - before);
        Assert.True(kit.Server.Counters.Discarded > 0);
    }

    [Fact]
    public void Nobody_taking_the_output_does_not_make_it_grow()
    {
        using DtlsKit kit = new();
        kit.Client.Start(kit.Now);
        byte[] buffer = new byte[1500];
        kit.Client.TryTake(buffer, out int length);
        kit.Server.Handle(buffer.AsSpan(0, length), kit.Now);
        for (int i = 0; i < 10_000; i++)
        {
            kit.Server.Handle(buffer.AsSpan(0, length), kit.Now);
            kit.Server.HandleTimeout(kit.Now + TimeSpan.FromMilliseconds(i));
        }

        int taken = 0;
        while (kit.Server.TryTake(buffer, out _))
        {
            taken++;
        }

        Assert.InRange(taken, 1, 32);
    }

    private static byte[] RandomRecord(Random random)
    {
        byte[] record = new byte[13 + random.Next(25, 80)];
        random.NextBytes(record);
        record[0] = (byte)random.Next(20, 24);
        record[1] = 0xFE;
        record[2] = (byte)(random.Next(2) == 0 ? 0xFF : 0xFD);
        record[3] = 0;
        record[4] = (byte)random.Next(2);
        record[11] = 0;
        record[12] = (byte)(record.Length - 13);
        return record;
    }
}
