using System.Text;
using Wardline.Bench.Compare;
using Wardline.Bench.Load;
using Wardline.Bench.Signaling;
using Wardline.Bench.Soak;

namespace Wardline.Bench.Report;

/// <summary>Makes docs/performance.md and the plots of a results file.</summary>
internal static class PerformanceReport
{
    /// <summary>The verb `report`.</summary>
    public static int Run(string resultFile, string pageFile)
    {
        if (!File.Exists(resultFile))
        {
            Console.Error.WriteLine($"There are no results in {resultFile}: run ./bench.sh sfu first.");
            return 66;
        }

        Results results = Results.Read(resultFile);
        string plots = Path.GetDirectoryName(Path.GetFullPath(resultFile))!;
        foreach ((string name, BarChart chart) in Charts(results))
        {
            File.WriteAllText(Path.Combine(plots, name), chart.ToSvg());
        }

        string soakFile = Path.Combine(plots, "soak.json");
        SoakResults? soak = File.Exists(soakFile) ? SoakResults.Read(soakFile) : null;
        if (soak is not null)
        {
            File.WriteAllText(Path.Combine(plots, SoakReport.PlotFile), SoakReport.Chart(soak).ToSvg());
        }

        string joins = Path.Combine(plots, "signaling.json");
        SignalingResults? signaling = File.Exists(joins) ? SignalingResults.Read(joins) : null;
        string relative = Path.GetRelativePath(Path.GetDirectoryName(Path.GetFullPath(pageFile))!, plots);
        File.WriteAllText(pageFile, Page(results, relative, soak, signaling));
        Console.WriteLine($"{pageFile} and {Charts(results).Count()} plots in {plots}");
        return 0;
    }

    public static IEnumerable<(string File, BarChart Chart)> Charts(Results results)
    {
        yield return ("cpu-fan.svg", Chart(results, "CPU time per forwarded packet, one publisher", "receivers", "µs of the server's CPU", "fan-", s => $"{s.RoomSize - 1}", r => r.CpuMicrosecondsPerPacket));
        yield return ("cpu-pairs.svg", Chart(results, "CPU time per forwarded packet, two-party sessions", "sessions", "µs of the server's CPU", "pairs-", s => $"{s.Rooms}", r => r.CpuMicrosecondsPerPacket));
        yield return ("delay-pairs.svg", Chart(results, "Delay from generator to generator, 99th percentile", "two-party sessions", "ms", "pairs-", s => $"{s.Rooms}", r => r.DelayP99 / 1000));
    }

    public static string Page(Results results, string plots, SoakResults? soak = null, SignalingResults? signaling = null)
    {
        StringBuilder page = new();
        void Line(string line = "") => page.Append(line).Append('\n');
        Line("# Performance");
        Line();
        Line("<!-- Made by `./bench.sh report` from bench/results/sfu.json: change the program, not this page. -->");
        Line();
        Line($"What forwarding costs here, beside a C program that does the least an SFU must do and beside two well-known SFUs, on one machine in one run ({results.Day}):");
        Line($"{results.Machine.Processor}, {results.Machine.Cores} cores, {results.Machine.Kernel}, {results.Machine.Runtime}, {results.Machine.OpenSsl}.");
        Line();
        Line("## What has to be reached");
        Line();
        IReadOnlyList<Goal> goals = Goals.Of(results);
        if (goals.Any(g => g.Rounds < Goal.EnoughRounds))
        {
            Line($"The goals ask for medians of at least {Goal.EnoughRounds} rounds; what has fewer is not judged.");
            Line();
        }

        if (results.Remark is { } remark)
        {
            Line(remark);
            Line();
        }

        Line("| what | bound | measured | |");
        Line("|---|---|---|---|");
        foreach (Goal goal in goals)
        {
            Line($"| {goal.What} | {goal.BoundText} | {goal.MeasuredText} | {(goal.Rounds < Goal.EnoughRounds && goal.Reached is not null ? "not judged" : goal.Verdict)} |");
        }

        Line();
        double allocated = results.Median("fan-50", "wardline", r => r.AllocatedBytesPerPacket);
        if (!double.IsNaN(allocated))
        {
            Line($"The whole process, with its events and reports of each second, allocated {allocated:F2} B for each packet forwarded in 1 → 50.");
        }

        Line("Allocation on the packet path is held to 0 B by `./bench.sh budgets`, step by step and without the noise of a whole process.");
        if (Goals.HalfLoadScenario(results) is { } half)
        {
            Line($"“Half load” is {half.Title}, where the worker is {100 * results.Median(half.Name, "wardline", r => r.ServerBusy):F0} % busy.");
        }

        double cores = Goals.CoresFor(results, 800);
        Line(double.IsNaN(cores) ? "What 800 two-party sessions need cannot be computed from this run." : $"800 two-party sessions need {Math.Ceiling(cores):F0} workers of one such core each at 85 % ({cores:F1} computed from the largest loss-free run).");
        Line();
        Line("## Figures");
        Line();
        foreach ((string file, BarChart chart) in Charts(results))
        {
            Line($"![{chart.Title}]({plots}/{file})");
            Line();
        }

        Line("Medians of the rounds; delays in ms, p50 / p99 / p99.9, from generator to generator; memory is the growth of the resident set.");
        Line();
        Line("| scenario | server | rounds | packets/s | µs/packet | instructions user / kernel | loss | delay | core busy | join, ms CPU | kB idle / active a participant |");
        Line("|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (Scenario scenario in Scenario.All)
        {
            foreach (ServerUnderTest server in ServerUnderTest.All.Where(s => results.Of(scenario.Name, s.Name).Any()))
            {
                Line(Row(results, scenario, server));
            }
        }

        Line();
        foreach ((string server, string reason) in results.Missing)
        {
            Line($"{ServerUnderTest.All.First(s => s.Name == server).Title} was not measured: {reason}.");
        }

        foreach (RunRecord failed in results.Runs.Where(r => r.Error is not null))
        {
            Line($"- {failed.Scenario}, {failed.Server}, round {failed.Round} did not finish: {failed.Error!.Split('\n')[0]}");
        }

        if (soak is not null)
        {
            Line();
            foreach (string line in SoakReport.Lines(soak, plots))
            {
                Line(line);
            }
        }

        foreach (string line in signaling?.Lines() ?? [])
        {
            Line(line);
        }

        page.Append(Method);
        return page.ToString();
    }

    private const string Method = """

        ## Method

        `./bench.sh sfu` makes two network namespaces joined by a veth pair; the server under test runs in one, pinned to one
        core, the load generator in the other, pinned to another. Each measurement starts a fresh server, lets everybody join,
        lets them talk for 15 seconds, and then measures; servers alternate within a round, so that a slow minute of the machine
        hits all of them. The 15 seconds are .NET's: on the one core that the server has, its compiler comes to the methods of the
        packet path for the last time (tier 1) up to 12 seconds after they were first called, and until then a forwarded packet
        costs up to twice as much, the compiler's own time included. A server that runs for weeks pays that once.

        The machine is a virtual one, and its host has other guests. A run in which the host took more than 2 % of the two
        processors for others is thrown away, whatever it showed and whichever server it was, and made again, at most three
        times; before each run a calm moment is waited for, at most a minute. What was taken stands with each run in the results.

        - **Load.** A publisher sends 180 video packets a second of 1118 bytes in bursts of six and 50 audio packets, each as a
          datagram of its own (never as a train that the kernel would cut). Receivers count by sequence numbers; a sample is
          opened and must hold the stamp that somebody else in the same room wrote.
        - **Wardline** is the product's media engine with one worker; ICE, DTLS and SRTP (AES-256-GCM) are real. Its receivers
          send transport-wide feedback, as browsers do, and it runs its bandwidth estimators on it.
        - **The yardstick** (`bench/yardstick`) receives, opens, seals and sends, with `recvmmsg`, UDP GRO and GSO and one EVP
          context a key: no RTCP, no retransmission, no rewriting, keys by command line.
        - **Janus** is the distribution's, its videoroom with default settings and with `event_loops=1`: full ICE, AES-256-GCM.
          Nobody sends it transport-wide feedback, which spares it work that Wardline does.
        - **Pion** is a minimal SFU (`bench/pion`) on the distribution's packages with the library's default interceptors,
          AES-128-GCM (all that this version has).

        CPU time is the server process' user and system time from `/proc`, divided by the packets that reached receivers. In a
        veth pair the receiver's half of the network stack runs in the sender's system call, so a server's figure holds the
        delivery to the generator's sockets, too: for all servers alike.

        ## Limits

        - Two cores of a shared machine: even undisturbed the same run varies within an hour. Ratios of one round mean more than
          absolute times.
        - Delays are taken when the generator reads a datagram. With many receivers of one burst it reads them one after the
          other: the yardstick's delay is what network and generator themselves add.
        - A join's CPU contains a fresh process' compilation of its code, so it shrinks with the number of joins.
        - There is no lossy network here: retransmission and layers are tested elsewhere, not priced.

        """;

    private static string Row(Results results, Scenario scenario, ServerUnderTest server)
    {
        double Median(Func<LoadResult, double?> value) => results.Median(scenario.Name, server.Name, value);
        int participants = scenario.Rooms * scenario.RoomSize;
        return $"| {scenario.Title} | {server.Title} | {results.Of(scenario.Name, server.Name).Count()} | {Median(r => r.ForwardedPerSecond):F0} | {Median(r => r.CpuMicrosecondsPerPacket):F1} | " +
            $"{Number(Median(r => r.UserInstructions))} / {Number(Median(r => r.KernelInstructions))} | {100 * Median(r => r.Loss):F2} % | " +
            $"{Median(r => r.DelayP50) / 1000:F2} / {Median(r => r.DelayP99) / 1000:F1} / {Median(r => r.DelayP999) / 1000:F1} | {100 * Median(r => r.ServerBusy):F0} % | " +
            $"{Median(r => r.JoinCpuMicroseconds) / 1000:F1} | {Median(r => (r.MemoryJoined - r.MemoryBefore) / 1000.0 / participants):F0} / {Median(r => (r.MemoryActive - r.MemoryBefore) / 1000.0 / participants):F0} |";
    }

    private static string Number(double value) => double.IsNaN(value) ? "–" : $"{value:N0}";

    private static BarChart Chart(Results results, string title, string xName, string yName, string prefix, Func<Scenario, string> category, Func<LoadResult, double?> value)
    {
        Scenario[] scenarios = [.. Scenario.All.Where(s => s.Name.StartsWith(prefix, StringComparison.Ordinal) && ServerUnderTest.All.Any(v => results.Of(s.Name, v.Name).Any()))];
        return new BarChart(
            title,
            xName,
            yName,
            [.. scenarios.Select(category)],
            [.. ServerUnderTest.All.Select(server => new Series(server.Title, [.. scenarios.Select(s => results.Median(s.Name, server.Name, value))]))]);
    }
}
