using Wardline.Bench.Compare;
using Wardline.Bench.Report;

namespace Wardline.Bench.Soak;

/// <summary>What a server must keep while people come and go for half an hour, and what a run says about it.</summary>
internal static class SoakGoals
{
    public static IReadOnlyList<Goal> Of(SoakResults results)
    {
        IReadOnlyList<SoakSample> settled = Settled(results.Samples);
        return
        [
            new("resident memory, growth over the last two thirds by its slope", 5, GrowthPercent(settled, s => s.ResidentBytes), AtMost: true, "{0:F1} %"),
            new("what full collections leave over, early and late", 10, LiveHeapGrowthPercent(results), AtMost: true, "{0:F1} %"),
            new("sockets more at the end than in the middle", 6, More(settled, s => s.Sockets), AtMost: true, "{0:F0}"),
            new("threads more at the end than in the middle", 4, More(settled, s => s.Threads), AtMost: true, "{0:F0}"),
            new("longest stop of all threads by a generation 2 collection", 10, results.Collections[2].LongestPauseMs, AtMost: true, "{0:F1} ms"),
            new("people who did not get in", 0, results.Load.FailedJoins, AtMost: true, "{0:F0}"),
            new("people whose visit ended by itself, or who could not come back", 0, results.Load.Lost + results.Load.FailedReturns, AtMost: true, "{0:F0}"),
            new("people who received nothing for five seconds", 0, results.Load.Stalls, AtMost: true, "{0:F0}"),
            new("frames that opened to something else", 0, results.Load.FramesWrong, AtMost: true, "{0:F0}"),
            new("frames verified in the weakest ten seconds, of the median", 50, WeakestPercent(results.Samples), AtMost: false, "{0:F0} %"),
        ];
    }

    /// <summary>Without the first third, in which code is compiled, pools fill and everybody comes.</summary>
    public static IReadOnlyList<SoakSample> Settled(IReadOnlyList<SoakSample> samples) => [.. samples.Skip(samples.Count / 3)];

    /// <summary>By the line of least squares, from the first sample to the last; NaN of fewer than three.</summary>
    /// <returns>Percent of the median.</returns>
    public static double GrowthPercent(IReadOnlyList<SoakSample> samples, Func<SoakSample, double> value)
    {
        if (samples.Count < 3)
        {
            return double.NaN;
        }

        double meanX = samples.Average(s => s.Second);
        double meanY = samples.Average(value);
        double slope = samples.Sum(s => (s.Second - meanX) * (value(s) - meanY)) / samples.Sum(s => (s.Second - meanX) * (s.Second - meanX));
        return 100 * slope * (samples[^1].Second - samples[0].Second) / Statistics.Median([.. samples.Select(value)]);
    }

    private static double LiveHeapGrowthPercent(SoakResults results) =>
        results is { LiveHeapEarly: { } early and > 0, LiveHeapLate: { } late } ? 100.0 * (late - early) / early : double.NaN;

    /// <summary>Medians of both halves, so that one moment's connections weigh nothing.</summary>
    private static double More(IReadOnlyList<SoakSample> settled, Func<SoakSample, double> value) =>
        Statistics.Median([.. settled.Skip(settled.Count / 2).Select(value)]) - Statistics.Median([.. settled.Take(settled.Count / 2).Select(value)]);

    private static double WeakestPercent(IReadOnlyList<SoakSample> samples)
    {
        double[] frames = [.. samples.Skip(1).Zip(samples, (now, before) => (now.Load.FramesVerified - before.Load.FramesVerified) / (now.Second - before.Second))];
        return frames.Length == 0 ? double.NaN : 100 * frames.Min() / Statistics.Median(frames);
    }
}
