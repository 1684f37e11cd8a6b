using Wardline.Rtc;
using Wardline.Rtc.Rtcp;
using Wardline.Sfu.Forwarding;
using Wardline.Sfu.Tests.Harness;

namespace Wardline.Sfu.Tests.Sessions;

public sealed class RepairTests
{
    [Fact]
    public void A_receivers_nack_is_answered_by_rtx_with_the_same_content()
    {
        using CameraKit kit = new();
        kit.Q.Key();
        kit.Q.Delta(3);
        Got lost = kit.Seen[2];
        Nack(kit, lost.Sequence);
        Got repaired = Assert.Single(kit.Watcher.RtxOn(kit.Video));
        Assert.Equal(Numbers.Rtx, repaired.PayloadType);
        Assert.Equal(lost.Timestamp, repaired.Timestamp);
        Assert.Equal(lost.Marker, repaired.Marker);
        // RFC 4588 §4: original sequence number, then the original payload, descriptor rewritten alike.
        Assert.Equal(lost.Sequence, (ushort)(repaired.Payload[0] << 8 | repaired.Payload[1]));
        Assert.Equal(lost.Payload, repaired.Payload[2..]);
    }

    [Fact]
    public void A_packet_from_before_a_switch_is_repaired_from_the_old_layer()
    {
        using CameraKit kit = new("q", "f");
        kit.Q.Key();
        kit.Q.Delta();
        kit.F.Delta();
        kit.Kit.Wait(1200);
        kit.Q.Delta();
        kit.F.Delta();
        kit.View(1280, 720);
        kit.F.Key();
        kit.F.Delta();
        Got lost = kit.Seen[1];
        Nack(kit, lost.Sequence, kit.Seen[^1].Sequence);
        List<Got> repaired = kit.Watcher.RtxOn(kit.Video);
        Assert.Equal([lost.Payload, kit.Seen[^1].Payload], repaired.Select(packet => packet.Payload[2..]));
    }

    [Fact]
    public void A_receiver_that_asks_again_and_again_gets_one_answer_a_round_trip_and_eight_in_all()
    {
        using CameraKit kit = new();
        kit.Q.Key();
        Nack(kit, kit.Seen[0].Sequence);
        Nack(kit, kit.Seen[0].Sequence);
        Assert.Single(kit.Watcher.RtxOn(kit.Video));
        for (int i = 0; i < 50; i++)
        {
            kit.Kit.Wait(150);
            Nack(kit, kit.Seen[0].Sequence);
        }

        Assert.Equal(RetransmissionLog.MaxRepeats, kit.Watcher.RtxOn(kit.Video).Count);
        Assert.True(kit.Kit.Counters.RetransmissionsRefused > 40);
    }

    [Fact]
    public void Retransmissions_stay_within_their_share_of_the_estimate()
    {
        using CameraKit kit = new();
        kit.Q.Send(kit.Q.Frame(key: true, bytes: 1100));
        for (int i = 0; i < 40; i++)
        {
            kit.Kit.Wait(20);
            kit.Q.Send(kit.Q.Frame(bytes: 1100));
        }

        Assert.Equal(41, kit.Seen.Count);
        Nack(kit, [.. kit.Seen.Select(packet => packet.Sequence)]);
        // 300 kbit/s to begin with, half of it for repair, half a second of that at once.
        Assert.InRange(kit.Watcher.RtxOn(kit.Video).Sum(packet => packet.Packet.Length), 4_000, 10_000);
    }

    [Fact]
    public void A_gap_in_a_publishers_stream_is_nacked_and_the_repaired_packet_fills_it()
    {
        using CameraKit kit = new();
        kit.Q.Key();
        PacketSpec lost = kit.Q.Frame();
        kit.Q.Delta();
        kit.Kit.Wait(11);
        Assert.Equal([(ushort)lost.Sequence], kit.Publisher.Nacked());
        kit.Publisher.Send(kit.Q.Rtx(lost));
        List<Got> seen = kit.Seen;
        Assert.Equal(3, seen.Count);
        Assert.Equal((ushort)(seen[0].Sequence + 1), seen[2].Sequence);
        Assert.Equal(lost.Payload[8], seen[2].Payload[8]);
        Assert.Equal(1, kit.Kit.Counters.Repaired);
        kit.Kit.Wait(2000);
        Assert.Single(kit.Publisher.Nacked());
    }

    [Fact]
    public void A_gap_that_cannot_be_repaired_ends_in_a_wish_for_a_key_frame()
    {
        using CameraKit kit = new();
        kit.Q.Key();
        kit.Kit.Wait(600);
        kit.Q.Frame();
        kit.Q.Delta();
        kit.Kit.Wait(1500);
        Assert.InRange(kit.Publisher.Nacked().Count, 5, 10);
        Assert.Contains(kit.Q.Ssrc, kit.Publisher.KeyFrameRequests());
    }

    [Fact]
    public void A_layer_that_nobody_watches_is_not_repaired()
    {
        using CameraKit kit = new();
        kit.Q.Key();
        kit.F.Delta();
        kit.F.Frame();
        kit.F.Delta();
        kit.Kit.Wait(500);
        Assert.Empty(kit.Publisher.Nacked());
    }

    [Fact]
    public void A_packet_that_comes_twice_is_forwarded_once()
    {
        using CameraKit kit = new();
        kit.Q.Key();
        PacketSpec packet = kit.Q.Frame();
        kit.Q.Send(packet);
        kit.Publisher.Send(kit.Q.Rtx(packet));
        Assert.Equal(2, kit.Seen.Count);
        Assert.Equal(1, kit.Kit.Counters.Duplicates);
    }

    [Fact]
    public void Key_frame_wishes_of_many_receivers_become_one_request_in_half_a_second()
    {
        using SfuKit kit = new();
        KitPeer publisher = kit.Add();
        publisher.Publish(TrackSource.Camera);
        publisher.Connect();
        List<(KitPeer Peer, string Mid)> watchers = [];
        for (int i = 0; i < 5; i++)
        {
            KitPeer watcher = kit.Add();
            watchers.Add((watcher, watcher.Subscribe(publisher, TrackSource.Camera)));
            watcher.Connect();
        }

        TestStream camera = new(publisher, 100, "0");
        camera.Key();
        kit.Wait(1000);
        publisher.Rtcp.Clear();
        for (int round = 0; round < 10; round++)
        {
            foreach ((KitPeer peer, string mid) in watchers)
            {
                Ssrc ssrc = new(peer.SsrcsOf(mid).Ssrc);
                peer.SendRtcp((ref RtcpWriter writer) => writer.TryWritePli(new Ssrc(1), ssrc));
                peer.SendRtcp((ref RtcpWriter writer) => writer.TryWriteFir(new Ssrc(1), ssrc, 3));
            }

            kit.Wait(40);
        }

        Assert.Single(publisher.KeyFrameRequests());
        Assert.Equal(100, kit.Counters.KeyFrameRequestsReceived);
        kit.Wait(200);
        Assert.Equal(2, publisher.KeyFrameRequests().Count);
        camera.Key();
        kit.Wait(3000);
        Assert.Equal(2, publisher.KeyFrameRequests().Count);
    }

    [Fact]
    public void Publishers_are_told_what_arrived_by_transport_wide_feedback()
    {
        using CameraKit kit = new();
        kit.Publisher.Rtcp.Clear();
        for (ushort i = 0; i < 10; i++)
        {
            kit.Q.Send(kit.Q.Frame(key: i == 0) with { TransportSequence = i });
            kit.Kit.Wait(5);
        }

        kit.Kit.Wait(100);
        int told = 0;
        kit.Publisher.Walk(packet => told += TransportCcView.TryRead(packet, out TransportCcView view) ? view.ReceivedCount : 0);
        Assert.Equal(10, told);
    }

    private static void Nack(CameraKit kit, params ushort[] lost)
    {
        Ssrc media = new(kit.Watcher.SsrcsOf(kit.Video).Ssrc);
        kit.Watcher.SendRtcp((ref RtcpWriter writer) =>
            Assert.True(writer.TryWriteNack(new Ssrc(1), media, [.. lost.Select(sequence => new SequenceNumber(sequence))])));
    }
}
