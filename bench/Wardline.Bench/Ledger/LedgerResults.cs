using System.Text.Json;
using System.Text.Json.Nodes;
using Wardline.Bench.Compare;
using Wardline.Bench.Load;

namespace Wardline.Bench.Ledger;

/// <param name="Callers">At once, each with one entry on its way.</param>
/// <param name="P50Ms">From the call until the entry is durable.</param>
internal sealed record DurableFigures(int Callers, double EntriesPerSecond, double P50Ms, double P99Ms);

internal sealed record VerifyFigures(long Entries, double EntriesPerSecond);

/// <summary>What stands in bench/results/ledger.json; other members (the time of a query) are of those who measured them, and stay.</summary>
internal sealed record LedgerResults
{
    public required Machine Machine { get; init; }

    /// <summary>UTC day of the run.</summary>
    public required string Day { get; init; }

    public required DurableFigures Durable { get; init; }

    public required VerifyFigures Verify { get; init; }

    /// <summary>Of the process that wrote and verified, at its highest.</summary>
    public required long PeakResidentBytes { get; init; }

    private static JsonSerializerOptions Indented { get; } = new(LoadJson.Options) { WriteIndented = true };

    public void Write(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        JsonObject all = File.Exists(file) ? JsonNode.Parse(File.ReadAllText(file))!.AsObject() : [];
        foreach ((string name, JsonNode? value) in JsonSerializer.SerializeToNode(this, LoadJson.Options)!.AsObject().ToList())
        {
            all[name] = value?.DeepClone();
        }

        File.WriteAllText(file, all.ToJsonString(Indented) + "\n");
    }
}
