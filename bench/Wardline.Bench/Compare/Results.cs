using System.Text.Json;
using Wardline.Bench.Load;

namespace Wardline.Bench.Compare;

/// <summary>One run of one server in one scenario; <see cref="Error"/> instead of a result when it could not be finished.</summary>
internal sealed record RunRecord(string Scenario, string Server, int Round)
{
    public LoadResult? Result { get; init; }

    public string? Error { get; init; }

    /// <summary>Runs before this one in which the machine's host took more than <see cref="SfuOptions.MostStolen"/> for others.</summary>
    public int ThrownAway { get; init; }
}

/// <summary>What stands in bench/results/sfu.json.</summary>
internal sealed record Results
{
    public required Machine Machine { get; init; }

    /// <summary>UTC day of the run.</summary>
    public required string Day { get; init; }

    public required double Seconds { get; init; }

    public required int Rounds { get; init; }

    /// <summary>What a reader has to know of the circumstances, written by whoever ran it.</summary>
    public string? Remark { get; init; }

    /// <summary>Servers that could not be measured here, and why.</summary>
    public Dictionary<string, string> Missing { get; init; } = [];

    public List<RunRecord> Runs { get; init; } = [];

    private static JsonSerializerOptions Indented { get; } = new(LoadJson.Options) { WriteIndented = true };

    public static Results Read(string file) => JsonSerializer.Deserialize<Results>(File.ReadAllText(file), LoadJson.Options)!;

    /// <summary>Complete or not there, also when it is interrupted.</summary>
    public void Write(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file + ".part", JsonSerializer.Serialize(this, Indented) + "\n");
        File.Move(file + ".part", file, overwrite: true);
    }

    public bool Has(string scenario, string server, int round) =>
        Runs.Exists(r => r.Scenario == scenario && r.Server == server && r.Round == round && r.Result is not null);

    /// <summary>Whether a server loses more than one packet of fifty there, in the median of its rounds.</summary>
    public bool IsSaturated(string scenario, string server) => Median(scenario, server, r => r.Loss) > 0.02;

    /// <summary>Takes the place of an earlier try that failed.</summary>
    public void Put(RunRecord record)
    {
        Runs.RemoveAll(r => r.Scenario == record.Scenario && r.Server == record.Server && r.Round == record.Round);
        Runs.Add(record);
    }

    /// <summary>Of the rounds that have a value; NaN when there is none.</summary>
    public double Median(string scenario, string server, Func<LoadResult, double?> value) =>
        Statistics.Median([.. Of(scenario, server).Select(value).Where(v => v is { } number && !double.IsNaN(number)).Select(v => v!.Value)]);

    public IEnumerable<LoadResult> Of(string scenario, string server) =>
        Runs.Where(r => r.Scenario == scenario && r.Server == server && r.Result is not null).Select(r => r.Result!);
}

internal static class Statistics
{
    /// <summary>The middle one, or the mean of the two in the middle; NaN of nothing.</summary>
    public static double Median(IReadOnlyCollection<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length == 0 ? double.NaN : sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}

/// <summary>What a reader has to know of the machine: nothing that names it.</summary>
internal sealed record Machine(string Processor, int Cores, string Kernel, string Runtime, string OpenSsl)
{
    public static Machine Describe()
    {
        string processor = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown";
        string kernel = File.ReadAllText("/proc/sys/kernel/osrelease").Trim().Split('-')[0]; // without what a builder of kernels adds
        return new Machine(processor, Environment.ProcessorCount, $"Linux {kernel}", $".NET {Environment.Version}", Command.Run("openssl", "version").Trim());
    }
}
