using Wardline.Netem;
using Wardline.Rtc;

namespace Wardline.Sfu.Tests.Visits;

/// <summary>Whole visits over bad links, in virtual time, with real ICE, DTLS and SRTP.</summary>
public sealed class BadNetworkTests
{
    private static readonly (string, int)[] s_layers = [("q", 150), ("h", 450), ("f", 1500)];

    private static readonly LinkConditions s_bad = new()
    {
        Delay = TimeSpan.FromMilliseconds(100),
        Jitter = TimeSpan.FromMilliseconds(20),
        Loss = LossModel.Random(0.05),
    };

    private readonly VirtualVisit _visit = new();

    [Fact]
    public void A_good_line_soon_carries_the_full_picture()
    {
        (_, Browser patient, string audio, string video) = Consult(LinkConditions.Perfect, LinkConditions.Perfect);
        Instant start = _visit.Now;
        _visit.Run(TimeSpan.FromSeconds(10));
        SimSink seen = patient.Sinks[video];
        Assert.Equal(2, seen.Frames[^1].Layer);
        Assert.InRange(seen.Frames.First(frame => frame.Layer == 2).At - start, TimeSpan.Zero, TimeSpan.FromSeconds(6));
        Assert.InRange(seen.FramesPerSecond(_visit.Now - TimeSpan.FromSeconds(3), _visit.Now), 29, 31);
        Assert.InRange(patient.Sinks[audio].LongestGapMs(start + TimeSpan.FromSeconds(1), _visit.Now), 19, 21);
        Finish();
    }

    [Fact]
    public void Five_percent_loss_a_tenth_of_a_second_and_jitter_leave_picture_and_sound()
    {
        (_, Browser patient, string audio, string video) = Consult(s_bad, s_bad);
        _visit.Run(TimeSpan.FromSeconds(5));
        Instant from = _visit.Now;
        _visit.Run(TimeSpan.FromSeconds(30));
        SimSink seen = patient.Sinks[video];
        double fps = seen.FramesPerSecond(from, _visit.Now);
        Assert.True(fps >= 10, $"{fps:F1} frames a second");
        double gap = patient.Sinks[audio].LongestGapMs(from, _visit.Now);
        Assert.True(gap <= 200, $"{gap:F0} ms without sound");
        Finish();
    }

    [Fact]
    public void A_good_line_that_turns_bad_in_the_middle_keeps_picture_and_sound()
    {
        (_, Browser patient, string audio, string video) = Consult(LinkConditions.Perfect, LinkConditions.Perfect);
        _visit.Run(TimeSpan.FromSeconds(10));
        patient.Down.Change(s_bad, _visit.Now);
        patient.Up.Change(s_bad, _visit.Now);
        _visit.Run(TimeSpan.FromSeconds(3));
        Instant from = _visit.Now;
        _visit.Run(TimeSpan.FromSeconds(15));
        double fps = patient.Sinks[video].FramesPerSecond(from, _visit.Now);
        Assert.True(fps >= 10, $"{fps:F1} frames a second");
        double gap = patient.Sinks[audio].LongestGapMs(from, _visit.Now);
        Assert.True(gap <= 200, $"{gap:F0} ms without sound");
        Finish();
    }

    [Fact]
    public void A_cut_to_300_kilobits_lowers_the_layer_within_two_seconds_and_sound_never_breaks()
    {
        (_, Browser patient, string audio, string video) = Consult(s_bad with { Loss = LossModel.None }, s_bad with { Loss = LossModel.None });
        _visit.Run(TimeSpan.FromSeconds(15));
        SimSink seen = patient.Sinks[video];
        Assert.Equal(2, seen.Frames[^1].Layer);

        Instant cut = _visit.Now;
        patient.Down.Change(s_bad with { Loss = LossModel.None, Rate = Bitrate.FromKilobits(300) }, cut);
        _visit.Run(TimeSpan.FromSeconds(20));
        Instant lastHigh = seen.Arrivals.Last(arrival => arrival.Layer > 0 && arrival.At < cut + TimeSpan.FromSeconds(6)).At;
        Assert.True(lastHigh - cut <= TimeSpan.FromSeconds(2), $"{(lastHigh - cut).TotalSeconds:F2} s until the layer fell");
        double gap = patient.Sinks[audio].LongestGapMs(cut - TimeSpan.FromSeconds(5), _visit.Now);
        Assert.True(gap <= 200, $"{gap:F0} ms without sound");
        double fps = seen.FramesPerSecond(cut + TimeSpan.FromSeconds(5), _visit.Now);
        Assert.True(fps >= 10, $"{fps:F1} frames a second after the cut");
        Finish();
    }

    [Fact]
    public void A_cut_both_ways_with_a_full_uplink_leaves_picture_and_sound()
    {
        (Browser clinician, Browser patient, string audio, string video) = Consult(LinkConditions.Perfect, LinkConditions.Perfect);
        patient.PublishMicrophone();
        patient.PublishCamera([("q", 150), ("h", 450)]);
        clinician.Subscribe(patient, TrackSource.Camera);
        _visit.Negotiate(patient);
        _visit.Negotiate(clinician);
        _visit.Run(TimeSpan.FromSeconds(10));

        // The patient's browser sends twice what passes until it has understood: meanwhile its reports on us are lost.
        LinkConditions narrow = new() { Delay = TimeSpan.FromMilliseconds(20), Rate = Bitrate.FromKilobits(300) };
        Instant cut = _visit.Now;
        patient.Up.Change(narrow, cut);
        patient.Down.Change(narrow, cut);
        _visit.Run(TimeSpan.FromSeconds(1.5));
        patient.Sources[^1].Off = true;
        _visit.Run(TimeSpan.FromSeconds(15));
        SimSink seen = patient.Sinks[video];
        Instant lastHigh = seen.Arrivals.Last(arrival => arrival.Layer > 0 && arrival.At < cut + TimeSpan.FromSeconds(6)).At;
        Assert.True(lastHigh - cut <= TimeSpan.FromSeconds(3), $"{(lastHigh - cut).TotalSeconds:F2} s until the layer fell");
        double fps = seen.FramesPerSecond(cut + TimeSpan.FromSeconds(3), _visit.Now);
        Assert.True(fps >= 10, $"{fps:F1} frames a second after the cut");
        double gap = patient.Sinks[audio].LongestGapMs(cut, _visit.Now);
        Assert.True(gap <= 200, $"{gap:F0} ms without sound");
        Finish();
    }

    [Fact]
    public void After_the_cut_is_over_the_full_picture_comes_back()
    {
        (_, Browser patient, _, string video) = Consult(LinkConditions.Perfect, LinkConditions.Perfect);
        _visit.Run(TimeSpan.FromSeconds(10));
        patient.Down.Change(new LinkConditions { Rate = Bitrate.FromKilobits(300) }, _visit.Now);
        _visit.Run(TimeSpan.FromSeconds(10));
        Assert.Equal(0, patient.Sinks[video].Frames[^1].Layer);
        patient.Down.Change(LinkConditions.Perfect, _visit.Now);
        _visit.Run(TimeSpan.FromSeconds(25));
        Assert.Equal(2, patient.Sinks[video].Frames[^1].Layer);
        Finish();
    }

    [Theory]
    [InlineData(4)]
    [InlineData(20)]
    public void Somebody_who_comes_back_on_another_network_sees_the_picture_within_a_second(int secondsAway)
    {
        (_, Browser patient, _, string video) = Consult(LinkConditions.Perfect, LinkConditions.Perfect);
        _visit.Run(TimeSpan.FromSeconds(10));
        LinkConditions away = new() { Loss = LossModel.Random(1) };
        patient.Up.Change(away, _visit.Now);
        patient.Down.Change(away, _visit.Now);
        _visit.Run(TimeSpan.FromSeconds(secondsAway));

        patient.Peer.Address = Harness.Peer.AddressOf(99, 40_001);
        patient.Up.Change(LinkConditions.Perfect, _visit.Now);
        patient.Down.Change(LinkConditions.Perfect, _visit.Now);
        Instant back = _visit.Now;
        _visit.Run(TimeSpan.FromSeconds(20));

        // Up to half of that is the simulated browser's pause between two checks.
        Instant first = patient.Sinks[video].Frames.First(frame => frame.At > back).At;
        Assert.InRange((first - back).TotalMilliseconds, 0, 1_000);
        Assert.Equal(2, patient.Sinks[video].Frames[^1].Layer);
        Finish();
    }

    [Fact]
    public void A_layer_that_the_publisher_stops_is_left_for_the_one_below_at_once()
    {
        (Browser clinician, Browser patient, _, string video) = Consult(LinkConditions.Perfect, LinkConditions.Perfect);
        _visit.Run(TimeSpan.FromSeconds(10));
        Assert.Equal(2, patient.Sinks[video].Frames[^1].Layer);
        clinician.Sources[^1].Off = true;
        Instant off = _visit.Now;
        _visit.Run(TimeSpan.FromSeconds(3));
        Assert.Equal(1, patient.Sinks[video].Frames[^1].Layer);
        Assert.InRange(patient.Sinks[video].Frames.First(frame => frame.Layer == 1 && frame.At > off).At - off, TimeSpan.Zero, TimeSpan.FromSeconds(1.2));
        Finish();
    }

    [Fact]
    public void Reordering_is_not_mistaken_for_loss_by_a_decoder()
    {
        LinkConditions shuffled = new() { Delay = TimeSpan.FromMilliseconds(40), Jitter = TimeSpan.FromMilliseconds(8), Reorder = true };
        (_, Browser patient, _, string video) = Consult(shuffled, shuffled);
        _visit.Run(TimeSpan.FromSeconds(5));
        Instant from = _visit.Now;
        _visit.Run(TimeSpan.FromSeconds(10));
        Assert.InRange(patient.Sinks[video].FramesPerSecond(from, _visit.Now), 28, 32);
        Finish();
    }

    private (Browser Clinician, Browser Patient, string Audio, string Video) Consult(LinkConditions publisher, LinkConditions receiver)
    {
        Browser clinician = _visit.Add(publisher, publisher);
        Browser patient = _visit.Add(receiver, receiver);
        clinician.PublishMicrophone();
        clinician.PublishCamera(s_layers);
        string audio = patient.Subscribe(clinician, TrackSource.Microphone);
        string video = patient.Subscribe(clinician, TrackSource.Camera);
        _visit.Negotiate(clinician);
        _visit.Negotiate(patient);
        _visit.View(patient, video, 1280, 720);
        return (clinician, patient, audio, video);
    }

    private void Finish()
    {
        Assert.Equal(0, _visit.Session.Counters.SendArenaFull);
        Assert.Equal(0, _visit.Session.Counters.MalformedRtcp);
        _visit.Dispose();
    }
}
