using Wardline.Rtc;
using Wardline.Sfu.Forwarding;

namespace Wardline.Sfu.Tests.Forwarding;

public sealed class PacerTests
{
    private static readonly Instant s_start = Instant.FromMilliseconds(1000);

    [Fact]
    public void A_stream_below_the_pacing_rate_passes_untouched()
    {
        Pacer pacer = new();
        pacer.SetEstimate(Bitrate.FromKilobits(1000));
        for (int i = 0; i < 1000; i++)
        {
            Instant now = s_start + TimeSpan.FromMilliseconds(4 * i);
            Assert.True(pacer.MayPass(now));
            pacer.OnSent(1200, now);
        }
    }

    [Fact]
    public void A_burst_leaves_at_two_and_a_half_times_the_estimate()
    {
        Pacer pacer = new();
        pacer.SetEstimate(Bitrate.FromKilobits(1000));
        int passed = 0;
        while (pacer.MayPass(s_start))
        {
            pacer.OnSent(1200, s_start);
            passed++;
        }

        Assert.InRange(passed, 3, 8);
        for (int i = 0; i < 30; i++)
        {
            Assert.True(pacer.TryEnqueue(null!, i, s_start));
        }

        List<(long Sequence, double At)> left = [];
        while (pacer.Count > 0)
        {
            Instant now = pacer.NextAt;
            while (pacer.TryTake(now, out Pacer.Waiting waiting))
            {
                left.Add((waiting.Sequence, (now - s_start).TotalMilliseconds));
                pacer.OnSent(1200, now);
            }
        }

        Assert.Equal(Enumerable.Range(0, 30).Select(i => (long)i), left.Select(packet => packet.Sequence));
        // 30 × 1200 bytes at 2.5 Mbit/s: 115 ms.
        Assert.InRange(left[^1].At, 95, 125);
    }

    [Fact]
    public void Nobody_waits_longer_than_a_quarter_of_a_second()
    {
        Pacer pacer = new();
        pacer.OnSent(10_000_000, s_start);
        Assert.False(pacer.MayPass(s_start));
        Assert.True(pacer.TryEnqueue(null!, 1, s_start));
        Assert.Equal(s_start + Pacer.MaxWait, pacer.NextAt);
        Assert.False(pacer.TryTake(s_start + TimeSpan.FromMilliseconds(249), out _));
        Assert.True(pacer.TryTake(s_start + Pacer.MaxWait, out _));
    }

    [Fact]
    public void The_queue_is_bounded()
    {
        Pacer pacer = new();
        for (int i = 0; i < Pacer.Capacity; i++)
        {
            Assert.True(pacer.TryEnqueue(null!, i, s_start));
        }

        Assert.False(pacer.TryEnqueue(null!, 0, s_start));
    }
}
