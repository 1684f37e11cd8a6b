using Wardline.Rtc.Ice;
using Wardline.Rtc.Sdp;
using Wardline.Sfu.Tests.Harness;

namespace Wardline.Sfu.Tests.Sessions;

/// <summary>What a later offer may not change is refused with its code, and then the session is as it was.</summary>
public sealed class ReofferTests : IDisposable
{
    private readonly CameraKit _kit = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Half_of_new_ice_credentials_is_a_mismatch_and_nothing_changes(bool ufrag)
    {
        IceCredentials old = _kit.Watcher.Peer.Ice;
        IceCredentials other = _kit.Watcher.Peer.NewIce();
        IceCredentials half = ufrag ? old with { Ufrag = other.Ufrag } : old with { Password = other.Password };
        IsRefused(SdpCodes.IceMismatch, _kit.Watcher.Offer.Write(half, _kit.Watcher.Peer.Fingerprint));
    }

    [Fact]
    public void Shuffled_sections_are_malformed_and_nothing_changes()
    {
        (string head, List<string> sections) = Split();
        sections.Reverse();
        IsRefused(SdpCodes.Malformed, head + string.Concat(sections));
    }

    [Fact]
    public void A_section_that_vanished_is_malformed_and_nothing_changes()
    {
        (string head, List<string> sections) = Split();
        IsRefused(SdpCodes.Malformed, head.Replace("BUNDLE 0 1", "BUNDLE 0", StringComparison.Ordinal) + sections[0]);
    }

    [Fact]
    public void A_section_that_got_another_mid_is_malformed_and_nothing_changes() =>
        IsRefused(SdpCodes.Malformed, Write().Replace("BUNDLE 0 1", "BUNDLE 0 9", StringComparison.Ordinal).Replace("a=mid:1", "a=mid:9", StringComparison.Ordinal));

    [Fact]
    public void An_ice_restart_with_vanished_sections_restarts_nothing()
    {
        IceCredentials old = _kit.Watcher.Peer.Ice;
        _kit.Watcher.Peer.Ice = _kit.Watcher.Peer.NewIce();
        (string head, List<string> sections) = Split();
        string offer = head.Replace("BUNDLE 0 1", "BUNDLE 0", StringComparison.Ordinal) + sections[0];
        _kit.Watcher.Peer.Ice = old;
        IsRefused(SdpCodes.Malformed, offer);
    }

    [Fact]
    public void The_certificate_is_fixed_by_the_first_offer_and_not_by_the_handshake()
    {
        using SfuKit kit = new();
        KitPeer early = kit.Add();
        early.Publish(TrackSource.Microphone).Negotiate();
        using Peer stranger = new(7) { Send = _ => { } };
        Assert.False(kit.Session.TryNegotiate(
            early.Id, early.Offer.Write(early.Peer.Ice, stranger.Fingerprint), early.PublishRequests, [], [], kit.Now, out _, out SdpError error));
        Assert.Equal(SdpCodes.IceMismatch, error.Code);
        early.Connect();
    }

    [Fact]
    public void A_later_offer_is_measured_by_the_last_one_that_was_accepted()
    {
        // The refused offer had a third section; it was never agreed on, so it may be missing.
        string mid = _kit.Watcher.Offer.Add(TrackSource.Camera, sends: false).Mid;
        string more = Write();
        Assert.False(TryOffer(more, [new SubscribeRequest("77", _kit.Publisher.Id, TrackSource.Camera)], out _, out SdpError error));
        Assert.Equal(SdpCodes.UnknownMid, error.Code);
        (string head, List<string> sections) = Split();
        string fewer = head.Replace($"BUNDLE 0 1 {mid}", "BUNDLE 0 1", StringComparison.Ordinal) + sections[0] + sections[1];
        Assert.True(TryOffer(fewer, _kit.Watcher.SubscribeRequests, out _, out _));

        // Accepted, and followed by an offer that builds on its answer, it has to stay.
        Assert.True(TryOffer(more, _kit.Watcher.SubscribeRequests, out _, out _));
        Assert.True(TryOffer(more, _kit.Watcher.SubscribeRequests, out _, out _));
        Assert.False(TryOffer(fewer, _kit.Watcher.SubscribeRequests, out _, out error));
        Assert.Equal(SdpCodes.Malformed, error.Code);
    }

    [Fact]
    public void The_place_of_a_stopped_section_is_used_again_by_another_mid()
    {
        (string head, List<string> sections) = Split();
        string stopped = head.Replace("BUNDLE 0 1", "BUNDLE 0", StringComparison.Ordinal) + sections[0] + sections[1].Replace("m=video 9", "m=video 0", StringComparison.Ordinal);
        Assert.True(TryOffer(stopped, [_kit.Watcher.SubscribeRequests[0]], out _, out _));
        string again = Write().Replace("BUNDLE 0 1", "BUNDLE 0 9", StringComparison.Ordinal).Replace("a=mid:1", "a=mid:9", StringComparison.Ordinal);
        SubscribeRequest camera = new("9", _kit.Publisher.Id, TrackSource.Camera);
        Assert.True(TryOffer(again, [_kit.Watcher.SubscribeRequests[0], camera], out _, out SdpError error), error?.Code);
        _kit.Q.Key();
        Assert.Single(_kit.Watcher.Rtp);
    }

    [Fact]
    public void The_place_of_a_section_that_the_answer_rejected_is_used_again_by_another_mid()
    {
        (string head, List<string> sections) = Split();
        string unspoken = head + sections[0] + sections[1].Replace("VP8/90000", "H264/90000", StringComparison.Ordinal);
        Assert.True(TryOffer(unspoken, [_kit.Watcher.SubscribeRequests[0]], out string answer, out _));
        Assert.Contains("m=video 0 ", answer, StringComparison.Ordinal);
        Assert.True(TryOffer(Write().Replace("BUNDLE 0 1", "BUNDLE 0 9", StringComparison.Ordinal).Replace("a=mid:1", "a=mid:9", StringComparison.Ordinal),
            [_kit.Watcher.SubscribeRequests[0]], out _, out SdpError error), error?.Code);
    }

    [Fact]
    public void Answers_lost_in_a_row_leave_the_client_free_to_offer_again_under_new_mids()
    {
        // As Chromium does after a rollback: each try restarts ICE and names its new section anew.
        Assert.True(TryOffer(Write(), _kit.Watcher.SubscribeRequests, out _, out _));
        string mid = _kit.Watcher.Offer.Add(TrackSource.Camera, sends: false).Mid;
        for (int lost = 0; lost < 3; lost++)
        {
            Assert.True(TryOffer(WriteUnder(mid, $"{mid}{lost}"), [new($"{mid}{lost}", _kit.Publisher.Id, TrackSource.Camera)], out _, out SdpError error), error?.Code);
            _kit.Watcher.Peer.Ice = _kit.Watcher.Peer.NewIce();
        }

        Assert.True(TryOffer(WriteUnder(mid, "last"), [new("last", _kit.Publisher.Id, TrackSource.Camera)], out string answer, out _));
        Assert.DoesNotContain($"a=mid:{mid}", answer, StringComparison.Ordinal);
        _kit.Q.Key();
        Assert.Single(_kit.Watcher.Rtp);

        // What was settled before them stays settled, whatever was lost since.
        (string head, List<string> sections) = Split();
        Assert.False(TryOffer(head.Replace($"BUNDLE 0 1 {mid}", "BUNDLE 0", StringComparison.Ordinal) + sections[0], [], out _, out SdpError refusal));
        Assert.Equal(SdpCodes.Malformed, refusal.Code);
    }

    [Fact]
    public void A_lost_first_answer_settles_nothing_but_the_certificate()
    {
        using SfuKit kit = new();
        KitPeer peer = kit.Add();
        peer.Publish(TrackSource.Microphone).Negotiate();
        string again = peer.Offer.Write(peer.Peer.Ice, peer.Peer.Fingerprint)
            .Replace("BUNDLE 0", "BUNDLE 7", StringComparison.Ordinal).Replace("a=mid:0", "a=mid:7", StringComparison.Ordinal);
        Assert.True(kit.Session.TryNegotiate(peer.Id, again, [new("7", TrackSource.Microphone)], [], [], kit.Now, out _, out SdpError error), error?.Code);
        using Peer stranger = new(7) { Send = _ => { } };
        Assert.False(kit.Session.TryNegotiate(
            peer.Id, peer.Offer.Write(peer.Peer.Ice, stranger.Fingerprint), peer.PublishRequests, [], [], kit.Now, out _, out error));
        Assert.Equal(SdpCodes.IceMismatch, error.Code);
    }

    [Fact]
    public void A_place_that_is_used_again_three_hundred_times_shows_the_camera_each_time()
    {
        (string head, List<string> sections) = Split();
        string stopped = head.Replace("BUNDLE 0 1", "BUNDLE 0", StringComparison.Ordinal) + sections[0] + sections[1].Replace("m=video 9", "m=video 0", StringComparison.Ordinal);
        SubscribeRequest voice = _kit.Watcher.SubscribeRequests[0];
        for (int i = 10; i < 310; i++)
        {
            string used = Write().Replace("BUNDLE 0 1", $"BUNDLE 0 {i}", StringComparison.Ordinal).Replace("a=mid:1", $"a=mid:{i}", StringComparison.Ordinal);
            Assert.True(TryOffer(stopped.Replace("a=mid:1", $"a=mid:{i - 1}", StringComparison.Ordinal), [voice], out _, out SdpError error), error?.Code);
            Assert.True(TryOffer(used, [voice, new($"{i}", _kit.Publisher.Id, TrackSource.Camera)], out _, out error), error?.Code);
            _kit.Q.Key();

            // What one moment may carry is bounded (the pacer).
            _kit.Kit.Wait(10);
            Assert.Equal(i - 9, _kit.Watcher.Rtp.Count);
        }
    }

    public void Dispose() => _kit.Dispose();

    private (string Head, List<string> Sections) Split()
    {
        string[] parts = Write().Split("\r\nm=");
        return (parts[0] + "\r\n", [.. parts.Skip(1).Select((part, i) => "m=" + part + (i < parts.Length - 2 ? "\r\n" : ""))]);
    }

    private string Write() => _kit.Watcher.Offer.Write(_kit.Watcher.Peer.Ice, _kit.Watcher.Peer.Fingerprint);

    private string WriteUnder(string mid, string other) => Write()
        .Replace($"BUNDLE 0 1 {mid}", $"BUNDLE 0 1 {other}", StringComparison.Ordinal).Replace($"a=mid:{mid}", $"a=mid:{other}", StringComparison.Ordinal);

    private bool TryOffer(string offer, IReadOnlyList<SubscribeRequest> subscribe, out string answer, out SdpError error) =>
        _kit.Kit.Session.TryNegotiate(_kit.Watcher.Id, offer, [], subscribe, [], _kit.Kit.Now, out answer, out error);

    /// <summary>The offer asks for nothing that flows now, so that its acceptance, even in part, would be seen.</summary>
    private void IsRefused(string code, string offer)
    {
        SfuKit kit = _kit.Kit;
        Assert.True(TryOffer(Write(), _kit.Watcher.SubscribeRequests, out string before, out _));
        _kit.Q.Key();
        kit.TakeEvents();
        int events = kit.Events.Count;

        Assert.False(TryOffer(offer, [], out string answer, out SdpError error));
        Assert.Equal((code, ""), (error.Code, answer));

        // No news, media flows on, the transport answers under its old name, and the next answer is the one it would have been.
        kit.TakeEvents();
        Assert.Equal(events, kit.Events.Count);
        _kit.Q.Delta();
        _kit.Voice.Send(_kit.Voice.Voice());
        Assert.Equal(3, _kit.Watcher.Rtp.Count);
        int answered = _kit.Watcher.Peer.ChecksAnswered;
        _kit.Watcher.Peer.Check();
        kit.Deliver();
        Assert.Equal(answered + 1, _kit.Watcher.Peer.ChecksAnswered);
        Assert.True(TryOffer(Write(), _kit.Watcher.SubscribeRequests, out string after, out _));
        Assert.Equal(Body(before), Body(after));
        Assert.Equal(Version(before) + 1, Version(after));
    }

    private static string Origin(string answer) => answer.Split("\r\n").Single(line => line.StartsWith("o=", StringComparison.Ordinal));

    private static string Body(string answer) => answer.Replace(Origin(answer), "", StringComparison.Ordinal);

    private static int Version(string answer) => int.Parse(Origin(answer).Split(' ')[2]);
}
