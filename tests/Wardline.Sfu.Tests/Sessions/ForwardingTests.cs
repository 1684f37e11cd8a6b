using Wardline.Rtc;
using Wardline.Rtc.Rtp;
using Wardline.Sfu.Tests.Harness;

namespace Wardline.Sfu.Tests.Sessions;

public sealed class ForwardingTests
{
    [Fact]
    public void A_receiver_sees_one_plain_stream_with_its_own_numbers()
    {
        using CameraKit kit = new();
        kit.Q.Key(packets: 3);
        kit.Q.Delta(2);
        Assert.Equal(5, kit.Seen.Count);
        Assert.All(kit.Seen, packet => Assert.Equal(Numbers.Vp8, packet.PayloadType));
        Assert.All(kit.Seen, packet => Assert.False(RtpExtensions.TryFind(packet.Packet, Numbers.Rid, out _)));
        Assert.Equal([false, false, true, true, true], kit.Seen.Select(packet => packet.Marker));
        Assert.Equal(Enumerable.Range(kit.Seen[0].Sequence, 5), kit.Seen.Select(packet => (int)packet.Sequence));
    }

    [Fact]
    public void The_sealed_part_of_a_frame_arrives_untouched()
    {
        using CameraKit kit = new();
        kit.Q.Key();
        PacketSpec sent = kit.Q.Frame(bytes: 1000);
        kit.Q.Send(sent);
        Assert.Equal(sent.Payload[Vp8Payload.DescriptorBytes..], kit.Seen[^1].Payload[Vp8Payload.DescriptorBytes..]);
    }

    [Fact]
    public void A_switch_is_continuous_in_sequence_time_and_picture_ids()
    {
        using CameraKit kit = new("q", "f");
        kit.Q.Key();
        kit.F.Delta();
        kit.Kit.Wait(1200);
        kit.Q.Delta(2);
        kit.F.Delta();
        kit.View(1280, 720);
        Assert.Contains(kit.F.Ssrc, Requests(kit));
        kit.Kit.Wait(33);
        kit.Q.Delta();
        kit.Kit.Wait(33);
        kit.F.Key(packets: 2);
        kit.Q.Delta();
        kit.F.Delta();

        List<Got> seen = kit.Seen;
        Assert.Equal(7, seen.Count);
        for (int i = 1; i < seen.Count; i++)
        {
            Assert.Equal((ushort)(seen[i - 1].Sequence + 1), seen[i].Sequence);
            bool sameFrame = i == 5;
            Assert.Equal(seen[i - 1].Vp8.PictureId + (sameFrame ? 0 : 1), seen[i].Vp8.PictureId);
            Assert.Equal((seen[i - 1].Vp8.Tl0PicIdx + (sameFrame ? 0 : 1)) & 0xFF, seen[i].Vp8.Tl0PicIdx);
            Assert.InRange(unchecked((int)(seen[i].Timestamp - seen[i - 1].Timestamp)), sameFrame ? 0 : 90, 120_000);
        }
    }

    [Fact]
    public void A_key_frame_whose_first_packet_comes_late_is_shown_whole()
    {
        using CameraKit kit = new();
        kit.Q.Delta();
        PacketSpec first = kit.Q.Frame(key: true, 0, 3);
        PacketSpec second = kit.Q.Frame(key: true, 1, 3);
        PacketSpec third = kit.Q.Frame(key: true, 2, 3);
        kit.Q.Send(second);
        kit.Q.Send(third);
        Assert.Empty(kit.Seen);
        kit.Q.Send(first);
        Assert.Equal(3, kit.Seen.Count);
        Assert.Equal([first.Payload[8], second.Payload[8], third.Payload[8]], kit.Seen.Select(packet => packet.Payload[8]));
    }

    [Fact]
    public void A_publishers_padding_keeps_the_count_and_costs_one_byte()
    {
        using CameraKit kit = new();
        kit.Q.Key();
        kit.Q.Send(kit.Q.Padding(200));
        kit.Q.Delta();
        Assert.Equal(3, kit.Seen.Count);
        Assert.Empty(kit.Seen[1].Payload);
        Assert.Equal(1, kit.Seen[1].Packet[^1]);
        Assert.Equal((ushort)(kit.Seen[0].Sequence + 2), kit.Seen[2].Sequence);
    }

    [Fact]
    public void Padding_behind_a_payload_is_not_passed_on()
    {
        using CameraKit kit = new();
        kit.Q.Key();
        PacketSpec padded = kit.Q.Frame() with { Padding = 100 };
        kit.Q.Send(padded);
        Assert.Equal(padded.Payload.Length, kit.Seen[1].Payload.Length);
        Assert.False(RtpHeader.HasPadding(kit.Seen[1].Packet));
    }

    [Fact]
    public void A_camera_without_layers_and_extensions_is_known_by_its_payload_type()
    {
        using SfuKit kit = new();
        KitPeer publisher = kit.Add(new OfferBuilder { OffersMid = false });
        publisher.Publish(TrackSource.Microphone).Publish(TrackSource.Camera);
        KitPeer watcher = kit.Add();
        string video = watcher.Subscribe(publisher, TrackSource.Camera);
        publisher.Connect();
        watcher.Connect();
        // Neither MID nor RID: the payload type belongs to one m-section only (RFC 8843 §9.2).
        TestStream camera = new(publisher, 777, mid: null);
        camera.Key();
        camera.Delta(3);
        Assert.Equal(4, watcher.On(video).Count);
    }

    [Fact]
    public void A_camera_without_layers_is_known_by_the_ssrcs_that_its_offer_names()
    {
        using SfuKit kit = new();
        KitPeer publisher = kit.Add(new OfferBuilder { OffersMid = false });
        publisher.Publish(TrackSource.Camera).Publish(TrackSource.Screen);
        KitPeer watcher = kit.Add();
        string screen = watcher.Subscribe(publisher, TrackSource.Screen);
        publisher.Offer.Declare("1", 778, 779);
        publisher.Connect();
        watcher.Connect();
        // Two m-sections have this payload type, so only the declared SSRC tells.
        new TestStream(publisher, 555, mid: null).Key();
        Assert.Equal(1, kit.Counters.UnknownSsrc);
        TestStream shared = new(publisher, 778, mid: null);
        shared.Key();
        PacketSpec lost = shared.Frame();
        shared.Delta();
        publisher.Send(shared.Rtx(lost));
        Assert.Equal(3, watcher.On(screen).Count);
    }

    [Fact]
    public void A_stream_that_its_publisher_starts_again_goes_on_at_the_next_key_frame()
    {
        using CameraKit kit = new();
        kit.Q.Key();
        kit.Q.Delta();
        kit.Q.Sequence += 20_000;
        kit.Q.Delta(3);
        Assert.Equal(2, kit.Seen.Count);
        kit.Q.Key();
        Assert.Equal(3, kit.Seen.Count);
        Assert.Equal((ushort)(kit.Seen[1].Sequence + 1), kit.Seen[2].Sequence);
        Assert.Equal(kit.Seen[1].Vp8.PictureId + 1, kit.Seen[2].Vp8.PictureId);
    }

    [Fact]
    public void Audio_levels_cross_with_the_receivers_number()
    {
        using CameraKit kit = new();
        kit.Voice.Send(kit.Voice.Voice() with { AudioLevel = 0x80 | 33 });
        Got heard = Assert.Single(kit.Watcher.On(kit.Audio));
        Assert.True(RtpExtensions.TryReadAudioLevel(heard.Packet, Numbers.AudioLevel, out int level, out bool voice));
        Assert.Equal((33, true), (level, voice));
    }

    [Fact]
    public void Every_packet_to_a_receiver_has_the_next_transport_wide_number()
    {
        using CameraKit kit = new();
        kit.Q.Key();
        kit.Voice.Send(kit.Voice.Voice());
        kit.Q.Delta(2);
        ushort expected = 0;
        foreach (Got packet in kit.Watcher.Rtp)
        {
            Assert.True(RtpExtensions.TryReadTransportSequence(packet.Packet, Numbers.TransportCc, out ushort sequence));
            Assert.Equal(expected++, sequence);
        }

        Assert.Equal(4, expected);
    }

    [Fact]
    public void A_hidden_view_receives_nothing_and_comes_back_with_a_key_frame()
    {
        using CameraKit kit = new();
        kit.Q.Key();
        kit.View(0, 0);
        kit.Q.Delta(3);
        Assert.Single(kit.Seen);
        kit.Kit.Wait(600);
        kit.Publisher.Rtcp.Clear();
        kit.View(320, 180);
        Assert.Contains(kit.Q.Ssrc, Requests(kit));
        kit.Q.Delta();
        Assert.Single(kit.Seen);
        kit.Q.Key();
        Assert.Equal((ushort)(kit.Seen[0].Sequence + 1), kit.Seen[1].Sequence);
    }

    private static List<uint> Requests(CameraKit kit)
    {
        kit.Kit.Wait(1);
        return kit.Publisher.KeyFrameRequests();
    }
}
