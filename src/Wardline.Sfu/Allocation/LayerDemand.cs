using System.Runtime.CompilerServices;
using Wardline.Rtc;
using Wardline.Sfu.Layers;

namespace Wardline.Sfu.Allocation;

/// <summary>What each layer of a track costs now; zero for one that does not arrive.</summary>
[InlineArray(PublishedTrack.MaxLayers)]
internal struct LayerCosts
{
    private Bitrate _first;
}

/// <summary>Who comes first when there is not enough for all; lower is earlier.</summary>
internal enum DemandClass
{
    Screen,
    Camera,
}

/// <summary>What a receiver's path shows, beside the estimate of its rate.</summary>
internal enum PathState
{
    /// <summary>Nobody waits, little is lost.</summary>
    Clear,

    /// <summary>A queue stands, or much is lost.</summary>
    Congested,

    /// <summary>The queue is so long that a key frame would come too late, or be dropped.</summary>
    LongQueue,

    /// <summary>A long queue that stays: sound comes too late.</summary>
    AudioAtRisk,
}

/// <summary>One received video in one round of allocation: the question and its answer.</summary>
internal struct LayerDemand
{
    public const int None = -1;

    public DemandClass Class;

    /// <summary>Pixels shown.</summary>
    public int Area;

    /// <summary>Its place among the m-sections; also finds the subscription again after sorting.</summary>
    public int Place;

    public LayerCosts Costs;

    /// <summary>The layer that the view asks for; <see cref="None"/> when hidden.</summary>
    public int Wanted;

    /// <summary>The layer that flows or is waited for; <see cref="None"/> when paused.</summary>
    public int Current;

    /// <summary>Not held back after a fall.</summary>
    public bool MayRise;

    /// <summary>The answer; <see cref="None"/> pauses.</summary>
    public int Result;
}
