using System.Text.Json.Serialization;

namespace Wardline.Cli.Load;

/// <summary>What a run saw. Times are milliseconds; rates are over the seconds in which everybody was in the call.</summary>
internal sealed record LoadReport
{
    public required string Profile { get; init; }

    public required int Sessions { get; init; }

    public required int Participants { get; init; }

    public required double Seconds { get; init; }

    public required int FailedJoins { get; init; }

    /// <summary>Failures by their code, of joins and of visits that ended early.</summary>
    public required IReadOnlyDictionary<string, int> Failures { get; init; }

    public required double JoinsPerSecond { get; init; }

    public required double? JoinP50Ms { get; init; }

    public required double? JoinP99Ms { get; init; }

    /// <summary>Times that somebody left, and came back as somebody new.</summary>
    public required int Left { get; init; }

    public required int Returned { get; init; }

    public required int FailedReturns { get; init; }

    /// <summary>People whose visit ended without their leaving.</summary>
    public required int Lost { get; init; }

    /// <summary>Times that a signaling connection broke and came back by itself.</summary>
    public required int Reconnects { get; init; }

    /// <summary>Times that somebody received nothing for five seconds while everybody of the visit was in the call.</summary>
    public required int Stalls { get; init; }

    public required double LongestSilenceMs { get; init; }

    public required long PacketsSent { get; init; }

    public required long PacketsReceived { get; init; }

    public required double PacketsReceivedPerSecond { get; init; }

    public required double MegabitsReceivedPerSecond { get; init; }

    /// <summary>Of what the server sent: neither came nor was repaired.</summary>
    public required double LossPercent { get; init; }

    public required long Reordered { get; init; }

    public required long Repaired { get; init; }

    /// <summary>Packets that the server asked for again.</summary>
    public required long RepairedForOthers { get; init; }

    /// <summary>Frames that were opened end to end and carried what they should.</summary>
    public required long FramesVerified { get; init; }

    public required long FramesWrong { get; init; }

    public required long FramesRefused { get; init; }

    /// <summary>Frames missing between two of one layer.</summary>
    public required long FrameGaps { get; init; }

    /// <summary>From the making of a frame to its opening at the receiver.</summary>
    public required double? DelayP50Ms { get; init; }

    public required double? DelayP99Ms { get; init; }

    public required double? DelayP999Ms { get; init; }

    /// <summary>Bounds that were named and are broken; the run failed when there are any.</summary>
    public required IReadOnlyList<string> Broken { get; init; }
}

/// <summary>What a run has seen up to one of its seconds; sums but for <see cref="Joined"/> and <see cref="Frames"/>.</summary>
internal sealed record LoadTick
{
    /// <summary>In their visits now.</summary>
    public required int Joined { get; init; }

    public required int Failed { get; init; }

    public required int Lost { get; init; }

    public required int Left { get; init; }

    public required int Returned { get; init; }

    public required int Reconnects { get; init; }

    public required int Stalls { get; init; }

    /// <summary>Verified in this second.</summary>
    public required long Frames { get; init; }

    public required long FramesVerified { get; init; }

    public required long FramesWrong { get; init; }

    public required long FramesRefused { get; init; }

    public required long PacketsReceived { get; init; }

    public required long PacketsLost { get; init; }

    public required long PacketsRepaired { get; init; }

    public required double? DelayP50Ms { get; init; }

    public required double? DelayP99Ms { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(LoadReport))]
[JsonSerializable(typeof(LoadVisit[]))]
internal sealed partial class LoadJson : JsonSerializerContext;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(LoadTick))]
internal sealed partial class LoadLines : JsonSerializerContext;

/// <summary>One visit of the file that the server wrote (Demo:Visits).</summary>
internal sealed record LoadVisit(string Visit, IReadOnlyList<LoadLink> Links);

internal sealed record LoadLink(string Role, string Link);
