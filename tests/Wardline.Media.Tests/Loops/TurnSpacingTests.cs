using Wardline.Media.Loops;
using Wardline.Rtc;

namespace Wardline.Media.Tests.Loops;

/// <summary>How long packets are held back for others, on a clock that only notes.</summary>
public sealed class TurnSpacingTests
{
    private static readonly TimeSpan Least = TimeSpan.FromMicroseconds(500);

    private readonly List<TimeSpan> _slept = [];

    [Fact]
    public void The_first_turn_and_one_after_a_pause_wait_for_nobody()
    {
        TurnSpacing spacing = new(Least, _slept.Add);
        Assert.False(spacing.Wait(new Instant(0)));
        Assert.False(spacing.Wait(new Instant(500)));
        Assert.False(spacing.Wait(new Instant(1200)));
        Assert.Empty(_slept);
    }

    [Fact]
    public void Turns_that_follow_closely_begin_as_far_apart_as_was_asked()
    {
        TurnSpacing spacing = new(Least, _slept.Add);
        spacing.Wait(new Instant(1000));
        Assert.True(spacing.Wait(new Instant(1100)));
        Assert.True(spacing.Wait(new Instant(1900)));
        Assert.False(spacing.Wait(new Instant(2500)));
        Assert.Equal([TimeSpan.FromMicroseconds(400), TimeSpan.FromMicroseconds(100)], _slept);
    }

    [Fact]
    public void A_sleep_that_ended_late_is_not_made_up_for()
    {
        TurnSpacing spacing = new(Least, _slept.Add);
        spacing.Wait(new Instant(0));
        spacing.Wait(new Instant(100));
        Assert.False(spacing.Wait(new Instant(5000)));
        Assert.True(spacing.Wait(new Instant(5001)));
        Assert.All(_slept, pause => Assert.InRange(pause, TimeSpan.Zero, Least));
    }

    [Fact]
    public void Zero_turns_it_off()
    {
        TurnSpacing spacing = new(TimeSpan.Zero, _slept.Add);
        spacing.Wait(new Instant(7));
        Assert.False(spacing.Wait(new Instant(7)));
        Assert.Empty(_slept);
    }

    [Fact]
    public void No_setting_holds_a_packet_for_longer_than_a_millisecond()
    {
        MediaOptions options = Shell.Engines.Options;
        (options with { TurnSpacing = TimeSpan.FromMilliseconds(1) }).Validate();
        InvalidOperationException refused = Assert.Throws<InvalidOperationException>(() => (options with { TurnSpacing = TimeSpan.FromMilliseconds(1.1) }).Validate());
        Assert.Contains("TurnSpacing", refused.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => (options with { TurnSpacing = TimeSpan.FromMilliseconds(-1) }).Validate());
    }
}
