using Wardline.Bench.Compare;
using Wardline.Bench.Load;

namespace Wardline.Bench.Report;

/// <summary>One line of what has to be reached.</summary>
/// <param name="Measured">NaN: it could not be measured here.</param>
/// <param name="AtMost">The bound is a ceiling; otherwise a floor.</param>
/// <param name="Format">of both numbers, with the unit.</param>
/// <param name="Rounds">that the median is of; null where there is only one.</param>
internal sealed record Goal(string What, double Bound, double Measured, bool AtMost, string Format, int? Rounds = null)
{
    /// <summary>Fewer decide nothing on a machine that others use, too.</summary>
    public const int EnoughRounds = 5;

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

    public static IReadOnlyList<Goal> Of(Results results)
    {
        Scenario? rate = MostForwardedIn(results);
        Scenario? sessions = MostSessionsIn(results);
        Scenario? half = HalfLoadScenario(results);
        Scenario? largest = LargestIn(results, "pairs-");
        return
        [
            Beside(results, "CPU per forwarded packet, 1 → 50, against the C yardstick", 2.0, "fan-50", "yardstick"),
            Beside(results, "1 → 50 against Janus `event_loops=1`", 0.4, "fan-50", "janus-event-loop"),
            Beside(results, "25 two-party sessions against Janus default", 0.4, "pairs-25", "janus"),
            Beside(results, "25 two-party sessions against Pion", 0.75, "pairs-25", "pion"),
            new("forwarded packets a second on one core without loss", 100_000, MostForwarded(results), AtMost: false, "{0:N0}", RoundsOf(results, rate)),
            new("two-party sessions on one worker at ≤ 85 % of a core, p99 added delay ≤ 5 ms, no loss", 150, MostSessions(results), AtMost: false, "{0:F0}", RoundsOf(results, sessions ?? largest)),
            new("user instructions a packet, 1 → 50", 12_000, results.Median("fan-50", Ours, r => r.UserInstructions), AtMost: true, "{0:N0}"),
            Largest(results, "CPU a join (ICE, DTLS, offers and answers)", 5, "{0:F1} ms", (r, _) => r.JoinCpuMicroseconds / 1000),
            new("added delay at half load, p50", 0.5, HalfLoad(results, r => r.DelayP50 / 1000), AtMost: true, "{0:F2} ms", RoundsOf(results, half)),
            new("added delay at half load, p99", 3, HalfLoad(results, r => r.DelayP99 / 1000), AtMost: true, "{0:F2} ms", RoundsOf(results, half)),
            Largest(results, "memory an idle participant", 150, "{0:F0} kB", (r, p) => (r.MemoryJoined - r.MemoryBefore) / 1000.0 / p),
            Largest(results, "memory an active participant, buffers included", 600, "{0:F0} kB", (r, p) => (r.MemoryActive - r.MemoryBefore) / 1000.0 / p),
        ];
    }

    /// <summary>Ours over theirs, medians of CPU per packet.</summary>
    public static double Ratio(Results results, string scenario, string other) =>
        results.Median(scenario, Ours, r => r.CpuMicrosecondsPerPacket) / results.Median(scenario, other, r => r.CpuMicrosecondsPerPacket);

    /// <summary>The highest rate of any scenario whose median loss is none; NaN when there is none.</summary>
    public static double MostForwarded(Results results) =>
        MostForwardedIn(results) is { } scenario ? results.Median(scenario.Name, Ours, r => r.ForwardedPerSecond) : double.NaN;

    public static double MostSessions(Results results) =>
        MostSessionsIn(results)?.Rooms ?? (Measured(results, "pairs-").Any() ? 0 : double.NaN);

    /// <summary>Workers that so many two-party sessions need at 85 % of a core each, by the cost of the largest measured number of sessions.</summary>
    public static double CoresFor(Results results, int sessions)
    {
        Scenario? scenario = Measured(results, "pairs-").Where(s => IsWithoutLoss(results, s)).MaxBy(s => s.Rooms);
        return scenario is null ? double.NaN : sessions * results.Median(scenario.Name, Ours, r => r.ServerBusy) / scenario.Rooms / 0.85;
    }

    /// <summary>In the two-party scenario that comes nearest to half a core.</summary>
    private static double HalfLoad(Results results, Func<LoadResult, double?> value) =>
        HalfLoadScenario(results) is { } scenario ? results.Median(scenario.Name, Ours, value) : double.NaN;

    public static Scenario? HalfLoadScenario(Results results) =>
        Measured(results, "pairs-").MinBy(s => Math.Abs(results.Median(s.Name, Ours, r => r.ServerBusy) - 0.5));

    private static Scenario? MostForwardedIn(Results results) =>
        Measured(results, "").Where(s => IsWithoutLoss(results, s)).MaxBy(s => results.Median(s.Name, Ours, r => r.ForwardedPerSecond));

    private static Scenario? MostSessionsIn(Results results) =>
        Measured(results, "pairs-")
            .Where(s => IsWithoutLoss(results, s) && results.Median(s.Name, Ours, r => r.ServerBusy) <= 0.85 && results.Median(s.Name, Ours, r => r.DelayP99) <= 5000)
            .MaxBy(s => s.Rooms);

    private static bool IsWithoutLoss(Results results, Scenario scenario) => results.Median(scenario.Name, Ours, r => r.Loss) <= NoLoss;

    private static Goal Beside(Results results, string what, double bound, string scenario, string other) =>
        new(what, bound, Ratio(results, scenario, other), AtMost: true, "{0:F2} ×", Math.Min(results.Of(scenario, Ours).Count(), results.Of(scenario, other).Count()));

    // What a process needs once (compiled code, tables) weighs least where most take part. A server that drowns measures nothing else.
    private static Scenario? LargestIn(Results results, string prefix) =>
        Measured(results, prefix).Where(s => !results.IsSaturated(s.Name, Ours)).MaxBy(s => s.Rooms);

    private static Goal Largest(Results results, string what, double bound, string format, Func<LoadResult, int, double?> value) =>
        LargestIn(results, "pairs-") is { } scenario
            ? new(what, bound, results.Median(scenario.Name, Ours, r => value(r, scenario.Rooms * scenario.RoomSize)), AtMost: true, format, RoundsOf(results, scenario))
            : new(what, bound, double.NaN, AtMost: true, format);

    private static int? RoundsOf(Results results, Scenario? scenario) => scenario is null ? null : results.Of(scenario.Name, Ours).Count();

    private static IEnumerable<Scenario> Measured(Results results, string prefix) =>
        Scenario.All.Where(s => s.Name.StartsWith(prefix, StringComparison.Ordinal) && results.Of(s.Name, Ours).Any());
}
