using System.Globalization;

namespace Wardline.Cli.Load;

/// <summary>What a run must keep, named by the user: <c>--bound loss-percent=0.1</c>.</summary>
internal static class LoadBounds
{
    private static readonly Dictionary<string, (string Means, Func<LoadReport, double?> Value)> s_known = new(StringComparer.Ordinal)
    {
        ["failed-joins"] = ("participants that did not get in", r => r.FailedJoins),
        ["loss-percent"] = ("packets that neither came nor were repaired", r => r.LossPercent),
        ["refused-percent"] = ("frames that did not open", r => r.FramesVerified + r.FramesRefused == 0 ? 0 : 100.0 * r.FramesRefused / (r.FramesVerified + r.FramesRefused)),
        ["wrong-frames"] = ("frames that opened to something else", r => r.FramesWrong),
        ["lost"] = ("people whose visit ended without their leaving, or who could not come back", r => r.Lost + r.FailedReturns),
        ["stalls"] = ("times that somebody received nothing for five seconds", r => r.Stalls),
        ["join-p99-ms"] = ("from the link to the waiting room or the call", r => r.JoinP99Ms ?? 0),
        ["delay-p50-ms"] = ("from frame to frame, half of them", r => r.DelayP50Ms ?? double.PositiveInfinity),
        ["delay-p99-ms"] = ("from frame to frame, 99 of 100", r => r.DelayP99Ms ?? double.PositiveInfinity),
    };

    public static string Names => string.Join(", ", s_known.Select(k => $"{k.Key} ({k.Value.Means})"));

    /// <summary>Null for a bound that is none.</summary>
    public static (string Name, double Most)? Parse(string text)
    {
        string[] parts = text.Split('=');
        return parts.Length == 2 && s_known.ContainsKey(parts[0]) && double.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double most) && most >= 0
            ? (parts[0], most) : null;
    }

    public static IReadOnlyList<string> Broken(LoadReport report, IEnumerable<(string Name, double Most)> bounds) =>
        [.. from bound in bounds
            let value = s_known[bound.Name].Value(report)
            where value > bound.Most
            select string.Create(CultureInfo.InvariantCulture, $"{bound.Name} is {value:0.###}, at most {bound.Most} is allowed")];
}
