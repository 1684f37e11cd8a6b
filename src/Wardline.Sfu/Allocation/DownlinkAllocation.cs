using Wardline.Rtc;
using Wardline.Sfu.Forwarding;
using Wardline.Sfu.Layers;
using Wardline.Sfu.Sessions;

namespace Wardline.Sfu.Allocation;

/// <summary>Runs the allocator for one receiver and carries its answers out.</summary>
internal sealed class DownlinkAllocation(SfuSessionOptions options, SfuCounters counters)
{
    /// <summary>A layer that has been silent this much longer than its fastest sister is not sent any more.</summary>
    public static readonly TimeSpan SilenceBehindSister = TimeSpan.FromMilliseconds(700);

    /// <summary>While a smaller layer's key frame is awaited, the old layer may cost this much of what is there.</summary>
    public const double ToleratedExcess = 1.5;

    /// <summary>What is probed for while a larger layer is wanted: its margin, and a tenth that a probe measures too low.</summary>
    public const double BeyondRise = LayerAllocator.RiseMargin * 1.1;

    private const int MaxDemands = 64;

    // Between two calls there is nothing in it, so all participants of a thread share one.
    [ThreadStatic]
    private static LayerDemand[]? t_demands;

    /// <summary>What all views together would need; what the estimator should find room for.</summary>
    public Bitrate Desired { get; private set; }

    public void Run(ReadOnlySpan<Subscription> subscriptions, Bitrate estimate, PathState path, Instant now)
    {
        // 1. Audio first.
        LayerDemand[] room = t_demands ??= new LayerDemand[MaxDemands];
        Bitrate audio = Bitrate.Zero;
        int count = 0;
        for (int i = 0; i < subscriptions.Length; i++)
        {
            Subscription subscription = subscriptions[i];
            if (subscription.Track is not { } track)
            {
                continue;
            }

            if (!subscription.IsVideo)
            {
                Bitrate measured = subscription.Rate.Rate(now);
                audio += measured > Bitrate.Zero ? measured : options.AudioReserve;
            }
            else if (count < room.Length)
            {
                room[count++] = DemandOf(subscription, track, i, now);
            }
        }

        // 2. Video shares the rest.
        Span<LayerDemand> demands = room.AsSpan(0, count);
        Bitrate left = LayerAllocator.Allocate(demands, Bitrate.Max(estimate - audio, Bitrate.Zero), path);

        // 3. Carry out.
        Bitrate desired = audio;
        bool waits = false;
        foreach (ref readonly LayerDemand demand in demands)
        {
            desired += demand.Wanted == LayerDemand.None ? Bitrate.Zero : demand.Costs[demand.Wanted];
            waits |= demand.Result < demand.Wanted;
            Apply(subscriptions[demand.Place], demand, left, path, now);
        }

        // An estimate just at the cost of a rise does not allow it: without the margin nobody would probe on.
        Desired = waits ? desired * BeyondRise : desired;
    }

    private LayerDemand DemandOf(Subscription subscription, PublishedTrack track, int place, Instant now)
    {
        LayerCosts costs = CostsOf(track, now);
        SubscriptionDemand demand = subscription.Demand;
        return new LayerDemand
        {
            Class = track.Source == TrackSource.Screen ? DemandClass.Screen : DemandClass.Camera,
            Area = demand.Width * demand.Height,
            Place = place,
            Costs = costs,
            Wanted = demand.WantedOf(track, costs, options.NominalFullHeight),
            Current = demand.LastResult,
            MayRise = demand.MayRise(now),
        };
    }

    private static LayerCosts CostsOf(PublishedTrack track, Instant now)
    {
        LayerCosts costs = default;
        Instant newest = Moments.LongAgo;
        foreach (InboundLayer? layer in track.Layers)
        {
            newest = layer is { Closed: false } && layer.LastPacketAt > newest ? layer.LastPacketAt : newest;
        }

        foreach (InboundLayer? layer in track.Layers)
        {
            if (layer is { Closed: false, HasPackets: true } && newest - layer.LastPacketAt <= SilenceBehindSister)
            {
                costs[layer.Index] = layer.Cost(now);
            }
        }

        return costs;
    }

    private void Apply(Subscription subscription, in LayerDemand demand, Bitrate left, PathState path, Instant now)
    {
        Switcher switcher = subscription.Switcher;
        InboundLayer? target = demand.Result == LayerDemand.None ? null : subscription.Track!.Layers[demand.Result];
        subscription.Demand.OnAllocated(demand.Wanted, demand.Result, now);
        if (!ReferenceEquals(target, switcher.Target))
        {
            counters.LayerSwitches++;
            switcher.SetTarget(target);
        }

        if (target is null || !switcher.WaitsForKeyFrame)
        {
            return;
        }

        if (switcher.Current is { } old && old.Index > target.Index &&
            old.Cost(now) > (demand.Costs[demand.Result] + left) * ToleratedExcess)
        {
            switcher.DropCurrent();
        }

        if (switcher.State == SwitchState.Switching || path < PathState.LongQueue)
        {
            target.KeyFrames.Wish(now);
        }
    }
}
