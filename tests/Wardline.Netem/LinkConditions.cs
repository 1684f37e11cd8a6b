using Wardline.Rtc;

namespace Wardline.Netem;

/// <summary>What a link does to datagrams. The default is a perfect one.</summary>
public sealed record LinkConditions
{
    public static LinkConditions Perfect { get; } = new();

    /// <summary>Bits per second of the bottleneck, headers of IP and UDP included; null: no bottleneck.</summary>
    public Bitrate? Rate { get; init; }

    /// <summary>How long the queue in front of the bottleneck may get before it drops, in time at <see cref="Rate"/>.</summary>
    public TimeSpan QueueLimit { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Added to every datagram behind the bottleneck.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Uniform −Jitter … +Jitter on top of <see cref="Delay"/>, never below zero in sum.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>Whether jitter may let a datagram overtake another; otherwise it waits for the one before it.</summary>
    public bool Reorder { get; init; }

    /// <summary>What is lost behind the bottleneck.</summary>
    public LossModel Loss { get; init; } = LossModel.None;
}

/// <summary>
/// The Gilbert–Elliott model: a good and a bad state, each with its own loss, left with a fixed chance per datagram.
/// </summary>
/// <param name="GoodToBad">Chance per datagram to turn bad, 0 … 1.</param>
/// <param name="BadToGood">Chance per datagram to turn good, 0 … 1; the mean burst has 1 / BadToGood datagrams.</param>
/// <param name="LossInGood">Chance to lose a datagram in the good state.</param>
/// <param name="LossInBad">Chance to lose a datagram in the bad state.</param>
public sealed record LossModel(double GoodToBad, double BadToGood, double LossInGood, double LossInBad)
{
    public static LossModel None { get; } = new(0, 1, 0, 0);

    /// <summary>Independent losses.</summary>
    /// <param name="fraction">0 … 1.</param>
    public static LossModel Random(double fraction) => new(0, 1, fraction, 0);

    /// <summary>Losses in bursts (Gilbert's model: everything is lost in the bad state, nothing in the good one).</summary>
    /// <param name="fraction">Overall loss, 0 … below 1.</param>
    /// <param name="meanBurst">Mean datagrams lost in a row, at least 1.</param>
    public static LossModel Bursts(double fraction, double meanBurst)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(meanBurst, 1);
        double badToGood = 1 / meanBurst;
        return new(fraction * badToGood / (1 - fraction), badToGood, 0, 1);
    }
}
