using System.Text.Json;
using Wardline.Bench.Compare;
using Wardline.Bench.Load;

namespace Wardline.Bench.Signaling;

/// <summary>What <c>wardline load --profile signaling</c> reports at its end, as far as it is told on.</summary>
internal sealed record JoinsEnd
{
    public required int FailedJoins { get; init; }

    public required IReadOnlyDictionary<string, int> Failures { get; init; }

    public required int Lost { get; init; }

    public required int Reconnects { get; init; }

    public required double JoinsPerSecond { get; init; }

    public required double? JoinP50Ms { get; init; }

    public required double? JoinP99Ms { get; init; }
}

/// <summary>What stands in bench/results/signaling.json.</summary>
internal sealed record SignalingResults
{
    public required Machine Machine { get; init; }

    /// <summary>UTC day of the run.</summary>
    public required string Day { get; init; }

    public required int Participants { get; init; }

    /// <summary>How fast people were asked to come.</summary>
    public required double JoinsPerSecond { get; init; }

    public required long ResidentBefore { get; init; }

    public required long ResidentConnected { get; init; }

    /// <summary>Bytes that a full collection left over; null when the server did not say.</summary>
    public required long? LiveHeapBefore { get; init; }

    public required long? LiveHeapConnected { get; init; }

    /// <summary>Of the server, from the first join to the last.</summary>
    public required double JoinCpuMicroseconds { get; init; }

    /// <summary>Of one core, while everybody is connected and nobody does anything.</summary>
    public required double IdleCpuShare { get; init; }

    public required JoinsEnd Load { get; init; }

    private static JsonSerializerOptions Indented { get; } = new(LoadJson.Options) { WriteIndented = true };

    public static SignalingResults Read(string file) => JsonSerializer.Deserialize<SignalingResults>(File.ReadAllText(file), LoadJson.Options)!;

    public void Write(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        File.WriteAllText(file, JsonSerializer.Serialize(this, Indented) + "\n");
    }

    /// <summary>The section of docs/performance.md.</summary>
    public IEnumerable<string> Lines()
    {
        yield return "## Signaling";
        yield return "";
        yield return $"`./bench.sh signaling`, {Day}: {Participants:N0} people join one process by link, ticket and socket, all over TLS, two in a visit; generator and server share the machine's {Machine.Cores} cores, and {JoinsPerSecond:0} people come each second.";
        yield return "";
        yield return "| what | measured |";
        yield return "|---|---|";
        yield return $"| joined, failed, lost, reconnected | {Participants - Load.FailedJoins:N0}, {Load.FailedJoins}, {Load.Lost}, {Load.Reconnects} |";
        yield return $"| joins a second | {Load.JoinsPerSecond:0} |";
        yield return $"| time of a join (link to admission), p50 / p99 | {Load.JoinP50Ms:0} ms / {Load.JoinP99Ms:0} ms |";
        yield return $"| the server's processor time a join (TLS, link, cookie, ticket, socket, admission) | {JoinCpuMicroseconds / Participants / 1000:0.0} ms |";
        yield return $"| memory a connection: resident, alive in the heap | {(ResidentConnected - ResidentBefore) / 1000.0 / Participants:0} kB, {(LiveHeapConnected - LiveHeapBefore) / 1000.0 / Participants:0} kB |";
        yield return $"| processor while all are connected and silent | {100 * IdleCpuShare:0} % of one core |";
        yield return "";
    }
}
