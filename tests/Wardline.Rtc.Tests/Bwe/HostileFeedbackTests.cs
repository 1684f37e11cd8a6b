using Wardline.Netem;
using Wardline.Rtc.Bwe;
using Wardline.Rtc.Rtcp;
using Wardline.Rtc.Tests.Rtp;

namespace Wardline.Rtc.Tests.Bwe;

public sealed class HostileFeedbackTests
{
    private static readonly SendSideEstimatorOptions Options = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Forged_and_damaged_reports_neither_throw_nor_leave_the_bounds(int seed)
    {
        SeededRandom random = new((ulong)seed);
        SendSideEstimator estimator = new(Options);
        estimator.SetDesired(Options.Max);
        TwccRecorder recorder = new();
        byte[] feedback = new byte[1200];
        Instant now = new(0);
        ushort sequence = 0;
        int understood = 0;
        for (int i = 0; i < 30_000; i++)
        {
            now += TimeSpan.FromMilliseconds(random.Next(8));
            estimator.OnSent(sequence, 200 + random.Next(1000), now);
            if (random.Next(10) > 0)
            {
                recorder.OnPacket((ushort)(sequence + random.Next(3)), new Instant((long)(random.NextBits() >> random.Next(20) & 0xFF_FFFF_FFFF)));
            }

            sequence += (ushort)(random.Next(100) == 0 ? random.Next(65536) : 1);
            while (recorder.TryWriteFeedback(new Instant(long.MaxValue - 1), new(1), new(2), feedback, out int length))
            {
                for (int flips = random.Next(3); flips > 0; flips--)
                {
                    feedback[8 + random.Next(length - 8)] = (byte)random.Next(256);
                }

                RtcpReader reader = new(feedback.AsSpan(0, length));
                if (reader.TryRead(out RtcpPacket packet) && TransportCcView.TryRead(packet, out TransportCcView view))
                {
                    estimator.OnFeedback(view, now);
                    understood++;
                }
            }

            if (now >= estimator.NextTimeout)
            {
                estimator.HandleTimeout(now);
            }

            Assert.InRange(estimator.Estimate.BitsPerSecond, Options.Min.BitsPerSecond, Options.Max.BitsPerSecond);
            Assert.InRange(estimator.Loss, 0, 1);
        }

        Assert.True(understood > 1000);
    }

    [Fact]
    public void A_report_on_packets_that_were_never_sent_changes_nothing()
    {
        SendSideEstimator estimator = new(Options);
        estimator.OnSent(100, 1000, Instant.FromMilliseconds(1));
        TwccRecorder recorder = new();
        recorder.OnPacket(5000, Instant.FromMilliseconds(10));
        byte[] feedback = new byte[200];
        Assert.True(recorder.TryWriteFeedback(Instant.FromMilliseconds(200), new(1), new(2), feedback, out int length));
        RtcpReader reader = new(feedback.AsSpan(0, length));
        Assert.True(reader.TryRead(out RtcpPacket packet));
        Assert.True(TransportCcView.TryRead(packet, out TransportCcView view));
        estimator.OnFeedback(view, Instant.FromMilliseconds(220));
        Assert.Null(estimator.RoundTrip);
        Assert.Equal(Options.Start, estimator.Estimate);
    }

    [Fact]
    public void Estimating_allocates_nothing()
    {
        SendSideEstimator estimator = new(Options);
        estimator.SetDesired(Options.Max);
        TwccRecorder recorder = new();
        byte[] feedback = new byte[1200];
        double ms = 0;
        ushort sequence = 0;
        int probes = 0;
        long allocated = RtpPackets.Allocated(
            () =>
            {
                Instant now = Instant.FromMilliseconds(ms += 5);
                estimator.OnSent(sequence, 1000, now);
                recorder.OnPacket(sequence++, now + TimeSpan.FromMilliseconds(20));
                while (estimator.ProbeBytesDue(now) > 0)
                {
                    estimator.OnSent(sequence, 500, now, probe: true);
                    recorder.OnPacket(sequence++, now + TimeSpan.FromMilliseconds(20));
                    probes++;
                }

                while (recorder.TryWriteFeedback(now, new(1), new(2), feedback, out int length))
                {
                    RtcpReader reader = new(feedback.AsSpan(0, length));
                    if (reader.TryRead(out RtcpPacket packet) && TransportCcView.TryRead(packet, out TransportCcView view))
                    {
                        estimator.OnFeedback(view, now);
                    }
                }

                if (now >= estimator.NextTimeout)
                {
                    estimator.HandleTimeout(now);
                }
            },
            times: 20_000);
        Assert.Equal(0, allocated);
        Assert.True(probes > 20);
        Assert.True(estimator.Estimate > Options.Start);
    }
}
