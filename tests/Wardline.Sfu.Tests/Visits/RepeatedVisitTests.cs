using Wardline.Netem;
using Wardline.Rtc;

namespace Wardline.Sfu.Tests.Visits;

/// <summary>What the figures of all other visits rest on.</summary>
public sealed class RepeatedVisitTests
{
    [Fact]
    public void A_visit_over_slow_lossy_links_comes_out_the_same_to_the_microsecond()
    {
        List<(Instant, int)> first = Visit();
        Assert.True(first.Count > 500, $"{first.Count} arrivals");
        for (int again = 0; again < 3; again++)
        {
            Assert.Equal(first, Visit());
        }
    }

    private static List<(Instant At, int Layer)> Visit()
    {
        using VirtualVisit visit = new();
        LinkConditions line = new()
        {
            Delay = TimeSpan.FromMilliseconds(30),
            Jitter = TimeSpan.FromMilliseconds(5),
            Rate = Bitrate.FromKilobits(900),
            Loss = LossModel.Random(0.03),
        };
        Browser clinician = visit.Add(line, line);
        Browser patient = visit.Add(line, line);
        clinician.PublishMicrophone();
        clinician.PublishCamera(("q", 150), ("h", 450));
        string audio = patient.Subscribe(clinician, TrackSource.Microphone);
        string video = patient.Subscribe(clinician, TrackSource.Camera);
        visit.Negotiate(clinician);
        visit.Negotiate(patient);
        visit.View(patient, video, 640, 360);
        visit.Run(TimeSpan.FromSeconds(8));
        return [.. patient.Sinks[audio].Arrivals, .. patient.Sinks[video].Arrivals];
    }
}
