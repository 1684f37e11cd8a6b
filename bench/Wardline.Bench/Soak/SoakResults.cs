using System.Text.Json;
using Wardline.Bench.Compare;
using Wardline.Bench.Load;

namespace Wardline.Bench.Soak;

/// <summary>One look at the server and at the load, every ten seconds. Counts are since the start unless they say otherwise.</summary>
internal sealed record SoakSample
{
    /// <summary>Since the load began to stand.</summary>
    public required double Second { get; init; }

    public required long ResidentBytes { get; init; }

    /// <summary>The managed heap, with what no collection has found dead yet; NaN is written as 0 before the first event.</summary>
    public required long HeapBytes { get; init; }

    public required int Gen0 { get; init; }

    public required int Gen1 { get; init; }

    public required int Gen2 { get; init; }

    /// <summary>The longest time that all threads stood since the sample before.</summary>
    public required double LongestPauseMs { get; init; }

    public required int Threads { get; init; }

    public required int Sockets { get; init; }

    /// <summary>Of one core, since the sample before.</summary>
    public required double CpuShare { get; init; }

    public required LoadSecond Load { get; init; }
}

/// <summary>A line of <c>wardline load --json-lines</c>.</summary>
internal sealed record LoadSecond
{
    public int Joined { get; init; }

    public int Failed { get; init; }

    public int Lost { get; init; }

    public int Left { get; init; }

    public int Returned { get; init; }

    public int Reconnects { get; init; }

    public int Stalls { get; init; }

    public long FramesVerified { get; init; }

    public long FramesWrong { get; init; }

    public long FramesRefused { get; init; }

    public long PacketsReceived { get; init; }

    public long PacketsLost { get; init; }

    public long PacketsRepaired { get; init; }

    public double? DelayP50Ms { get; init; }

    public double? DelayP99Ms { get; init; }
}

/// <summary>Of the report that <c>wardline load --json</c> writes at its end.</summary>
internal sealed record LoadEnd
{
    public int FailedJoins { get; init; }

    public int FailedReturns { get; init; }

    public Dictionary<string, int> Failures { get; init; } = [];

    public int Left { get; init; }

    public int Returned { get; init; }

    public int Lost { get; init; }

    public int Reconnects { get; init; }

    public int Stalls { get; init; }

    public double LongestSilenceMs { get; init; }

    public long PacketsSent { get; init; }

    public long PacketsReceived { get; init; }

    public double LossPercent { get; init; }

    public long Repaired { get; init; }

    public long RepairedForOthers { get; init; }

    public long FramesVerified { get; init; }

    public long FramesWrong { get; init; }

    public long FramesRefused { get; init; }

    public double? DelayP50Ms { get; init; }

    public double? DelayP99Ms { get; init; }

    public double? DelayP999Ms { get; init; }
}

/// <summary>What a kind of collection cost. Those that this bench has asked for are not among them.</summary>
/// <param name="LongestPauseMs">All threads stood: of a background collection, the longer of its two stops.</param>
internal sealed record Collections(int Count, double LongestPauseMs, double PauseMsInAll);

/// <summary>What stands in bench/results/soak.json.</summary>
internal sealed record SoakResults
{
    public required Machine Machine { get; init; }

    /// <summary>UTC day of the run.</summary>
    public required string Day { get; init; }

    public required SoakOptions Options { get; init; }

    public required IReadOnlyList<SoakSample> Samples { get; init; }

    /// <summary>Bytes that a full collection left over, early and late in the run; null when the server did not say.</summary>
    public required long? LiveHeapEarly { get; init; }

    public required long? LiveHeapLate { get; init; }

    /// <summary>By generation: 0, 1, 2.</summary>
    public required IReadOnlyList<Collections> Collections { get; init; }

    public required IReadOnlyDictionary<string, int> Generation2Reasons { get; init; }

    /// <summary>By the line between people and server, of both directions.</summary>
    public required long DatagramsPassed { get; init; }

    public required long DatagramsLost { get; init; }

    public required LoadEnd Load { get; init; }

    private static JsonSerializerOptions Indented { get; } = new(LoadJson.Options) { WriteIndented = true };

    public static SoakResults Read(string file) => JsonSerializer.Deserialize<SoakResults>(File.ReadAllText(file), LoadJson.Options)!;

    /// <summary>Complete or not there, also when it is interrupted.</summary>
    public void Write(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        File.WriteAllText(file + ".part", JsonSerializer.Serialize(this, Indented) + "\n");
        File.Move(file + ".part", file, overwrite: true);
    }
}
