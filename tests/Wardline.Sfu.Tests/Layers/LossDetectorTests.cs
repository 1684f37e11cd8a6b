using Wardline.Rtc;
using Wardline.Sfu.Layers;

namespace Wardline.Sfu.Tests.Layers;

public sealed class LossDetectorTests
{
    private static readonly TimeSpan s_roundTrip = TimeSpan.FromMilliseconds(100);
    private readonly LossDetector _losses = new();
    private readonly SequenceNumber[] _due = new SequenceNumber[64];

    [Fact]
    public void Asks_for_what_is_missing_after_a_moment_for_reordering()
    {
        Assert.True(_losses.OnNewest(105, 100, At(0)));
        Assert.Equal(At(10), _losses.NextAt);
        Assert.Equal(0, Take(9, out _));
        _losses.OnLate(102);
        Assert.Equal(3, Take(10, out _));
        Assert.Equal([101, 103, 104], _due[..3].Select(s => (int)s.Value));
    }

    [Fact]
    public void Asks_again_once_a_round_trip_and_gives_up_after_a_second()
    {
        _losses.OnNewest(102, 100, At(0));
        List<int> asked = [];
        bool hopeless = false;
        for (int ms = 0; ms <= 2000 && !hopeless; ms++)
        {
            if (Take(ms, out hopeless) > 0)
            {
                asked.Add(ms);
            }
        }

        Assert.Equal([10, 110, 210, 310, 410, 510, 610, 710, 810, 910], asked);
        Assert.True(hopeless);
        Assert.Equal(0, _losses.Count);
        Assert.Equal(1, _losses.Lost);
        Assert.Equal(Instant.Never, _losses.NextAt);
    }

    [Fact]
    public void A_key_frame_makes_everything_before_it_unimportant()
    {
        _losses.OnNewest(105, 100, At(0));
        _losses.OnNewest(110, 105, At(1));
        _losses.ForgetBefore(107);
        Assert.Equal(3, Take(50, out bool hopeless));
        Assert.Equal([107, 108, 109], _due[..3].Select(s => (int)s.Value));
        Assert.False(hopeless);
    }

    [Fact]
    public void A_burst_beyond_its_size_is_not_repaired()
    {
        Assert.True(_losses.OnNewest(200, 100, At(0)));
        Assert.False(_losses.OnNewest(200 + LossDetector.Capacity, 200, At(0)));
        Assert.Equal(0, _losses.Count);
        Assert.Equal(Instant.Never, _losses.NextAt);
    }

    [Fact]
    public void More_than_fits_one_feedback_stays_due()
    {
        _losses.OnNewest(201, 100, At(0));
        Assert.Equal(64, Take(10, out _));
        Assert.Equal(At(10), _losses.NextAt);
        Assert.Equal(36, Take(10, out _));
        Assert.Equal(At(110), _losses.NextAt);
    }

    private static Instant At(int milliseconds) => Instant.FromMilliseconds(5000 + milliseconds);

    private int Take(int milliseconds, out bool hopeless) => _losses.TakeDue(At(milliseconds), s_roundTrip, _due, out hopeless);
}
