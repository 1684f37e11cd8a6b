using System.Xml.Linq;
using Wardline.Bench.Compare;
using Wardline.Bench.Report;
using Wardline.Bench.Soak;

namespace Wardline.Bench.Tests;

public sealed class SoakTests
{
    [Fact]
    public void A_leak_is_seen_through_the_noise_and_what_fills_at_the_start_is_none()
    {
        // Twenty of 220 over the last two thirds, with a noise of one.
        Assert.InRange(SoakGoals.GrowthPercent(SoakGoals.Settled(Samples(90, i => 200 + (i * 20.0 / 60) + (i % 2))), s => s.ResidentBytes), 8.5, 9.5);
        // A start that doubles, and then nothing more.
        Assert.InRange(SoakGoals.GrowthPercent(SoakGoals.Settled(Samples(90, i => (i < 30 ? 100 + (i * 3) : 200) + (i % 2))), s => s.ResidentBytes), -0.5, 0.5);
        Assert.True(double.IsNaN(SoakGoals.GrowthPercent(Samples(2, _ => 1), s => s.ResidentBytes)));
    }

    [Fact]
    public void A_quiet_run_reaches_every_goal()
    {
        Assert.All(SoakGoals.Of(Run(Samples(90, _ => 200))), goal => Assert.True(goal.Reached, $"{goal.What}: {goal.MeasuredText}"));
    }

    [Fact]
    public void Each_thing_that_must_not_happen_misses_its_goal_and_no_other()
    {
        SoakResults quiet = Run(Samples(90, _ => 200));
        Missed("resident memory", Run(Samples(90, i => 200 + i)));
        Missed("full collections", quiet with { LiveHeapLate = 12_000_000 });
        Missed("sockets", quiet with { Samples = [.. quiet.Samples.Select((s, i) => s with { Sockets = i < 60 ? 60 : 70 })] });
        Missed("threads", quiet with { Samples = [.. quiet.Samples.Select((s, i) => s with { Threads = i < 60 ? 20 : 30 })] });
        Missed("generation 2", quiet with { Collections = [new(9, 3, 20), new(3, 3, 8), new(1, 10.1, 10.1)] });
        Missed("did not get in", quiet with { Load = quiet.Load with { FailedJoins = 1 } });
        Missed("ended by itself", quiet with { Load = quiet.Load with { Lost = 1 } });
        Missed("could not come back", quiet with { Load = quiet.Load with { FailedReturns = 1 } });
        Missed("received nothing", quiet with { Load = quiet.Load with { Stalls = 1 } });
        Missed("something else", quiet with { Load = quiet.Load with { FramesWrong = 1 } });
        Missed("weakest ten seconds", quiet with { Samples = [.. quiet.Samples.Select((s, i) => i < 50 ? s : s with { Load = s.Load with { FramesVerified = s.Load.FramesVerified - 9000 } })] });
    }

    [Fact]
    public void What_the_runtime_did_not_say_is_no_goal_reached() =>
        Assert.Contains(SoakGoals.Of(Run(Samples(90, _ => 200)) with { LiveHeapLate = null }), goal => goal.Reached is null);

    [Fact]
    public void Results_are_read_back_as_written_and_drawn_and_told()
    {
        string folder = Directory.CreateTempSubdirectory("soak-test-").FullName;
        string file = Path.Combine(folder, "soak.json");
        Run(Samples(9, i => 200 + i)).Write(file);
        SoakResults read = SoakResults.Read(file);
        Directory.Delete(folder, recursive: true);
        Assert.Equal(9, read.Samples.Count);
        Assert.Equal(2, read.Collections.Count(c => c.Count > 0));

        XDocument svg = XDocument.Parse(SoakReport.Chart(read).ToSvg());
        XElement[] lines = [.. svg.Descendants(XNamespace.Get("http://www.w3.org/2000/svg") + "polyline")];
        Assert.Equal(2, lines.Length);
        Assert.Equal(9, lines[0].Attribute("points")!.Value.Split(' ').Length);

        string page = PerformanceReport.Page(new TestResults().With("fan-50", "wardline", [9]).Results, "plots", read);
        Assert.Contains("## Soak", page, StringComparison.Ordinal);
        Assert.Contains("plots/soak-memory.svg", page, StringComparison.Ordinal);
        Assert.DoesNotContain("## Soak", PerformanceReport.Page(new TestResults().With("fan-50", "wardline", [9]).Results, "plots"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_has_a_gap_where_there_is_no_value()
    {
        LineChart chart = new("t", "x", "y", [1, 2, 3, 4], [new Series("a", [1, double.NaN, 3, 4])]);
        Assert.Equal(2, XDocument.Parse(chart.ToSvg()).Descendants(XNamespace.Get("http://www.w3.org/2000/svg") + "polyline").Count());
    }

    [Theory]
    [InlineData("--minutes", "0")]
    [InlineData("--sessions", "many")]
    [InlineData("--loss", "NaN")]
    [InlineData("--churn")]
    [InlineData("--fast")]
    public void An_option_that_is_not_understood_is_refused(params string[] arguments) => Assert.Throws<FormatException>(() => SoakOptions.Parse(arguments));

    [Fact]
    public void A_short_run_does_not_overwrite_the_committed_results()
    {
        Assert.Equal("bench/results/soak.json", SoakOptions.Parse([]).ResultFile);
        Assert.NotEqual("bench/results/soak.json", SoakOptions.Parse(["--minutes", "3"]).ResultFile);
    }

    private static void Missed(string what, SoakResults results) => Assert.Contains(what, Assert.Single(SoakGoals.Of(results), g => g.Reached != true).What, StringComparison.Ordinal);

    /// <param name="megabytes">Resident, by the sample's number.</param>
    private static List<SoakSample> Samples(int count, Func<int, double> megabytes) =>
    [
        .. Enumerable.Range(0, count).Select(i => new SoakSample
        {
            Second = (i + 1) * 10, ResidentBytes = (long)(megabytes(i) * 1e6), HeapBytes = 20_000_000, Gen0 = i, Gen1 = 0, Gen2 = 0,
            LongestPauseMs = 1, Threads = 20, Sockets = 60, CpuShare = 0.3, Load = new LoadSecond { FramesVerified = i * 10_000, Joined = 60 },
        }),
    ];

    private static SoakResults Run(IReadOnlyList<SoakSample> samples) => new()
    {
        Machine = new Machine("p", 2, "k", "r", "o"), Day = "2026-01-01", Options = new SoakOptions(), Samples = samples, LiveHeapEarly = 10_000_000, LiveHeapLate = 10_100_000,
        Collections = [new(90, 3, 100), new(10, 4, 20), new(0, 0, 0)], Generation2Reasons = new Dictionary<string, int>(StringComparer.Ordinal), DatagramsPassed = 1000, DatagramsLost = 20,
        Load = new LoadEnd { FramesVerified = 1000, DelayP50Ms = 1, DelayP99Ms = 2 },
    };
}
