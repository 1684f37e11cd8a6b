using Wardline.Rtc;
using Wardline.Sfu.Layers;

namespace Wardline.Sfu.Allocation;

/// <summary>What one subscription is shown at, and how its last changes of layer went.</summary>
internal sealed class SubscriptionDemand
{
    public static readonly TimeSpan FirstHold = TimeSpan.FromSeconds(2);
    public static readonly TimeSpan LongestHold = TimeSpan.FromSeconds(30);

    /// <summary>A picture that was stopped may come back sooner: a queue that made it stop drains in this time.</summary>
    public static readonly TimeSpan PauseHold = TimeSpan.FromMilliseconds(400);

    /// <summary>On a line that hardly carries it a picture that stands for some seconds is better than one that flickers.</summary>
    public static readonly TimeSpan LongestPauseHold = TimeSpan.FromMilliseconds(3200);

    /// <summary>A rise that did not last this long was a mistake.</summary>
    public static readonly TimeSpan LastingRise = TimeSpan.FromSeconds(10);

    /// <summary>A layer is enough for a view of 1/0.8 times its height.</summary>
    private const double EnoughHeight = 0.8;

    private TimeSpan _hold;
    private TimeSpan _pauseHold;
    private Instant _heldUntil;
    private Instant _roseAt;

    /// <summary>Device pixels; before the client has said anything it is taken to be shown large.</summary>
    public int Width { get; private set; } = 1280;

    public int Height { get; private set; } = 720;

    public bool IsHidden => Width == 0 || Height == 0;

    /// <summary>What the last round wanted and gave; layer indices or −1.</summary>
    public int LastWanted { get; private set; } = LayerDemand.None;

    public int LastResult { get; private set; } = LayerDemand.None;

    public void SetView(int width, int height)
    {
        Width = Math.Clamp(width, 0, 16_384);
        Height = Math.Clamp(height, 0, 16_384);
    }

    /// <summary>Another publisher: what was learnt about the last one's layers is void, the view stays.</summary>
    public void Reset()
    {
        _hold = _pauseHold = TimeSpan.Zero;
        _heldUntil = default;
        _roseAt = default;
        LastResult = LayerDemand.None;
        LastWanted = LayerDemand.None;
    }

    /// <summary>The path is another one: that the last one was too narrow holds nothing back.</summary>
    public void ForgetFalls()
    {
        _hold = TimeSpan.Zero;
        _heldUntil = default;
    }

    public bool MayRise(Instant now) => now >= _heldUntil;

    /// <summary>The smallest arriving layer that is enough for the view, or the largest that arrives.</summary>
    public int WantedOf(PublishedTrack track, in LayerCosts costs, int nominalFullHeight)
    {
        if (IsHidden)
        {
            return LayerDemand.None;
        }

        int wanted = LayerDemand.None;
        for (int layer = 0; layer < PublishedTrack.MaxLayers; layer++)
        {
            if (costs[layer] == Bitrate.Zero)
            {
                continue;
            }

            wanted = layer;
            int height = track.IsSimulcast ? nominalFullHeight >> (PublishedTrack.MaxLayers - 1 - layer) : int.MaxValue;
            if (height >= Height * EnoughHeight)
            {
                break;
            }
        }

        return wanted;
    }

    public void OnAllocated(int wanted, int result, Instant now)
    {
        if (result > LastResult)
        {
            _roseAt = now;
        }
        else if (result < LastResult && wanted >= LastResult)
        {
            // The bandwidth made it fall, not the view.
            ref TimeSpan hold = ref result == LayerDemand.None ? ref _pauseHold : ref _hold;
            (TimeSpan first, TimeSpan longest) = result == LayerDemand.None ? (PauseHold, LongestPauseHold) : (FirstHold, LongestHold);
            bool lasted = now - _roseAt >= LastingRise || hold == TimeSpan.Zero;
            hold = lasted ? first : TimeSpan.FromTicks(Math.Min(2 * hold.Ticks, longest.Ticks));
            _heldUntil = now + hold;
        }

        LastWanted = wanted;
        LastResult = result;
    }
}
