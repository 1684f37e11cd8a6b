using System.Xml.Linq;
using Wardline.Bench.Compare;
using Wardline.Bench.Report;

namespace Wardline.Bench.Tests;

public sealed class ReportTests
{
    [Fact]
    public void A_ratio_is_of_medians_so_one_bad_round_changes_nothing()
    {
        Results results = new TestResults().With("fan-50", "wardline", [9, 500, 10]).With("fan-50", "yardstick", [5, 5, 90]).Results;
        Assert.Equal(2.0, Goals.Ratio(results, "fan-50", "yardstick"));
        Goal goal = Goals.Of(results)[0];
        Assert.Equal((true, "reached", "2.00 ×", "≤ 2.00 ×"), (goal.Reached, goal.Verdict, goal.MeasuredText, goal.BoundText));
    }

    [Fact]
    public void A_missed_bound_says_by_how_much_in_both_directions()
    {
        Assert.Equal("**missed** by 50 %", new Goal("a", 2, 3, AtMost: true, "{0}").Verdict);
        Assert.Equal("**missed** by 25 %", new Goal("a", 100, 75, AtMost: false, "{0}").Verdict);
        Assert.Equal("reached", new Goal("a", 100, 100, AtMost: false, "{0}").Verdict);
    }

    [Fact]
    public void What_was_not_measured_is_neither_reached_nor_missed()
    {
        Assert.All(Goals.Of(new TestResults().Results), goal => Assert.Equal((null, "not measured", "–"), (goal.Reached, goal.MeasuredText, goal.Verdict)));
    }

    [Fact]
    public void The_most_sessions_are_those_without_loss_below_the_bounds_of_core_and_delay()
    {
        TestResults results = new TestResults().With("pairs-25", "wardline", [20], busy: 0.2).With("pairs-50", "wardline", [20], busy: 0.4)
            .With("pairs-100", "wardline", [20], busy: 0.9).With("pairs-200", "wardline", [20], busy: 0.5, loss: 0.01);
        Assert.Equal(50, Goals.MostSessions(results.Results));
        Assert.Equal(25, Goals.MostSessions(results.With("pairs-50", "wardline", [20], p99Ms: 6).Results));
    }

    [Fact]
    public void The_highest_rate_counts_only_without_loss()
    {
        Results results = new TestResults().With("rooms-10", "wardline", [5], perSecond: 25_000).With("rooms-40", "wardline", [5], perSecond: 90_000, loss: 0.002).Results;
        Assert.Equal(25_000, Goals.MostForwarded(results));
    }

    [Fact]
    public void Eight_hundred_sessions_are_computed_from_the_largest_run_at_85_percent()
    {
        Results results = new TestResults().With("pairs-25", "wardline", [20], busy: 0.9).With("pairs-100", "wardline", [20], busy: 0.425).Results;
        Assert.Equal(4, Goals.CoresFor(results, 800), 6);
    }

    [Fact]
    public void A_stream_that_stands_still_is_loss_although_it_has_no_gap()
    {
        Results results = new TestResults().With("fan-1", "wardline", [5]).Results;
        Assert.Equal(0.5, (results.Runs[0].Result! with { Expected = 2 * results.Runs[0].Result!.Received }).Loss);
    }

    [Theory]
    [InlineData(0, new double[] { 0, 1 })]
    [InlineData(double.NaN, new double[] { 0, 1 })]
    [InlineData(10, new double[] { 0, 2, 4, 6, 8, 10 })]
    [InlineData(0.07, new double[] { 0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07 })]
    [InlineData(53, new double[] { 0, 10, 20, 30, 40, 50, 60 })]
    public void Axis_numbers_are_round_and_hold_the_largest_value(double largest, double[] ticks) => Assert.Equal(ticks, BarChart.Ticks(largest));

    [Fact]
    public void A_plot_is_well_formed_and_has_a_bar_for_each_value_that_there_is()
    {
        BarChart chart = new("a < b & \"c\"", "x", "y", ["1", "2"], [new Series("A", [1, 2]), new Series("B", [double.NaN, 3])]);
        XDocument svg = XDocument.Parse(chart.ToSvg());
        XNamespace ns = "http://www.w3.org/2000/svg";
        Assert.Equal(1 + 2 + 3, svg.Descendants(ns + "rect").Count()); // ground, legend, bars
        Assert.Contains(svg.Descendants(ns + "text"), t => t.Value == "a < b & \"c\"");
    }

    [Fact]
    public void The_page_names_a_server_that_is_missing_and_a_run_that_failed()
    {
        Results results = new TestResults().With("fan-50", "wardline", [9]).Results;
        results.Missing["pion"] = "it has not been built";
        results.Put(new RunRecord("pairs-25", "janus", 1) { Error = "It has ended.\nmore" });
        string page = PerformanceReport.Page(results, "plots");
        Assert.Contains("Pion was not measured: it has not been built.", page, StringComparison.Ordinal);
        Assert.Contains("pairs-25, janus, round 1 did not finish: It has ended.", page, StringComparison.Ordinal);
        Assert.Contains("| 1 → 50 | Wardline | 1 | 10000 | 9.0 |", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Results_are_read_back_as_written_and_continued_where_they_lack_something()
    {
        string file = Path.Combine(Directory.CreateTempSubdirectory("bench-test-").FullName, "sfu.json");
        new TestResults().With("fan-50", "wardline", [9, 11]).Results.Write(file);
        Results read = Results.Read(file);
        Assert.Equal(10, read.Median("fan-50", "wardline", r => r.CpuMicrosecondsPerPacket));
        Assert.True(read.Has("fan-50", "wardline", 2));
        Assert.False(read.Has("fan-50", "wardline", 3));
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }

    [Theory]
    [InlineData("--server", "mediasoup")]
    [InlineData("--rounds", "0")]
    [InlineData("--seconds")]
    [InlineData("--fast")]
    public void An_option_that_is_not_understood_is_refused(params string[] arguments) => Assert.Throws<FormatException>(() => SfuOptions.Parse(arguments));

    [Fact]
    public void A_quick_run_does_not_overwrite_the_committed_results()
    {
        Assert.Equal("bench/results/sfu.json", SfuOptions.Parse([]).ResultFile);
        Assert.NotEqual("bench/results/sfu.json", SfuOptions.Parse(["--quick"]).ResultFile);
        Assert.Equal(["fan-50", "pairs-25"], SfuOptions.Parse(["--quick"]).Scenarios.Select(s => s.Name));
    }
}
