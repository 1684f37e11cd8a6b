using Wardline.Rtc;
using Wardline.Sfu.Allocation;

namespace Wardline.Sfu.Tests.Allocation;

/// <summary>docs/design/forwarding.md, section 5. Layers cost 150, 450 and 1,500 kbit/s unless a test says otherwise.</summary>
public sealed class LayerAllocatorTests
{
    private const int Paused = LayerDemand.None;
    private const int Q = 0;
    private const int H = 1;
    private const int F = 2;

    [Fact]
    public void The_example_of_the_design()
    {
        LayerDemand a = Camera(0, wanted: F, area: 1280 * 720);
        LayerDemand b = Camera(1, wanted: Q, area: 320 * 180);
        Assert.Equal([H, Q], Allocate(860, a, b));
        Assert.Equal([Q, Paused], Allocate(260, a with { Current = H }, b with { Current = Q }));
        Assert.Equal([Paused, Paused], Allocate(60, a with { Current = Q }, b));
    }

    [Fact]
    public void Everybody_gets_the_lowest_layer_before_anybody_gets_more()
    {
        LayerDemand[] demands = [.. Enumerable.Range(0, 5).Select(i => Camera(i, wanted: F))];
        Assert.Equal([Q, Q, Q, Q, Q], Allocate(950, demands));
    }

    [Fact]
    public void The_larger_view_rises_first()
    {
        Assert.Equal([Q, F], Allocate(1900, Camera(0, F, area: 100), Camera(1, F, area: 200)));
        Assert.Equal([F, Q], Allocate(1900, Camera(0, F, area: 200), Camera(1, F, area: 100)));
    }

    [Fact]
    public void A_screen_comes_before_cameras_and_a_large_picture_before_a_small_one()
    {
        LayerDemand screen = Camera(2, F, area: 1) with { Class = DemandClass.Screen };
        LayerDemand small = Camera(1, F, area: 2);
        LayerDemand large = Camera(0, F, area: 999);
        Assert.Equal([Paused, Paused, Q], Allocate(200, large, small, screen));
        Assert.Equal([Q, Paused, Q], Allocate(400, large, small, screen));
    }

    [Fact]
    public void A_view_gets_no_more_than_it_wants() => Assert.Equal([H], Allocate(100_000, Camera(0, wanted: H)));

    [Fact]
    public void A_hidden_view_gets_nothing() => Assert.Equal([Paused, F], Allocate(2000, Camera(0, wanted: Paused), Camera(1, wanted: F)));

    [Fact]
    public void A_rise_needs_fifteen_percent_more_but_staying_does_not()
    {
        Assert.Equal([Q], Allocate(460, Camera(0, wanted: H, current: Q)));
        Assert.Equal([H], Allocate(460, Camera(0, wanted: H, current: H)));
        Assert.Equal([H], Allocate(520, Camera(0, wanted: H, current: Q)));
    }

    [Fact]
    public void On_a_full_path_a_lowest_layer_that_flows_survives_a_dip_and_one_that_does_not_needs_no_margin()
    {
        Assert.Equal([Q], Allocate(120, Camera(0, wanted: F, current: Q)));
        Assert.Equal([Paused], Allocate(110, Camera(0, wanted: F, current: Q)));
        Assert.Equal([Paused], Allocate(149, Camera(0, wanted: F)));
        Assert.Equal([Q], Allocate(150, Camera(0, wanted: F)));
    }

    [Theory]
    [InlineData(211, Q, Q)]
    [InlineData(209, Q, Paused)]
    [InlineData(251, Paused, Q)]
    [InlineData(249, Paused, Paused)]
    public void On_a_clear_path_a_low_estimate_is_not_believed_at_once(double kilobits, int current, int result)
    {
        LayerDemand[] demands = [Camera(0, wanted: F, current: Q), Camera(1, wanted: F, current: current)];
        LayerAllocator.Allocate(demands, Bitrate.FromKilobits(kilobits), PathState.Clear);
        Assert.Equal([Q, result], demands.Select(demand => demand.Result));
    }

    [Theory]
    [InlineData(PathState.Clear, Q)]
    [InlineData(PathState.Congested, Q)]
    [InlineData(PathState.AudioAtRisk, Paused)]
    internal void The_first_picture_is_kept_until_sound_is_at_risk(PathState path, int result)
    {
        LayerDemand[] demands = [Camera(0, wanted: F, current: Q), Camera(1, wanted: F, current: Q)];
        LayerAllocator.Allocate(demands, Bitrate.FromKilobits(10), path);
        Assert.Equal([result, Paused], demands.Select(demand => demand.Result));
    }

    [Fact]
    public void A_view_that_is_held_back_stays_but_may_fall()
    {
        LayerDemand held = Camera(0, wanted: F, current: H) with { MayRise = false };
        Assert.Equal([H], Allocate(100_000, held));
        Assert.Equal([Q], Allocate(200, held));
    }

    [Fact]
    public void A_layer_that_does_not_arrive_is_skipped()
    {
        LayerDemand demand = Camera(0, wanted: F);
        demand.Costs[H] = Bitrate.Zero;
        Assert.Equal([F], Allocate(2000, demand));
        Assert.Equal([Q], Allocate(1000, demand));
    }

    [Fact]
    public void A_stream_without_layers_is_all_or_nothing()
    {
        LayerDemand plain = Camera(0, wanted: Q);
        plain.Costs[Q] = Bitrate.FromKilobits(800);
        Assert.Equal([Q], Allocate(1000, plain));
        Assert.Equal([Paused], Allocate(700, plain));
    }

    [Fact]
    public void Never_gives_away_more_than_there_is()
    {
        Random random = new(11);
        for (int round = 0; round < 5000; round++)
        {
            LayerDemand[] demands = [.. Enumerable.Range(0, random.Next(1, 12)).Select(i =>
                Camera(i, wanted: random.Next(-1, 3), area: random.Next(1000), current: random.Next(-1, 3)))];
            Bitrate available = Bitrate.FromKilobits(random.Next(0, 5000));
            Bitrate left = LayerAllocator.Allocate(demands, available, PathState.AudioAtRisk);
            Bitrate used = Bitrate.Zero;
            foreach (ref LayerDemand demand in demands.AsSpan())
            {
                Assert.True(demand.Result <= demand.Wanted);
                used += demand.Result < 0 ? Bitrate.Zero : demand.Costs[demand.Result];
            }

            // At most one lowest layer that flows was kept although it costs a little too much.
            Assert.True(left.Kilobits >= -35);
            Assert.Equal(available, used + left);
        }
    }

    private static LayerDemand Camera(int place, int wanted, int area = 1000, int current = Paused)
    {
        LayerDemand demand = new() { Class = DemandClass.Camera, Area = area, Place = place, Wanted = wanted, Current = current, MayRise = true };
        demand.Costs[Q] = Bitrate.FromKilobits(150);
        demand.Costs[H] = Bitrate.FromKilobits(450);
        demand.Costs[F] = Bitrate.FromKilobits(1500);
        return demand;
    }

    /// <summary>The layers by place.</summary>
    private static int[] Allocate(double kilobits, params LayerDemand[] demands)
    {
        LayerDemand[] round = [.. demands];
        LayerAllocator.Allocate(round, Bitrate.FromKilobits(kilobits), PathState.AudioAtRisk);
        return [.. round.OrderBy(demand => demand.Place).Select(demand => demand.Result)];
    }
}
