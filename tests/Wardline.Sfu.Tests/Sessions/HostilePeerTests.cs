using Wardline.Netem;
using Wardline.Rtc;
using Wardline.Sfu.Tests.Harness;

namespace Wardline.Sfu.Tests.Sessions;

/// <summary>A participant who holds valid keys and means harm.</summary>
public sealed class HostilePeerTests
{
    [Fact]
    public void Streams_beyond_the_bound_are_dropped_and_the_others_go_on()
    {
        using CameraKit kit = new();
        kit.Q.Key();
        for (uint i = 0; i < 40; i++)
        {
            // The same RID over and over: each replaces the last, none is forgotten before the next offer.
            kit.Publisher.Send(new TestStream(kit.Publisher, 10_000 + i, "1", "f").Frame());
        }

        Assert.True(kit.Kit.Counters.SsrcLimit > 0);
        kit.Q.Delta();
        Assert.Equal(2, kit.Seen.Count);
    }

    [Fact]
    public void Two_streams_that_fight_for_one_rid_do_not_take_turns()
    {
        using CameraKit kit = new();
        TestStream one = new(kit.Publisher, 5001, "1", "f");
        TestStream two = new(kit.Publisher, 5002, "1", "f");
        kit.Publisher.Send(one.Frame() with { Mid = "1", Rid = "f" });
        kit.Publisher.Send(two.Frame() with { Mid = "1", Rid = "f" });
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            kit.Publisher.Send(one.Frame() with { Mid = "1", Rid = "f" });
            kit.Publisher.Send(two.Frame() with { Mid = "1", Rid = "f" });
        }

        Assert.Equal(100, kit.Kit.Counters.UnknownSsrc);
        // Were a history made for each turn, it would be 50 MB.
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - allocated < 5_000_000);
    }

    [Theory]
    [InlineData("7", "q", Numbers.Vp8)]
    [InlineData("1", "x", Numbers.Vp8)]
    [InlineData("1", null, Numbers.Vp8)]
    [InlineData("0", null, (byte)99)]
    public void Streams_that_nobody_negotiated_go_nowhere(string mid, string? rid, byte payloadType)
    {
        using CameraKit kit = new();
        kit.Publisher.Send(new TestStream(kit.Publisher, 900, mid, rid, payloadType).Frame(key: true));
        Assert.Empty(kit.Watcher.Rtp);
        Assert.Equal(1, kit.Kit.Counters.UnknownSsrc + kit.Kit.Counters.UnknownPayloadType);
    }

    [Fact]
    public void A_known_stream_with_another_payload_type_is_dropped()
    {
        using CameraKit kit = new();
        kit.Q.Key();
        kit.Q.Send(kit.Q.Frame() with { PayloadType = Numbers.Opus });
        kit.Q.Send(kit.Q.Frame() with { PayloadType = 35 });
        Assert.Single(kit.Seen);
        Assert.Equal(2, kit.Kit.Counters.UnknownPayloadType);
    }

    [Fact]
    public void A_descriptor_that_is_cut_off_is_dropped()
    {
        using CameraKit kit = new();
        kit.Q.Key();
        foreach (byte[] payload in (byte[][])[[0x90], [0x90, 0x80], [0x90, 0xF0, 0x80], [0x90, 0x80, 0x80, 0x01]])
        {
            kit.Q.Send(kit.Q.Frame() with { Payload = payload });
        }

        Assert.Single(kit.Seen);
        Assert.Equal(4, kit.Kit.Counters.MalformedPayload);
    }

    [Fact]
    public void Random_rtp_and_rtcp_under_valid_keys_never_throws()
    {
        using CameraKit kit = new();
        kit.Q.Key();
        SeededRandom random = new(99);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] packet = new byte[12 + random.Next(120)];
            random.Fill(packet);
            packet[0] = (byte)(0x80 | (packet[0] & 0x3F));
            if (i % 2 == 0)
            {
                packet[1] = (byte)((random.Next(2) == 0 ? Numbers.Vp8 : Numbers.Rtx) | (packet[1] & 0x80));
                packet.AsSpan(8, 4).Clear();
                packet[11] = (byte)(random.Next(2) == 0 ? 100 : 90 + random.Next(20));
                TrySend(() => kit.Publisher.Peer.SendRtp(packet));
            }
            else
            {
                packet[1] = (byte)(200 + random.Next(8));
                // Few senders: SRTP bounds the streams of a peer, and what is meant is what comes behind it.
                packet.AsSpan(4, 4).Clear();
                packet[2] = 0;
                packet[3] = (byte)random.Next(packet.Length / 4 + 1);
                kit.Watcher.Peer.SendRtcp(packet);
            }

            if (i % 100 == 0)
            {
                kit.Kit.Deliver();
                kit.Kit.Wait(5);
            }
        }

        kit.Kit.Deliver();
        Assert.True(kit.Kit.Counters.MalformedRtcp > 0);
        Assert.Equal(0, kit.Kit.Counters.UnknownParticipant);
        Assert.InRange(kit.Kit.Counters.RtcpReceived, 1000, 20_000);
        Assert.InRange(kit.Kit.Counters.RtpReceived, 1000, 20_000);
    }

    [Fact]
    public void A_nack_for_what_was_never_sent_brings_nothing()
    {
        using CameraKit kit = new();
        kit.Q.Key();
        Ssrc media = new(kit.Watcher.SsrcsOf(kit.Video).Ssrc);
        SequenceNumber[] everything = [.. Enumerable.Range(0, 1000).Select(i => new SequenceNumber((ushort)(kit.Seen[0].Sequence + 1 + i)))];
        kit.Watcher.SendRtcp((ref Wardline.Rtc.Rtcp.RtcpWriter writer) => writer.TryWriteNack(new Ssrc(1), media, everything));
        Assert.Empty(kit.Watcher.RtxOn(kit.Video));
        Assert.Equal(1000, kit.Kit.Counters.RetransmissionsRefused);
    }

    [Fact]
    public void A_full_send_arena_is_a_counted_drop()
    {
        using CameraKit kit = new();
        using PacketTrains tiny = new(1);
        kit.Q.Key();
        byte[] buffer = new byte[1500];
        for (int i = 0; i < 3; i++)
        {
            int length = kit.Publisher.Peer.Protect(buffer, kit.Q.Frame().Write(buffer));
            kit.Kit.Session.Handle(kit.Publisher.Id, buffer.AsSpan(0, length), kit.Publisher.Peer.Address, kit.Kit.Now, tiny);
        }

        Assert.Equal(1, tiny.PacketCount);
        Assert.Equal(2, kit.Kit.Counters.SendArenaFull);
    }

    // Some random bytes are not a packet that SRTP seals; those would never have been sent.
    private static void TrySend(Action send)
    {
        try
        {
            send();
        }
        catch (Xunit.Sdk.XunitException)
        {
        }
    }
}
