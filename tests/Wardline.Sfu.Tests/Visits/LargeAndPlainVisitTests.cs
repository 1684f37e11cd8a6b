using Wardline.Netem;
using Wardline.Rtc;
using Wardline.Rtc.Rtcp;
using Wardline.Sfu.Tests.Harness;

namespace Wardline.Sfu.Tests.Visits;

/// <summary>The largest visit, and a receiver that can do the least. What they cost is counted in wakes, not in seconds.</summary>
public sealed class LargeAndPlainVisitTests : IDisposable
{
    private readonly VirtualVisit _visit = new();

    [Fact]
    public void Twelve_people_with_all_cameras_on_all_see_each_other_at_ten_frames_a_second_or_more()
    {
        LinkConditions good = new() { Delay = TimeSpan.FromMilliseconds(20), Rate = Bitrate.FromKilobits(20_000) };
        Browser[] people = [.. Enumerable.Range(0, 12).Select(_ => _visit.Add(good, good))];
        List<(Browser Viewer, string Audio, string Video)> pairs = [];
        foreach (Browser person in people)
        {
            person.PublishMicrophone();
            person.PublishCamera(("q", 100), ("h", 300));
        }

        foreach (Browser viewer in people)
        {
            foreach (Browser other in people.Where(other => other != viewer))
            {
                pairs.Add((viewer, viewer.Subscribe(other, TrackSource.Microphone), viewer.Subscribe(other, TrackSource.Camera)));
            }

            _visit.Negotiate(viewer);
        }

        foreach ((Browser viewer, _, string video) in pairs)
        {
            _visit.View(viewer, video, 320, 180);
        }

        Instant start = _visit.Now;
        _visit.Run(TimeSpan.FromSeconds(3));
        Instant from = _visit.Now;
        _visit.Run(TimeSpan.FromSeconds(3));

        Assert.Equal(12 * 11, pairs.Count);
        foreach ((Browser viewer, string audio, string video) in pairs)
        {
            SimSink seen = viewer.Sinks[video];
            Assert.NotEmpty(seen.Frames);
            Assert.InRange(seen.Frames[0].At - start, TimeSpan.Zero, TimeSpan.FromSeconds(2));
            double fps = seen.FramesPerSecond(from, _visit.Now);
            Assert.True(fps >= 10, $"{viewer.Id} sees mid {video} at {fps:F1} frames a second");
            double gap = viewer.Sinks[audio].LongestGapMs(from, _visit.Now);
            Assert.True(gap <= 200, $"{viewer.Id} misses {gap:F0} ms of mid {audio}");
        }

        IsCalm();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.05)]
    public void A_listener_without_transport_cc_hears_everything_and_gets_nothing_else(double loss)
    {
        LinkConditions line = new() { Delay = TimeSpan.FromMilliseconds(40), Loss = LossModel.Random(loss) };
        Browser clinician = _visit.Add();
        Browser listener = _visit.Add(line, line, new OfferBuilder { OffersTransportCc = false });
        clinician.PublishMicrophone();
        clinician.PublishCamera(("q", 150), ("h", 450), ("f", 1500));
        string audio = listener.Subscribe(clinician, TrackSource.Microphone);
        _visit.Negotiate(clinician);
        _visit.Negotiate(listener);
        _visit.Run(TimeSpan.FromSeconds(2));

        Instant from = _visit.Now;
        SimSink heard = listener.Sinks[audio];
        int before = heard.Arrivals.Count;
        long sentBefore = listener.Down.Counters.Entered;
        for (int second = 0; second < 20; second++)
        {
            _visit.Run(TimeSpan.FromSeconds(1));
            Report(listener, heard, loss);
        }

        // 50 packets a second of sound; the rest is reports, answers to checks, and no padding or probes.
        double lost = 1 - (heard.Arrivals.Count - before) / 1000.0;
        Assert.InRange(lost, loss - 0.03, loss + 0.03);
        Assert.InRange(listener.Down.Counters.Entered - sentBefore, 1000, 1100);
        Assert.InRange(heard.LongestGapMs(from, _visit.Now), 19, loss == 0 ? 21 : 200);
        Assert.Equal(0, listener.Numbered);

        // The camera that nobody watches is asked for no key frame, and the quality of the line is told each second.
        Assert.All(clinician.Sources.Skip(1), layer => Assert.Equal(1, layer.KeyFrames));
        int told = _visit.Events.Count(e => e.At > from && e.Event is DownlinkQuality quality && quality.Participant == listener.Id);
        Assert.InRange(told, 19, 21);
        IsCalm();
    }

    public void Dispose() => _visit.Dispose();

    /// <summary>RFC 3550 §6.4.2, as a browser without transport-wide feedback tells of its losses.</summary>
    private static void Report(Browser listener, SimSink heard, double loss)
    {
        byte[] rtcp = new byte[64];
        RtcpWriter writer = new(rtcp);
        Assert.True(writer.TryWriteReceiverReport(
            new Ssrc(1), [new ReportBlock(new Ssrc(heard.Ssrc), (byte)(loss * 256), 0, (uint)heard.Arrivals.Count, 0, 0, 0)]));
        listener.Peer.SendRtcp(rtcp.AsSpan(0, writer.Length));
    }

    /// <summary>Packets are forwarded as they come; a timer is for reports, feedback, probes and repair, and not for every packet.</summary>
    private void IsCalm()
    {
        double seconds = (_visit.Now - Instant.FromMilliseconds(10_000)).TotalSeconds;
        Assert.True(_visit.Wakes <= 50 * seconds, $"{_visit.Wakes / seconds:F0} wakes a second");
        Assert.True(_visit.VainWakes <= 20 * seconds, $"{_visit.VainWakes / seconds:F0} vain wakes a second");
        Assert.Equal(0, _visit.Session.Counters.SendArenaFull);
        Assert.Equal(0, _visit.Session.Counters.MalformedRtcp);
    }
}
