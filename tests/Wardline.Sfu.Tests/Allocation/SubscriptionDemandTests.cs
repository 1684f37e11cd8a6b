using Wardline.Rtc;
using Wardline.Sfu.Allocation;
using Wardline.Sfu.Layers;
using Wardline.Sfu.Tests.Forwarding;

namespace Wardline.Sfu.Tests.Allocation;

public sealed class SubscriptionDemandTests
{
    [Theory]
    [InlineData(320, 180, 0)]
    [InlineData(400, 225, 0)]
    [InlineData(404, 227, 1)]
    [InlineData(800, 450, 1)]
    [InlineData(802, 452, 2)]
    [InlineData(3840, 2160, 2)]
    [InlineData(0, 180, -1)]
    [InlineData(320, 0, -1)]
    [InlineData(-5, 100, -1)]
    public void The_smallest_layer_that_is_enough_for_the_view_is_wanted(int width, int height, int layer)
    {
        SubscriptionDemand demand = new();
        demand.SetView(width, height);
        LayerCosts costs = default;
        costs[0] = costs[1] = costs[2] = Bitrate.FromKilobits(1);
        Assert.Equal(layer, demand.WantedOf(SwitcherKit.NewTrack(1), costs, nominalFullHeight: 720));
    }

    [Fact]
    public void Of_the_layers_that_arrive_the_largest_has_to_do()
    {
        SubscriptionDemand demand = new();
        demand.SetView(1280, 720);
        LayerCosts costs = default;
        Assert.Equal(-1, demand.WantedOf(SwitcherKit.NewTrack(1), costs, 720));
        costs[0] = Bitrate.FromKilobits(1);
        Assert.Equal(0, demand.WantedOf(SwitcherKit.NewTrack(1), costs, 720));
    }

    [Fact]
    public void After_a_fall_a_rise_waits_two_seconds_and_longer_if_rises_do_not_last()
    {
        SubscriptionDemand demand = new();
        Instant now = Instant.FromMilliseconds(100_000);
        demand.OnAllocated(wanted: 2, result: 2, now);
        List<double> holds = [];
        for (int i = 0; i < 7; i++)
        {
            demand.OnAllocated(2, 0, now);
            double held = 0;
            while (!demand.MayRise(now))
            {
                now += TimeSpan.FromMilliseconds(100);
                held += 0.1;
            }

            holds.Add(Math.Round(held));
            demand.OnAllocated(2, 2, now);
            now += TimeSpan.FromSeconds(1);
        }

        Assert.Equal([2, 4, 8, 16, 30, 30, 30], holds);
        now += TimeSpan.FromSeconds(20);
        demand.OnAllocated(2, 0, now);
        Assert.True(demand.MayRise(now + SubscriptionDemand.FirstHold));
    }

    [Fact]
    public void A_paused_picture_may_come_back_soon_and_later_if_it_does_not_last()
    {
        SubscriptionDemand demand = new();
        Instant now = Instant.FromMilliseconds(100_000);
        demand.OnAllocated(2, 0, now);
        foreach (int held in new[] { 400, 800, 1600, 3200, 3200 })
        {
            demand.OnAllocated(2, -1, now);
            Assert.False(demand.MayRise(now + TimeSpan.FromMilliseconds(held - 1)));
            now += TimeSpan.FromMilliseconds(held);
            Assert.True(demand.MayRise(now));
            demand.OnAllocated(2, 0, now);
            now += TimeSpan.FromSeconds(1);
        }

        now += TimeSpan.FromSeconds(20);
        demand.OnAllocated(2, -1, now);
        Assert.True(demand.MayRise(now + SubscriptionDemand.PauseHold));
    }

    [Fact]
    public void A_smaller_view_is_not_a_fall()
    {
        SubscriptionDemand demand = new();
        Instant now = Instant.FromMilliseconds(100_000);
        demand.OnAllocated(2, 2, now);
        demand.OnAllocated(0, 0, now);
        Assert.True(demand.MayRise(now));
    }

    [Theory]
    [InlineData(0, 50.0, false, false, QualityLevel.Good)]
    [InlineData(0, null, false, false, QualityLevel.Good)]
    [InlineData(4, 50.0, false, false, QualityLevel.Fair)]
    [InlineData(0, 400.0, false, false, QualityLevel.Fair)]
    [InlineData(0, 50.0, false, true, QualityLevel.Fair)]
    [InlineData(0, 50.0, true, true, QualityLevel.Poor)]
    [InlineData(12, 50.0, false, false, QualityLevel.Poor)]
    [InlineData(0, 900.0, false, false, QualityLevel.Poor)]
    public void One_word_tells_how_a_downlink_is(double loss, double? roundTrip, bool missing, bool reduced, QualityLevel level) =>
        Assert.Equal(level, QualityJudge.Judge(loss, roundTrip, missing, reduced));
}
