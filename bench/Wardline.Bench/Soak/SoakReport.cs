using Wardline.Bench.Report;

namespace Wardline.Bench.Soak;

/// <summary>The section of docs/performance.md, and its plot.</summary>
internal static class SoakReport
{
    public const string PlotFile = "soak-memory.svg";

    public static LineChart Chart(SoakResults results) => new(
        "Memory of the server while people come and go",
        "minutes",
        "MB",
        [.. results.Samples.Select(s => s.Second / 60)],
        [
            new Series("resident", [.. results.Samples.Select(s => s.ResidentBytes / 1e6)]),
            new Series("managed heap", [.. results.Samples.Select(s => s.HeapBytes > 0 ? s.HeapBytes / 1e6 : double.NaN)]),
        ]);

    /// <param name="plots">Where the plot lies, seen from the page.</param>
    public static IEnumerable<string> Lines(SoakResults results, string plots)
    {
        SoakOptions options = results.Options;
        yield return "## Soak";
        yield return "";
        yield return $"`./bench.sh soak`, {results.Day}: the product's server under `wardline load` for {options.Minutes:0.#} minutes, {options.Sessions} visits of {options.Participants} with voice and a camera in three layers.";
        yield return $"Each minute {options.ChurnPercent:0.#} % of the people leave and come back; everybody turns their keys every {options.RotateSeconds:0.#} s and at each coming and going; a line between them and the server loses {options.LossPercent:0.#} % of the datagrams in each direction (seed {options.Seed}; {results.DatagramsLost:N0} in all).";
        yield return $"People, line and server share the machine's {results.Machine.Cores} cores.";
        yield return "";
        yield return "| what | bound | measured | |";
        yield return "|---|---|---|---|";
        foreach (Goal goal in SoakGoals.Of(results))
        {
            yield return $"| {goal.What} | {goal.BoundText} | {goal.MeasuredText} | {goal.Verdict} |";
        }

        yield return "";
        yield return $"{results.Load.FramesVerified:N0} frames were opened and verified; {results.Load.Left} times somebody left and {results.Load.Returned} times came back (who was away at the end did not); " +
            $"{results.Load.Repaired:N0} packets were repaired for the receivers, {results.Load.RepairedForOthers:N0} for the server. A frame took {results.Load.DelayP50Ms:0.0} ms in the middle and {results.Load.DelayP99Ms:0.0} ms at most for 99 of 100, repairs included.";
        yield return $"Collections: {string.Join("; ", results.Collections.Select((c, generation) => $"generation {generation} {c.Count} times, longest stop {c.LongestPauseMs:0.0} ms"))}.";
        if (results.Samples.Count > 0)
        {
            yield return $"The server used {results.Samples.Average(s => s.CpuShare) * 100:0} % of one core.";
        }

        yield return "";
        yield return $"![Memory of the server while people come and go]({plots}/{PlotFile})";
        yield return "";
    }
}
