using Wardline.Rtc;
using Wardline.Sfu.Layers;

namespace Wardline.Sfu.Allocation;

/// <summary>
/// Shares a bitrate among the videos of one receiver (docs/design/forwarding.md, section 5). Pure: what it knows
/// stands in the demands.
/// </summary>
internal static class LayerAllocator
{
    /// <summary>A rise needs this much more than it costs, so that it does not fall again at once.</summary>
    public const double RiseMargin = 1.15;

    /// <summary>
    /// A lowest layer that flows is kept while it costs up to this much of what is left: an estimate dips below the
    /// truth after every congestion, and a picture that stops and starts is worse than a short queue. The first in order is
    /// kept at any cost until audio is at risk.
    /// </summary>
    public const double KeepOnFullPath = 1.3;

    /// <summary>The same while no queue stands on the path: then the estimate is too low, not the path too narrow.</summary>
    public const double KeepOnClearPath = 2.5;

    /// <summary>A lowest layer that was paused comes back, on a clear path, when it costs no more than this much of what is left.</summary>
    public const double ResumeOnClearPath = 1.5;

    /// <param name="demands">Sorted into their order and answered in place.</param>
    /// <param name="available">What audio leaves of the estimate.</param>
    /// <param name="path">What the path shows, beside the estimate.</param>
    /// <returns>What is left over; a little below zero when a lowest layer was kept.</returns>
    public static Bitrate Allocate(Span<LayerDemand> demands, Bitrate available, PathState path)
    {
        Sort(demands);
        Bitrate left = available;
        bool first = true;

        // 1. Everybody's lowest layer while it fits.
        foreach (ref LayerDemand demand in demands)
        {
            demand.Result = LayerDemand.None;
            int lowest = Lowest(demand);
            if (lowest != LayerDemand.None && FitsAtAll(demand, demand.Costs[lowest], left, path, first))
            {
                demand.Result = lowest;
                left -= demand.Costs[lowest];
            }

            first &= lowest == LayerDemand.None;
        }

        // 2. Upwards, the first as far as it wants before the next.
        foreach (ref LayerDemand demand in demands)
        {
            for (int layer = demand.Wanted; demand.Result != LayerDemand.None && layer > demand.Result; layer--)
            {
                Bitrate more = demand.Costs[layer] - demand.Costs[demand.Result];
                if (demand.Costs[layer] > Bitrate.Zero && Fits(demand, layer, more, left))
                {
                    demand.Result = layer;
                    left -= more;
                    break;
                }
            }
        }

        return left;
    }

    private static bool FitsAtAll(in LayerDemand demand, Bitrate cost, Bitrate left, PathState path, bool first) =>
        demand.Current == LayerDemand.None
            ? demand.MayRise && cost <= left * (path == PathState.Clear ? ResumeOnClearPath : 1)
            : (first && path != PathState.AudioAtRisk) || cost <= left * (path == PathState.Clear ? KeepOnClearPath : KeepOnFullPath);

    private static bool Fits(in LayerDemand demand, int layer, Bitrate cost, Bitrate left)
    {
        bool rises = layer > demand.Current;
        return rises ? demand.MayRise && cost * RiseMargin <= left : cost <= left;
    }

    /// <summary>The lowest layer that arrives, even if it is more than the view asks for: there is no other.</summary>
    private static int Lowest(in LayerDemand demand)
    {
        if (demand.Wanted == LayerDemand.None)
        {
            return LayerDemand.None;
        }

        for (int layer = 0; layer < PublishedTrack.MaxLayers; layer++)
        {
            if (demand.Costs[layer] > Bitrate.Zero)
            {
                return layer;
            }
        }

        return LayerDemand.None;
    }

    // Insertion: there are at most a few dozen, mostly in order already, and nothing may be allocated.
    private static void Sort(Span<LayerDemand> demands)
    {
        for (int i = 1; i < demands.Length; i++)
        {
            LayerDemand moving = demands[i];
            int at = i;
            while (at > 0 && ComesBefore(moving, demands[at - 1]))
            {
                demands[at] = demands[at - 1];
                at--;
            }

            demands[at] = moving;
        }
    }

    private static bool ComesBefore(in LayerDemand a, in LayerDemand b) =>
        a.Class != b.Class ? a.Class < b.Class : a.Area != b.Area ? a.Area > b.Area : a.Place < b.Place;
}
