using Wardline.Rtc.Dtls;
using Wardline.Rtc.Srtp;

namespace Wardline.Rtc.Tests.Dtls;

public sealed class DtlsHandshakeTests
{
    [Fact]
    public void Client_and_server_agree_on_the_strongest_suite_profile_and_keys()
    {
        using DtlsKit kit = new();
        kit.Run();
        kit.AssertConnected();
        Assert.Equal("DTLSv1.2", kit.Server.Version);
        Assert.Equal("ECDHE-ECDSA-AES256-GCM-SHA384", kit.Server.Cipher);
        Assert.Equal(SrtpProfile.AeadAes256Gcm, kit.Server.Profile);
        Assert.True(kit.Server.PeerMatches(kit.ClientFactory.Fingerprint));
        Assert.False(kit.Server.PeerMatches(kit.ServerFactory.Fingerprint));
        Assert.Equal(0, kit.Server.Counters.Retransmissions);
        Assert.Equal(Instant.Never, kit.Server.NextTimeout);
    }

    [Fact]
    public void Losing_any_single_datagram_costs_one_retransmission_and_nothing_else()
    {
        int datagrams = Count();
        for (int lost = 0; lost < datagrams; lost++)
        {
            using DtlsKit kit = new() { Network = (n, _) => n == lost ? [] : [10] };
            kit.Run();
            kit.AssertConnected();
            long repeats = kit.Server.Counters.Retransmissions + kit.Client.Counters.Retransmissions;
            Assert.InRange(repeats, 1, 2);
        }
    }

    [Theory]
    [InlineData(1200)]
    [InlineData(300)]
    public void Losing_any_two_datagrams_is_survived(int mtu)
    {
        DtlsOptions options = new() { MtuBytes = mtu };
        int datagrams = Count(options);
        for (int first = 0; first < datagrams; first++)
        {
            for (int second = first + 1; second < datagrams + 2; second++)
            {
                using DtlsKit kit = new(options, options) { Network = (n, _) => n == first || n == second ? [] : [10] };
                kit.Run();
                kit.AssertConnected();
            }
        }
    }

    [Fact]
    public void Duplicating_any_datagram_at_once_or_later_changes_nothing()
    {
        int datagrams = Count();
        for (int doubled = 0; doubled < datagrams; doubled++)
        {
            foreach (double later in new[] { 10.0, 11, 35, 90, 2_000 })
            {
                using DtlsKit kit = new() { Network = (n, _) => n == doubled ? [10, later] : [10] };
                kit.Run();
                kit.AssertConnected();
            }
        }
    }

    [Theory]
    [InlineData(1200)]
    [InlineData(300)]
    public void Any_datagram_may_overtake_the_ones_before_it(int mtu)
    {
        DtlsOptions options = new() { MtuBytes = mtu };
        int datagrams = Count(options);
        for (int late = 0; late < datagrams; late++)
        {
            foreach (double delay in new[] { 11.0, 15, 25, 150 })
            {
                using DtlsKit kit = new(options, options) { Network = (n, _) => [n == late ? delay : 10] };
                kit.Run();
                kit.AssertConnected();
            }
        }
    }

    [Fact]
    public void A_fifth_lost_a_tenth_doubled_and_everything_shuffled_still_connects()
    {
        DtlsOptions options = new() { MtuBytes = 400 };
        for (int seed = 0; seed < 60; seed++)
        {
            Random random = new(seed);
            using DtlsKit kit = new(options, options)
            {
                Network = (_, _) => [.. Enumerable.Range(0, random.Next(10) switch { < 2 => 0, < 9 => 1, _ => 2 }).Select(_ => 5 + random.NextDouble() * 80)],
            };
            kit.Run();
            kit.AssertConnected();
        }
    }

    [Fact]
    public void A_round_trip_longer_than_the_first_timers_only_wastes_datagrams()
    {
        using DtlsKit kit = new() { Network = (_, _) => [700] };
        kit.Run();
        kit.AssertConnected();
    }

    [Theory]
    [InlineData(1200)]
    [InlineData(512)]
    [InlineData(300)]
    public void No_datagram_is_larger_than_the_mtu_and_each_is_whole_records(int mtu)
    {
        DtlsOptions options = new() { MtuBytes = mtu };
        using DtlsKit kit = new(options, options);
        kit.Run();
        kit.AssertConnected();
        Assert.All(kit.Sent, sent => Assert.InRange(sent.Bytes.Length, 1, mtu));
        Assert.All(kit.Sent, sent => Assert.True(DtlsRecords.IsWellFormed(sent.Bytes)));
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(2, true)]
    [InlineData(5, false)]
    [InlineData(5, true)]
    [InlineData(40, true)]
    public void A_client_hello_in_several_datagrams_in_any_order_is_put_together(int parts, bool backwards)
    {
        // Today's browsers offer post-quantum key shares: their ClientHello does not fit into one datagram.
        using DtlsKit kit = new();
        kit.Client.Start(kit.Now);
        byte[] buffer = new byte[1500];
        Assert.True(kit.Client.TryTake(buffer, out int length));
        List<byte[]> fragments = HandshakeFragments.Split(buffer[..length], parts);
        Assert.Equal(parts, fragments.Count);
        if (backwards)
        {
            fragments.Reverse();
        }

        foreach (byte[] fragment in fragments)
        {
            Assert.False(kit.Server.TryTake(buffer, out _));
            kit.Server.Handle(fragment, kit.Now);
        }

        kit.Run();
        kit.AssertConnected();
    }

    [Fact]
    public void Overlapping_and_repeated_fragments_of_a_client_hello_are_put_together()
    {
        using DtlsKit kit = new();
        kit.Client.Start(kit.Now);
        byte[] buffer = new byte[1500];
        Assert.True(kit.Client.TryTake(buffer, out int length));
        List<byte[]> coarse = HandshakeFragments.Split(buffer[..length], 3);
        List<byte[]> fine = HandshakeFragments.Split(buffer[..length], 7, firstRecord: 20);
        foreach (byte[] fragment in (byte[][])[fine[6], coarse[0], fine[1], coarse[0], fine[2], coarse[2], fine[3], fine[4], coarse[1]])
        {
            kit.Server.Handle(fragment, kit.Now);
        }

        kit.Run();
        kit.AssertConnected();
    }

    [Fact]
    public void Handshakes_side_by_side_do_not_disturb_each_other()
    {
        // libssl's error queue belongs to the thread: a failed handshake must not fail its neighbour.
        using OpenSslDtls servers = DtlsKit.CreateFactory();
        using DtlsKit good = new();
        byte[] buffer = new byte[1500];
        good.Client.Start(good.Now);
        for (int i = 0; i < 50 && good.Server.State != DtlsState.Connected; i++)
        {
            using IDtlsEngine broken = servers.CreateServer();
            broken.Handle([22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 14, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 2, 9, 9], good.Now);
            Assert.Equal(DtlsState.Failed, broken.State);
            while (good.Client.TryTake(buffer, out int length))
            {
                good.Server.Handle(buffer.AsSpan(0, length), good.Now);
            }

            while (good.Server.TryTake(buffer, out int length))
            {
                good.Client.Handle(buffer.AsSpan(0, length), good.Now);
            }
        }

        good.AssertConnected();
    }

    private static int Count(DtlsOptions? options = null)
    {
        using DtlsKit kit = new(options, options);
        kit.Run();
        return kit.Sent.Count;
    }
}
