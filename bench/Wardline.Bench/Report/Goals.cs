using Wardline.Bench.Compare;
using Wardline.Bench.Load;

namespace Wardline.Bench.Report;

/// <summary>One line of what has to be reached.</summary>
/// <param name="Measured">NaN: it could not be measured here.</param>
/// <param name="AtMost">The bound is a ceiling; otherwise a floor.</param>
/// <param name="Format">of both numbers, with the unit.</param>
internal sealed record Goal(string What, double Bound, double Measured, bool AtMost, string Format)
{
    public bool? Reached => double.IsNaN(Measured) ? null : AtMost ? Measured <= Bound : Measured >= Bound;

    public string BoundText => $"{(AtMost ? "≤" : "≥")} {string.Format(Format, Bound)}";

    public string MeasuredText => double.IsNaN(Measured) ? "not measured" : string.Format(Format, Measured);

    /// <summary>In words, with how much is missing.</summary>
    public string Verdict => Reached switch
    {
        null => "–",
        true => "reached",
        false when Bound == 0 => "**missed**",
        false => $"**missed** by {Math.Abs(Measured / Bound - 1) * 100:F0} %",
    };
}

/// <summary>The goals, and what a run says about them.</summary>
internal static class Goals
{
    private const string Ours = "wardline";

    /// <summary>Loss up to this share is none: one packet of ten thousand.</summary>
    private const double NoLoss = 0.0001;

    public static IReadOnlyList<Goal> Of(Results results) =>
    [
        new("CPU per forwarded packet, 1 → 50, against the C yardstick", 2.0, Ratio(results, "fan-50", "yardstick"), AtMost: true, "{0:F2} ×"),
        new("1 → 50 against Janus `event_loops=1`", 0.4, Ratio(results, "fan-50", "janus-event-loop"), AtMost: true, "{0:F2} ×"),
        new("25 two-party sessions against Janus default", 0.4, Ratio(results, "pairs-25", "janus"), AtMost: true, "{0:F2} ×"),
        new("25 two-party sessions against Pion", 0.75, Ratio(results, "pairs-25", "pion"), AtMost: true, "{0:F2} ×"),
        new("forwarded packets a second on one core without loss", 100_000, MostForwarded(results), AtMost: false, "{0:N0}"),
        new("two-party sessions on one worker at ≤ 85 % of a core, p99 added delay ≤ 5 ms, no loss", 150, MostSessions(results), AtMost: false, "{0:F0}"),
        new("user instructions a packet, 1 → 50", 12_000, results.Median("fan-50", Ours, r => r.UserInstructions), AtMost: true, "{0:N0}"),
        new("CPU a join (ICE, DTLS, offers and answers)", 5, Largest(results, "pairs-", r => r.JoinCpuMicroseconds / 1000), AtMost: true, "{0:F1} ms"),
        new("added delay at half load, p50", 0.5, HalfLoad(results, r => r.DelayP50 / 1000), AtMost: true, "{0:F2} ms"),
        new("added delay at half load, p99", 3, HalfLoad(results, r => r.DelayP99 / 1000), AtMost: true, "{0:F2} ms"),
        new("memory an idle participant", 150, Largest(results, "pairs-", (r, p) => (r.MemoryJoined - r.MemoryBefore) / 1000.0 / p), AtMost: true, "{0:F0} kB"),
        new("memory an active participant, buffers included", 600, Largest(results, "pairs-", (r, p) => (r.MemoryActive - r.MemoryBefore) / 1000.0 / p), AtMost: true, "{0:F0} kB"),
    ];

    /// <summary>Ours over theirs, medians of CPU per packet.</summary>
    public static double Ratio(Results results, string scenario, string other) =>
        results.Median(scenario, Ours, r => r.CpuMicrosecondsPerPacket) / results.Median(scenario, other, r => r.CpuMicrosecondsPerPacket);

    /// <summary>The highest rate of any scenario whose median loss is none; NaN when there is none.</summary>
    public static double MostForwarded(Results results, string server = Ours) =>
        Measured(results, server, "").Where(s => results.Median(s.Name, server, r => r.Loss) <= NoLoss)
            .Select(s => results.Median(s.Name, server, r => r.ForwardedPerSecond)).DefaultIfEmpty(double.NaN).Max();

    public static double MostSessions(Results results, string server = Ours) =>
        Measured(results, server, "pairs-")
            .Where(s => results.Median(s.Name, server, r => r.Loss) <= NoLoss && results.Median(s.Name, server, r => r.ServerBusy) <= 0.85 &&
                        results.Median(s.Name, server, r => r.DelayP99) <= 5000)
            .Select(s => (double)s.Rooms).DefaultIfEmpty(Measured(results, server, "pairs-").Any() ? 0 : double.NaN).Max();

    /// <summary>Workers that so many two-party sessions need at 85 % of a core each, by the cost of the largest measured number of sessions.</summary>
    public static double CoresFor(Results results, int sessions)
    {
        Scenario? scenario = Measured(results, Ours, "pairs-").Where(s => results.Median(s.Name, Ours, r => r.Loss) <= NoLoss).MaxBy(s => s.Rooms);
        return scenario is null ? double.NaN : sessions * results.Median(scenario.Name, Ours, r => r.ServerBusy) / scenario.Rooms / 0.85;
    }

    /// <summary>In the two-party scenario that comes nearest to half a core.</summary>
    private static double HalfLoad(Results results, Func<LoadResult, double?> value) =>
        HalfLoadScenario(results) is { } scenario ? results.Median(scenario.Name, Ours, value) : double.NaN;

    public static Scenario? HalfLoadScenario(Results results) =>
        Measured(results, Ours, "pairs-").MinBy(s => Math.Abs(results.Median(s.Name, Ours, r => r.ServerBusy) - 0.5));

    // What a process needs once (compiled code, tables) weighs least where most take part.
    private static double Largest(Results results, string prefix, Func<LoadResult, double?> value) => Largest(results, prefix, (r, _) => value(r));

    private static double Largest(Results results, string prefix, Func<LoadResult, int, double?> value) =>
        Measured(results, Ours, prefix).MaxBy(s => s.Rooms) is { } scenario ? results.Median(scenario.Name, Ours, r => value(r, scenario.Rooms * scenario.RoomSize)) : double.NaN;

    private static IEnumerable<Scenario> Measured(Results results, string server, string prefix) =>
        Scenario.All.Where(s => s.Name.StartsWith(prefix, StringComparison.Ordinal) && results.Of(s.Name, server).Any());
}
