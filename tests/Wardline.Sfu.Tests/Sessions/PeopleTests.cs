using Wardline.Rtc;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Sdp;
using Wardline.Sfu.Tests.Harness;

namespace Wardline.Sfu.Tests.Sessions;

/// <summary>People come, go, change networks and m-sections.</summary>
public sealed class PeopleTests
{
    [Fact]
    public void A_removed_participant_neither_speaks_nor_hears()
    {
        using CameraKit kit = new();
        kit.Voice.Send(kit.Voice.Voice());
        kit.Kit.Remove(kit.Publisher);
        long unknown = kit.Kit.Counters.UnknownParticipant;
        kit.Voice.Send(kit.Voice.Voice());
        Assert.Equal(unknown + 1, kit.Kit.Counters.UnknownParticipant);
        Assert.Single(kit.Watcher.On(kit.Audio));
        Assert.Contains(kit.Kit.Events, e => e is UfragRemoved removed && removed.Participant == kit.Publisher.Id);
        Assert.Equal(1, kit.Kit.Session.ParticipantCount);
    }

    [Fact]
    public void A_removed_listener_hears_nothing_more()
    {
        using CameraKit kit = new();
        kit.Voice.Send(kit.Voice.Voice());
        kit.Kit.Remove(kit.Watcher);
        kit.Watcher.Peer.Check();
        kit.Kit.Deliver();
        kit.Voice.Send(kit.Voice.Voice());
        kit.Q.Key();
        Assert.Single(kit.Watcher.Rtp);
        Assert.Equal(1, kit.Kit.Counters.RtpForwarded);
    }

    [Fact]
    public void Who_is_not_connected_gets_nothing()
    {
        using SfuKit kit = new();
        KitPeer publisher = kit.Add();
        publisher.Publish(TrackSource.Microphone).Connect();
        KitPeer listener = kit.Add();
        listener.Subscribe(publisher, TrackSource.Microphone);
        listener.Negotiate();
        listener.Peer.Check();
        kit.Deliver();
        TestStream voice = new(publisher, 11, "0", payloadType: Numbers.Opus);
        voice.Send(voice.Voice());
        Assert.Equal(0, kit.Counters.RtpForwarded);
        Assert.Empty(listener.Rtp);
    }

    [Fact]
    public void An_m_section_that_is_used_for_another_person_keeps_its_stream()
    {
        using SfuKit kit = new();
        KitPeer first = kit.Add();
        KitPeer second = kit.Add();
        KitPeer watcher = kit.Add();
        first.Publish(TrackSource.Camera).Connect();
        second.Publish(TrackSource.Camera).Connect();
        string mid = watcher.Subscribe(first, TrackSource.Camera);
        watcher.Connect();
        TestStream cameraOne = new(first, 100, "0");
        TestStream cameraTwo = new(second, 500, "0") { Sequence = 50_000, Timestamp = 4_000_000_000 };
        cameraOne.Key();
        cameraOne.Delta(2);
        PacketSpec late = cameraOne.Frame();
        cameraOne.Delta();
        (uint Ssrc, uint Rtx) before = watcher.SsrcsOf(mid);

        watcher.SubscribeRequests[0] = new SubscribeRequest(mid, second.Id, TrackSource.Camera);
        watcher.Negotiate();
        Assert.Equal(before, watcher.SsrcsOf(mid));
        kit.Wait(500);
        first.Send(late);
        cameraOne.Delta(3);
        cameraTwo.Key();
        cameraTwo.Delta();

        List<Got> seen = watcher.On(mid);
        Assert.Equal(6, seen.Count);
        Assert.Equal((ushort)(seen[3].Sequence + 1), seen[4].Sequence);
        Assert.Equal((ushort)(seen[4].Sequence + 1), seen[5].Sequence);
        Assert.Equal(seen[3].Vp8.PictureId + 1, seen[4].Vp8.PictureId);
        Assert.Equal(45_000, (int)(seen[4].Timestamp - seen[3].Timestamp));
    }

    [Fact]
    public void An_m_section_that_rests_and_is_used_again_keeps_its_ssrcs()
    {
        using CameraKit kit = new();
        (uint, uint) before = kit.Watcher.SsrcsOf(kit.Video);
        SubscribeRequest request = kit.Watcher.SubscribeRequests[1];
        kit.Watcher.SubscribeRequests.RemoveAt(1);
        kit.Watcher.Negotiate();
        kit.Q.Key();
        Assert.Empty(kit.Watcher.Rtp);
        kit.Watcher.SubscribeRequests.Add(request);
        kit.Watcher.Negotiate();
        Assert.Equal(before, kit.Watcher.SsrcsOf(kit.Video));
        kit.Q.Key();
        Assert.Single(kit.Seen);
    }

    [Fact]
    public void A_subscription_waits_for_a_person_who_publishes_later()
    {
        using SfuKit kit = new();
        KitPeer listener = kit.Add();
        KitPeer late = kit.Add();
        string mid = listener.Subscribe(late, TrackSource.Microphone);
        listener.Connect();
        late.Publish(TrackSource.Microphone).Connect();
        TestStream voice = new(late, 11, "0", payloadType: Numbers.Opus);
        voice.Send(voice.Voice());
        Assert.Single(listener.On(mid));
    }

    [Fact]
    public void A_track_that_is_not_offered_any_more_ends()
    {
        using CameraKit kit = new();
        kit.Q.Key();
        kit.Publisher.PublishRequests.RemoveAt(1);
        kit.Publisher.Negotiate();
        kit.Q.Delta();
        Assert.Single(kit.Seen);
        Assert.Equal(1, kit.Kit.Counters.UnknownSsrc);
    }

    [Fact]
    public void A_camera_that_was_off_is_known_again_by_its_old_ssrc()
    {
        using CameraKit kit = new();
        kit.Q.Key();
        kit.Publisher.Offer.SetDirection("1", "inactive");
        kit.Publisher.Negotiate();
        kit.Q.Delta();
        Assert.Single(kit.Seen);
        kit.Publisher.Offer.SetDirection("1", "sendonly");
        kit.Publisher.Negotiate();
        // The browser does not name the stream again.
        kit.Q.Key();
        Assert.Equal(2, kit.Seen.Count);
    }

    [Fact]
    public void The_same_offer_again_disturbs_nothing()
    {
        using CameraKit kit = new();
        kit.Q.Key();
        kit.Publisher.Negotiate();
        kit.Watcher.Negotiate();
        kit.Q.Delta();
        Assert.Equal(2, kit.Seen.Count);
    }

    [Fact]
    public void A_person_who_changes_networks_goes_on_at_the_new_address()
    {
        using CameraKit kit = new();
        kit.Q.Key();
        kit.Watcher.Peer.Address = Peer.AddressOf(99, 5555);
        kit.Watcher.Peer.Check();
        kit.Kit.Deliver();
        kit.Q.Delta();
        Assert.Equal(2, kit.Seen.Count);
        Assert.Equal(2, kit.Kit.Events.Count(e => e is AddressSelected selected && selected.Participant == kit.Watcher.Id));
    }

    [Fact]
    public void An_ice_restart_keeps_media_and_moves_the_ufrag()
    {
        using CameraKit kit = new();
        kit.Q.Key();
        string before = kit.Watcher.Peer.Server.Ufrag;
        kit.Watcher.Peer.Ice = kit.Watcher.Peer.NewIce();
        kit.Watcher.Negotiate();
        string[] lines = kit.Watcher.Answer.Split("\r\n");
        string Value(string name) => lines.First(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..];
        kit.Watcher.Peer.Server = new IceCredentials(Value("a=ice-ufrag:"), Value("a=ice-pwd:"));
        Assert.NotEqual(before, kit.Watcher.Peer.Server.Ufrag);
        kit.Q.Delta();
        Assert.Equal(2, kit.Seen.Count);
        Assert.DoesNotContain(kit.Kit.Events, e => e is UfragRemoved);

        kit.Watcher.Peer.Check();
        kit.Kit.Deliver();
        Assert.Contains(kit.Kit.Events, e => e is UfragRemoved removed && removed.PackedUfrag == IceUfrag.Pack(before));
        kit.Q.Delta();
        Assert.Equal(3, kit.Seen.Count);
    }

    [Fact]
    public void Another_certificate_is_refused_on_a_connected_transport()
    {
        using CameraKit kit = new();
        using Peer stranger = new(7) { Send = _ => { } };
        string offer = kit.Watcher.Offer.Write(kit.Watcher.Peer.Ice, stranger.Fingerprint);
        Assert.False(kit.Kit.Session.TryNegotiate(
            kit.Watcher.Id, offer, [], kit.Watcher.SubscribeRequests, [], kit.Kit.Now, out _, out SdpError error));
        Assert.Equal("sdp.ice-mismatch", error.Code);
        kit.Q.Key();
        Assert.Single(kit.Seen);
    }

    [Theory]
    [InlineData("9", TrackSource.Camera)]
    [InlineData("0", TrackSource.Camera)]
    [InlineData("1", TrackSource.Microphone)]
    public void An_m_section_that_is_not_there_or_of_another_kind_is_refused_and_nothing_changes(string mid, TrackSource source)
    {
        using CameraKit kit = new();
        kit.Q.Key();
        kit.Publisher.PublishRequests.Add(new PublishRequest(mid, source));
        Assert.False(kit.Publisher.TryNegotiate(out SdpError error));
        Assert.Equal("sdp.unknown-mid", error.Code);
        kit.Q.Delta();
        Assert.Equal(2, kit.Seen.Count);
    }

    [Fact]
    public void Twelve_people_see_and_hear_each_other_and_a_thirteenth_is_refused()
    {
        using SfuKit kit = new();
        KitPeer[] people = [.. Enumerable.Range(0, 12).Select(_ => kit.Add())];
        Dictionary<(KitPeer, KitPeer), (string Audio, string Video)> mids = [];
        foreach (KitPeer person in people)
        {
            person.Publish(TrackSource.Microphone).Publish(TrackSource.Camera, "q", "h", "f");
            foreach (KitPeer other in people.Where(other => other != person))
            {
                mids[(person, other)] = (person.Subscribe(other, TrackSource.Microphone), person.Subscribe(other, TrackSource.Camera));
            }
        }

        foreach (KitPeer person in people)
        {
            person.Connect();
            kit.Session.SetView(person.Id, [.. mids.Where(m => m.Key.Item1 == person).Select(m => new ViewSlot(m.Value.Video, 160, 90))], kit.Now);
        }

        foreach (KitPeer person in people)
        {
            TestStream voice = new(person, 11, "0", payloadType: Numbers.Opus);
            voice.Send(voice.Voice());
        }

        Assert.Equal(12 * 11, kit.Counters.RtpForwarded);
        foreach ((KitPeer listener, KitPeer speaker) in mids.Keys)
        {
            Assert.Single(listener.On(mids[(listener, speaker)].Audio));
        }

        Assert.Throws<InvalidOperationException>(() => kit.Session.AddParticipant(new ParticipantId(99), kit.Now));
        Assert.Throws<ArgumentException>(() => kit.Session.AddParticipant(people[0].Id, kit.Now));
    }
}
