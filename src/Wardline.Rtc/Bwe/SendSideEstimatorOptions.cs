namespace Wardline.Rtc.Bwe;

/// <summary>Where an estimate starts and between what it stays.</summary>
public sealed record SendSideEstimatorOptions
{
    public Bitrate Start { get; init; } = Bitrate.FromKilobits(300);

    /// <summary>Never less: audio of one speaker.</summary>
    public Bitrate Min { get; init; } = Bitrate.FromKilobits(40);

    public Bitrate Max { get; init; } = Bitrate.FromKilobits(10_000);

    /// <summary>Sent packets remembered until feedback, a power of two: at least one round trip and one report interval.</summary>
    public int HistoryPackets { get; init; } = 2048;
}
