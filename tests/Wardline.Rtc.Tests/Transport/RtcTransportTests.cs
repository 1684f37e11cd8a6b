using Wardline.Rtc.Dtls;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Srtp;
using Wardline.Rtc.Tests.Dtls;
using Wardline.Rtc.Tests.Srtp;

namespace Wardline.Rtc.Tests.Transport;

public sealed class RtcTransportTests
{
    [Fact]
    public void A_check_a_handshake_and_media_flow_both_ways()
    {
        using TransportKit kit = TransportKit.Connected();
        Assert.Equal(SrtpProfile.AeadAes256Gcm, kit.Transport.Profile);
        Assert.Equal("DTLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384", kit.Transport.DtlsDescription);

        byte[] packet = SrtpKit.Seal(kit.PeerSender, 1);
        Assert.Equal(TransportInput.Rtp, kit.Handle(packet, TransportKit.Home, out int length));
        Assert.Equal(SrtpKit.Rtp(1, 50)[..^16], packet[..length]);

        packet = SrtpKit.SealRtcp(kit.PeerSender);
        Assert.Equal(TransportInput.Rtcp, kit.Handle(packet, TransportKit.Home, out length));
        Assert.Equal(SrtpKit.Rtcp()[..^20], packet[..length]);

        byte[] plain = SrtpKit.Rtp(7, 60)[..^16];
        Assert.True(kit.Transport.TryReserve(kit.Output, out Span<byte> slot));
        plain.CopyTo(slot);
        Assert.True(kit.Transport.TryCommitRtp(kit.Output, slot, plain.Length));
        byte[] second = SrtpKit.Rtp(8, 60)[..^16];
        Assert.True(kit.Transport.TrySendRtp(kit.Output, second.AsSpan(0, 20), second.AsSpan(20)));
        byte[] report = SrtpKit.Rtcp()[..^20];
        Assert.True(kit.Transport.TryReserve(kit.Output, out slot));
        report.CopyTo(slot);
        Assert.True(kit.Transport.TryCommitRtcp(kit.Output, slot, report.Length));

        Assert.Equal(1, kit.Output.TrainCount);
        List<(TransportAddress To, byte[] Bytes)> sent = kit.Take();
        Assert.All(sent, s => Assert.Equal(TransportKit.Home, s.To));
        Assert.True(kit.PeerReceiver.TryUnprotectRtp(sent[0].Bytes, out length));
        Assert.Equal(plain, sent[0].Bytes[..length]);
        Assert.True(kit.PeerReceiver.TryUnprotectRtp(sent[1].Bytes, out length));
        Assert.Equal(second, sent[1].Bytes[..length]);
        Assert.True(kit.PeerReceiver.TryUnprotectRtcp(sent[2].Bytes, out length));
        Assert.Equal(report, sent[2].Bytes[..length]);
        Assert.Equal((2, 1, 1, 1), (kit.Transport.Counters.RtpOut, kit.Transport.Counters.RtcpOut, kit.Transport.Counters.RtpIn, kit.Transport.Counters.RtcpIn));
    }

    [Fact]
    public void The_states_follow_each_other()
    {
        using TransportKit kit = new();
        Assert.Equal(TransportState.New, kit.Transport.State);
        Assert.Equal(Instant.Never, kit.Transport.NextTimeout);
        kit.SetRemote();
        Assert.Equal(TransportState.New, kit.Transport.State);
        kit.Check(TransportKit.Home);
        Assert.Equal(TransportState.Checking, kit.Transport.State);
        byte[] buffer = new byte[1500];
        kit.Client.Start(kit.Now);
        Assert.True(kit.Client.TryTake(buffer, out int length));
        kit.Handle(buffer[..length], TransportKit.Home);
        Assert.Equal(TransportState.Handshaking, kit.Transport.State);
        Assert.Equal(kit.Now + TimeSpan.FromMilliseconds(100), kit.Transport.NextTimeout);
        kit.Output.Clear(); // the first flight is lost
        kit.Wait(TimeSpan.FromMilliseconds(100));
        Assert.NotEqual(0, kit.Output.PacketCount);
        foreach ((TransportAddress to, byte[] bytes) in kit.Take())
        {
            Assert.Equal(TransportKit.Home, to);
            kit.Client.Handle(bytes, kit.Now);
        }

        kit.ExchangeDtls(TransportKit.Home);
        Assert.Equal(TransportState.Connected, kit.Transport.State);
        Assert.Equal(kit.Transport.Ice.ConsentExpires, kit.Transport.NextTimeout);
    }

    [Fact]
    public void A_check_is_answered_where_it_came_from_and_a_wrong_password_moves_nothing()
    {
        using TransportKit kit = new();
        kit.SetRemote();
        kit.Handle(kit.MakeCheck(password: "another-password-than-ours"), TransportKit.Mobile);
        Assert.Equal(TransportState.New, kit.Transport.State);
        Assert.Equal(1, kit.Transport.Counters[TransportDrop.StunRefused]);
        Assert.All(kit.Take(), answer => Assert.Equal(TransportKit.Mobile, answer.To));
        Assert.Null(kit.Transport.Selected);
    }

    [Fact]
    public void Dtls_from_an_address_without_a_check_never_starts_a_handshake()
    {
        using TransportKit kit = new();
        kit.SetRemote();
        kit.Check(TransportKit.Home);
        kit.Output.Clear();
        byte[] buffer = new byte[1500];
        kit.Client.Start(kit.Now);
        Assert.True(kit.Client.TryTake(buffer, out int length));
        kit.Handle(buffer[..length], TransportKit.Mobile);
        Assert.Equal(1, kit.Transport.Counters[TransportDrop.DtlsFromUnprovenAddress]);
        Assert.Equal(0, kit.Output.PacketCount);
        Assert.Equal(TransportState.Checking, kit.Transport.State);
    }

    [Fact]
    public void Media_is_taken_only_from_proven_addresses_and_only_with_keys()
    {
        using TransportKit kit = new();
        kit.SetRemote();
        kit.Check(TransportKit.Home);
        Assert.Equal(TransportInput.Nothing, kit.Handle(SrtpKit.Rtp(1, 50), TransportKit.Home));
        Assert.Equal(1, kit.Transport.Counters[TransportDrop.MediaBeforeKeys]);

        kit.ExchangeDtls(TransportKit.Home);
        kit.InstallPeerKeys();
        byte[] packet = SrtpKit.Seal(kit.PeerSender, 1);
        Assert.Equal(TransportInput.Nothing, kit.Handle([.. packet], TransportKit.Mobile));
        Assert.Equal(1, kit.Transport.Counters[TransportDrop.MediaFromUnprovenAddress]);
        kit.Check(TransportKit.Mobile, nominate: false);
        Assert.Equal(TransportInput.Rtp, kit.Handle([.. packet], TransportKit.Mobile));
        Assert.Equal(TransportInput.Nothing, kit.Handle(packet, TransportKit.Home)); // the same packet, by another path
        Assert.Equal(1, kit.Transport.Counters[TransportDrop.MediaRefused]);
        Assert.Equal(1, kit.Transport.Received![SrtpDrop.Replayed]);
        Assert.Equal(TransportKit.Home, kit.Transport.Selected); // not nominated, so not sent to
    }

    [Fact]
    public void A_peer_whose_address_changes_keeps_its_session()
    {
        using TransportKit kit = TransportKit.Connected();
        kit.Wait(TimeSpan.FromSeconds(20));
        kit.Check(TransportKit.Mobile);
        kit.Take();
        Assert.Equal(TransportState.Connected, kit.Transport.State);
        Assert.Equal(TransportKit.Mobile, kit.Transport.Selected);
        Assert.Equal(TransportInput.Rtp, kit.Handle(SrtpKit.Seal(kit.PeerSender, 1), TransportKit.Mobile));
        Assert.True(kit.Transport.TryReserve(kit.Output, out Span<byte> slot));
        SrtpKit.Rtp(1, 10)[..^16].CopyTo(slot);
        Assert.True(kit.Transport.TryCommitRtp(kit.Output, slot, 30));
        Assert.Equal(TransportKit.Mobile, Assert.Single(kit.Take()).To);
        kit.Wait(TimeSpan.FromSeconds(29)); // the old path is long silent, the new one is not
        Assert.Equal(TransportState.Connected, kit.Transport.State);
    }

    [Fact]
    public void Thirty_seconds_without_a_check_end_sending_and_receiving()
    {
        using TransportKit kit = TransportKit.Connected();
        kit.Wait(TimeSpan.FromSeconds(29.9));
        Assert.Equal(TransportState.Connected, kit.Transport.State);
        Assert.Equal(kit.Transport.Ice.ConsentExpires, kit.Transport.NextTimeout);
        kit.Wait(TimeSpan.FromSeconds(0.1));
        Assert.Equal((TransportState.Failed, TransportFailure.ConsentLost), (kit.Transport.State, kit.Transport.Failure));
        Assert.False(kit.Transport.TryReserve(kit.Output, out _));
        Assert.Equal(TransportInput.Nothing, kit.Handle(SrtpKit.Seal(kit.PeerSender, 1), TransportKit.Home));
        Assert.Equal(Instant.Never, kit.Transport.NextTimeout);
    }

    [Fact]
    public void Spent_credentials_do_not_bring_consent_back_and_a_restart_does_without_a_handshake()
    {
        // RFC 7675 §5.1: the same credentials must not be used on again after consent was lost.
        using TransportKit kit = TransportKit.Connected();
        kit.Wait(TimeSpan.FromSeconds(30));
        kit.Check(TransportKit.Home);
        Assert.Equal(TransportState.Failed, kit.Transport.State);
        Assert.Empty(kit.Take());

        IceCredentials fresh = kit.NewCredentials();
        IceCredentials theirs = new("ZZyy", "anotherPasswordOfThePeer12");
        kit.Transport.RestartIce(fresh, theirs);
        Assert.Equal(TransportState.Checking, kit.Transport.State);
        Assert.False(kit.Transport.TryReserve(kit.Output, out _));
        kit.Wait(TimeSpan.FromSeconds(1));
        kit.Check(TransportKit.Home); // still with the old credentials
        Assert.Equal(TransportState.Checking, kit.Transport.State);
        Assert.False(kit.Transport.TryReserve(kit.Output, out _));

        (kit.Local, kit.Remote) = (fresh, theirs);
        kit.Check(TransportKit.Mobile);
        Assert.Equal((TransportState.Connected, TransportFailure.None), (kit.Transport.State, kit.Transport.Failure));
        kit.Take();
        Assert.Equal(TransportInput.Rtp, kit.Handle(SrtpKit.Seal(kit.PeerSender, 1), TransportKit.Mobile));
        Assert.True(kit.Transport.TryReserve(kit.Output, out _));
        kit.Wait(TimeSpan.FromSeconds(30));
        Assert.Equal(TransportFailure.ConsentLost, kit.Transport.Failure); // and consent is watched again
    }

    [Fact]
    public void A_restart_in_time_never_interrupts_media()
    {
        using TransportKit kit = TransportKit.Connected();
        IceCredentials fresh = kit.NewCredentials();
        IceCredentials theirs = new("ZZyy", "anotherPasswordOfThePeer12");
        kit.Transport.RestartIce(fresh, theirs);
        Assert.Equal(TransportInput.Rtp, kit.Handle(SrtpKit.Seal(kit.PeerSender, 1), TransportKit.Home));
        Assert.True(kit.Transport.TryReserve(kit.Output, out _));
        (kit.Local, kit.Remote) = (fresh, theirs);
        kit.Check(TransportKit.Mobile);
        Assert.Equal(TransportKit.Mobile, kit.Transport.Selected);
        Assert.Equal(TransportInput.Rtp, kit.Handle(SrtpKit.Seal(kit.PeerSender, 2), TransportKit.Mobile));
        Assert.Equal(TransportState.Connected, kit.Transport.State);
    }

    [Fact]
    public void Another_certificate_than_the_offer_named_gets_no_keys()
    {
        using TransportKit kit = new();
        kit.Transport.SetRemote(kit.Remote, kit.Factory.Fingerprint); // not the client's
        kit.Check(TransportKit.Home);
        kit.ExchangeDtls(TransportKit.Home);
        Assert.Equal((TransportState.Failed, TransportFailure.Dtls), (kit.Transport.State, kit.Transport.Failure));
        Assert.Equal(DtlsFailure.Fingerprint, kit.Transport.DtlsFailure);
        Assert.Null(kit.Transport.Received);
        Assert.Null(kit.Transport.Sent);
        Assert.Equal(DtlsState.Failed, kit.Client.State);
        kit.Transport.RestartIce(kit.NewCredentials(), new IceCredentials("ZZyy", "anotherPasswordOfThePeer12"));
        Assert.Equal(TransportState.Failed, kit.Transport.State); // no restart cures that
    }

    [Fact]
    public void A_peer_that_knows_only_sha1_fails_and_is_told_in_the_state()
    {
        using TransportKit kit = new(client: new DtlsOptions { Srtp = new SrtpPolicy { Only = [SrtpProfile.Aes128CmSha1_80] } });
        kit.SetRemote();
        kit.Check(TransportKit.Home);
        kit.ExchangeDtls(TransportKit.Home);
        Assert.Equal((TransportFailure.Dtls, DtlsFailure.Policy), (kit.Transport.Failure, kit.Transport.DtlsFailure));
        Assert.Null(kit.Transport.Profile);
    }

    [Fact]
    public void A_later_offer_may_repeat_but_not_change_credentials_or_certificate()
    {
        using TransportKit kit = TransportKit.Connected();
        Assert.True(kit.SetRemote());
        Assert.False(kit.Transport.SetRemote(kit.Remote, kit.Factory.Fingerprint));
        Assert.False(kit.Transport.SetRemote(new IceCredentials("ZZyy", "anotherPasswordOfThePeer12"), kit.ClientFactory.Fingerprint));
        Assert.Equal(TransportInput.Rtp, kit.Handle(SrtpKit.Seal(kit.PeerSender, 1), TransportKit.Home));
    }

    [Fact]
    public void Closing_says_close_notify_and_ends_everything()
    {
        using TransportKit kit = TransportKit.Connected();
        kit.Take();
        kit.Transport.Close(kit.Output);
        Assert.Equal(TransportState.Closed, kit.Transport.State);
        (TransportAddress to, byte[] alert) = Assert.Single(kit.Take());
        Assert.Equal(TransportKit.Home, to);
        kit.Client.Handle(alert, kit.Now);
        Assert.Equal(DtlsState.Closed, kit.Client.State);
        Assert.False(kit.Transport.TryReserve(kit.Output, out _));
        kit.Check(TransportKit.Home);
        Assert.Equal(TransportInput.Nothing, kit.Handle(SrtpKit.Seal(kit.PeerSender, 1), TransportKit.Home));
        Assert.Equal(2, kit.Transport.Counters[TransportDrop.AfterEnd]);
        Assert.Empty(kit.Take());
        kit.Transport.Close(kit.Output);
        kit.Transport.HandleTimeout(kit.Now, kit.Output);
    }

    [Fact]
    public void The_peers_close_notify_closes_and_is_answered()
    {
        using TransportKit kit = TransportKit.Connected();
        kit.Take();
        kit.Client.Close();
        byte[] buffer = new byte[1500];
        Assert.True(kit.Client.TryTake(buffer, out int length));
        kit.Handle(buffer[..length], TransportKit.Home);
        Assert.Equal(TransportState.Closed, kit.Transport.State);
        Assert.Equal(21, Assert.Single(kit.Take()).Bytes[0]);
        Assert.False(kit.Transport.TryReserve(kit.Output, out _));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(16)] // ZRTP
    [InlineData(19)]
    [InlineData(64)] // TURN channel
    [InlineData(127)]
    [InlineData(192)]
    [InlineData(255)]
    public void Kinds_that_nobody_here_speaks_are_counted(byte first)
    {
        using TransportKit kit = TransportKit.Connected();
        Assert.Equal(TransportInput.Nothing, kit.Handle([first, 1, 2, 3], TransportKit.Home));
        Assert.Equal(TransportInput.Nothing, kit.Handle([], TransportKit.Home));
        Assert.Equal(2, kit.Transport.Counters[TransportDrop.UnknownKind]);
        kit.Handle([22, 1, 2, 3], TransportKit.Home); // DTLS by its first byte, and nothing else
        Assert.Equal(1, kit.Transport.Dtls!.Malformed);
    }

    [Fact]
    public void A_full_arena_is_counted_and_the_handshake_comes_through_later()
    {
        using TransportKit kit = new();
        kit.SetRemote();
        kit.Check(TransportKit.Home);
        while (kit.Output.TryReserve(TransportKit.Mobile, out _))
        {
            kit.Output.Commit(1);
        }

        kit.Check(TransportKit.Home);
        Assert.Equal(1, kit.Transport.Counters[TransportDrop.OutputFull]);
        byte[] buffer = new byte[1500];
        kit.Client.Start(kit.Now);
        kit.Client.TryTake(buffer, out int length);
        kit.Handle(buffer[..length], TransportKit.Home);
        kit.Output.Clear();
        kit.Wait(TimeSpan.FromMilliseconds(1)); // what waited goes out
        Assert.NotEqual(0, kit.Output.PacketCount);
        kit.ExchangeDtls(TransportKit.Home);
        Assert.Equal(TransportState.Connected, kit.Transport.State);
    }

    [Fact]
    public void A_packet_of_ours_that_cannot_be_sealed_is_counted_and_not_sent()
    {
        using TransportKit kit = TransportKit.Connected();
        kit.Take();
        Assert.True(kit.Transport.TryReserve(kit.Output, out Span<byte> slot));
        slot[..20].Clear();
        Assert.False(kit.Transport.TryCommitRtp(kit.Output, slot, 20)); // version 0
        Assert.False(kit.Transport.TryCommitRtcp(kit.Output, slot, 7));
        Assert.False(kit.Transport.TrySendRtp(kit.Output, slot[..12], slot[..5]));
        byte[] large = SrtpKit.Rtp(1, 1_480);
        Assert.False(kit.Transport.TrySendRtp(kit.Output, large.AsSpan(0, 20), large.AsSpan(20)));
        Assert.Equal(4, kit.Transport.Counters[TransportDrop.SendRefused]);
        Assert.Equal(0, kit.Output.PacketCount);
    }

    [Fact]
    public void Random_datagrams_in_every_state_never_throw_and_never_count_as_media()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            Random random = new(seed);
            using TransportKit kit = new();
            for (int step = 0; step < 4; step++)
            {
                switch (step)
                {
                    case 1: kit.SetRemote(); break;
                    case 2: kit.Check(TransportKit.Home); break;
                    case 3: kit.ExchangeDtls(TransportKit.Home); break;
                }

                for (int i = 0; i < 100; i++)
                {
                    byte[] datagram = new byte[random.Next(0, 200)];
                    random.NextBytes(datagram);
                    Assert.Equal(TransportInput.Nothing, kit.Handle(datagram, random.Next(2) == 0 ? TransportKit.Home : TransportKit.Mobile));
                    kit.Output.Clear();
                }
            }

            Assert.NotEqual(TransportState.New, kit.Transport.State);
        }
    }

    [Fact]
    public void Stun_and_media_allocate_nothing()
    {
        using TransportKit kit = TransportKit.Connected();
        const int Count = 10_000;
        byte[][] packets = [.. Enumerable.Range(0, Count + 100).Select(i => i % 10 == 0 ? SrtpKit.SealRtcp(kit.PeerSender) : SrtpKit.Seal(kit.PeerSender, (ushort)i, 1000))];
        byte[] check = kit.MakeCheck();
        byte[] plain = SrtpKit.Rtp(0, 1000)[..^16];
        long before = 0;
        for (int i = 0; i < packets.Length; i++)
        {
            if (i == 100)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }

            bool good = kit.Transport.Handle(packets[i], TransportKit.Home, kit.Now, kit.Output, out _) != TransportInput.Nothing;
            kit.Transport.Handle(check, TransportKit.Home, kit.Now, kit.Output, out _);
            kit.Transport.HandleTimeout(kit.Now, kit.Output);
            good &= kit.Transport.TryReserve(kit.Output, out Span<byte> slot);
            plain[2] = (byte)(i >> 8);
            plain[3] = (byte)i;
            plain.CopyTo(slot);
            good &= kit.Transport.TryCommitRtp(kit.Output, slot, plain.Length);
            good &= kit.Transport.NextTimeout > kit.Now;
            kit.Output.Clear();
            if (!good)
            {
                Assert.Fail($"packet {i}");
            }
        }

        Allocation.AssertNone(GC.GetAllocatedBytesForCurrentThread() - before, Count);
    }
}
