using Wardline.Rtc;
using Wardline.Sfu.Forwarding;

namespace Wardline.Sfu.Tests.Forwarding;

public sealed class RetransmissionLogTests
{
    private static readonly TimeSpan s_roundTrip = TimeSpan.FromMilliseconds(100);

    [Fact]
    public void A_packet_is_not_repeated_within_a_round_trip()
    {
        RetransmissionLog log = new();
        Instant now = Instant.FromMilliseconds(1000);
        Assert.True(log.TryNote(7, s_roundTrip, now));
        Assert.False(log.TryNote(7, s_roundTrip, now + TimeSpan.FromMilliseconds(99)));
        Assert.True(log.TryNote(8, s_roundTrip, now));
        Assert.True(log.TryNote(7, s_roundTrip, now + TimeSpan.FromMilliseconds(100)));
    }

    [Fact]
    public void A_packet_is_repeated_at_most_eight_times()
    {
        RetransmissionLog log = new();
        int repeats = 0;
        for (int i = 0; i < 100; i++)
        {
            repeats += log.TryNote(7, s_roundTrip, Instant.FromMilliseconds(1000 + 200 * i)) ? 1 : 0;
        }

        Assert.Equal(RetransmissionLog.MaxRepeats, repeats);
    }

    [Fact]
    public void A_budget_fills_with_time_and_no_further_than_its_burst()
    {
        ByteBudget budget = new(1000, TimeSpan.FromMilliseconds(500));
        Instant now = Instant.FromMilliseconds(1000);
        Bitrate rate = new(8000); // 1000 bytes a second
        Assert.True(budget.TryTake(1000, rate, now));
        Assert.False(budget.TryTake(1, rate, now));
        Assert.True(budget.TryTake(500, rate, now + TimeSpan.FromMilliseconds(500)));
        Assert.True(budget.TryTake(1000, rate, now + TimeSpan.FromSeconds(60)));
        Assert.False(budget.TryTake(1, rate, now + TimeSpan.FromSeconds(60)));
    }
}
