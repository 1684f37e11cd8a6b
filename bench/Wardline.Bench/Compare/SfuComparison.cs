using System.Diagnostics;
using System.Text.Json;
using Wardline.Bench.Load;

namespace Wardline.Bench.Compare;

/// <summary>All servers under the same load, in interleaved rounds. Results are on disk after each run.</summary>
internal static class SfuComparison
{
    public static int Run(string[] arguments)
    {
        SfuOptions options;
        try
        {
            options = SfuOptions.Parse(arguments);
        }
        catch (FormatException error)
        {
            Console.Error.WriteLine(error.Message);
            return 64;
        }

        try
        {
            return Measure(options);
        }
        catch (LoadException error)
        {
            Console.Error.WriteLine(error.Message);
            return 1;
        }
    }

    private static int Measure(SfuOptions options)
    {
        Tools tools = new(Environment.ProcessPath!, typeof(SfuComparison).Assembly.Location, Path.Combine(options.Artifacts, "yardstick"), Path.Combine(options.Artifacts, "pion-sfu"));
        Results results = options.Continue && File.Exists(options.ResultFile) ? Results.Read(options.ResultFile) : new() { Machine = Machine.Describe(), Day = DateTime.UtcNow.ToString("yyyy-MM-dd"), Seconds = options.Seconds, Rounds = options.Rounds };
        results.Missing.Clear();
        if (!ServerProcess.CanCountInstructions())
        {
            // Virtual machines often have no such counter.
            Console.WriteLine("Instructions cannot be counted on this machine.");
            options = options with { CounterSeconds = 0 };
        }

        List<ServerUnderTest> servers = [];
        foreach (ServerUnderTest server in options.Servers)
        {
            if (server.WhyMissing(tools) is { } reason)
            {
                results.Missing[server.Name] = reason;
                Console.WriteLine($"{server.Title} is left out: {reason}");
            }
            else
            {
                servers.Add(server);
            }
        }

        using NetworkPair network = NetworkPair.Create();
        using CancellationTokenSource stop = new();
        Console.CancelKeyPress += (_, press) =>
        {
            // What is running now is finished, what was measured stays.
            press.Cancel = true;
            stop.Cancel();
        };
        Console.WriteLine($"{"scenario",-12} {"server",-18} {"round",5} {"pkt/s",8} {"µs/pkt",7} {"instr u/k",13} {"loss %",7} {"delay ms p50/p99/p99.9",23} {"busy",5} {"join ms",8}");
        for (int round = 1; round <= options.Rounds; round++)
        {
            foreach (Scenario scenario in options.Scenarios)
            {
                foreach (ServerUnderTest server in servers)
                {
                    if (stop.IsCancellationRequested)
                    {
                        Console.WriteLine($"Interrupted; what was measured is in {options.ResultFile}.");
                        return 130;
                    }

                    if (results.Has(scenario.Name, server.Name, round))
                    {
                        continue;
                    }

                    if (scenario.Smaller.FirstOrDefault(s => results.IsSaturated(s.Name, server.Name)) is { } smaller)
                    {
                        Console.WriteLine($"{scenario.Name,-12} {server.Name,-18} {round,5} left out: it loses packets at {smaller.Title}");
                        continue;
                    }

                    RunRecord record = RunCalm(scenario, server, round, options, network, tools, stop.Token);
                    if (stop.IsCancellationRequested && record.Error is not null)
                    {
                        // The interruption reached the processes of this run, too: it says nothing about the server.
                        continue;
                    }

                    results.Put(record);
                    results.Write(options.ResultFile);
                    Console.WriteLine(Line(record));
                }
            }
        }

        Console.WriteLine($"Results: {options.ResultFile}");
        if (stop.IsCancellationRequested)
        {
            return 130;
        }

        return results.Runs.Exists(r => r.Error is not null) ? 1 : 0;
    }

    /// <summary>A run that the machine's host disturbed is thrown away and made again, whatever it showed.</summary>
    private static RunRecord RunCalm(Scenario scenario, ServerUnderTest server, int round, SfuOptions options, NetworkPair network, Tools tools, CancellationToken stop)
    {
        for (int thrownAway = 0; ; thrownAway++)
        {
            AwaitCalm(options, stop);
            RunRecord record = RunOne(scenario, server, round, options, network, tools) with { ThrownAway = thrownAway };
            if (record.Result is not { } result || result.StolenShare <= options.MostStolen || thrownAway == options.Tries - 1 || stop.IsCancellationRequested)
            {
                return record;
            }

            Console.WriteLine($"{scenario.Name,-12} {server.Name,-18} {round,5} thrown away: the host took {result.StolenShare:P0} of the processors");
        }
    }

    /// <summary>Some seconds in which the host takes nothing, with both processors at work; but not for ever.</summary>
    private static void AwaitCalm(SfuOptions options, CancellationToken stop)
    {
        long start = Stopwatch.GetTimestamp();
        bool told = false;
        while (options.Tries > 1 && !stop.IsCancellationRequested && Stopwatch.GetElapsedTime(start) < options.Patience)
        {
            StolenTime before = StolenTime.Now();
            Parallel.For(0, Environment.ProcessorCount, _ => Spin(TimeSpan.FromSeconds(1)));
            double share = StolenTime.Now().ShareSince(before);
            if (share <= options.MostStolen)
            {
                return;
            }

            if (!told)
            {
                Console.WriteLine($"waiting for a calm machine: the host takes {share:P0} of the processors");
                told = true;
            }

            stop.WaitHandle.WaitOne(TimeSpan.FromSeconds(4));
        }
    }

    private static void Spin(TimeSpan time)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < time)
        {
            Thread.SpinWait(1000);
        }
    }

    private static RunRecord RunOne(Scenario scenario, ServerUnderTest server, int round, SfuOptions options, NetworkPair network, Tools tools)
    {
        RunRecord record = new(scenario.Name, server.Name, round);
        string folder = Directory.CreateTempSubdirectory("wardline-bench-").FullName;
        try
        {
            using RunningServer running = server.Start(network, scenario.Plan(options.Seconds, options.WarmUpSeconds, options.CounterSeconds), folder, tools);
            ProcessStartInfo start = Command.Pinned(network.Load, Tools.LoadCore, tools.Dotnet, tools.Bench, "load");
            using Process load = Command.Start(start);
            load.StandardInput.Write(JsonSerializer.Serialize(running.Plan, LoadJson.Options));
            load.StandardInput.Close();
            Task<string> error = load.StandardError.ReadToEndAsync();
            string output = load.StandardOutput.ReadToEnd();
            load.WaitForExit();
            return load.ExitCode == 0
                ? record with { Result = JsonSerializer.Deserialize<LoadResult>(output, LoadJson.Options) }
                : record with { Error = $"{error.Result.Trim()} The server's last words: {running.Tail()}" };
        }
        catch (LoadException error)
        {
            return record with { Error = error.Message };
        }
        finally
        {
            string logs = Directory.CreateDirectory(Path.Combine(options.Artifacts, "logs")).FullName;
            string log = Path.Combine(folder, "log");
            if (File.Exists(log))
            {
                File.Copy(log, Path.Combine(logs, $"{scenario.Name}-{server.Name}-{round}.log"), overwrite: true);
            }

            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Line(RunRecord record) => record.Result is not { } r
        ? $"{record.Scenario,-12} {record.Server,-18} {record.Round,5} {record.Error}"
        : $"{record.Scenario,-12} {record.Server,-18} {record.Round,5} {r.ForwardedPerSecond,8:F0} {r.CpuMicrosecondsPerPacket,7:F2} {r.UserInstructions,6:F0}/{r.KernelInstructions,6:F0} {100 * r.Loss,7:F3} {r.DelayP50 / 1000,7:F2}/{r.DelayP99 / 1000,7:F2}/{r.DelayP999 / 1000,7:F2} {100 * r.ServerBusy,4:F0}% {r.JoinCpuMicroseconds / 1000,8:F2}{(r.Wrong > 0 ? $"  WRONG: {r.Wrong} of {r.Sampled}" : "")}{Remarks(r)}";

    private static string Remarks(LoadResult r)
    {
        List<string> remarks = [];
        if (r.StolenShare > 0.01)
        {
            remarks.Add($"the host took {r.StolenShare:P0}");
        }

        if (r.SendLatenessP99 > 5000)
        {
            remarks.Add($"generator {r.SendLatenessP99 / 1000:F0} ms late");
        }

        if (r.ServerBufferDrops + r.GeneratorBufferDrops > 0)
        {
            remarks.Add($"buffers full: server {r.ServerBufferDrops}, generator {r.GeneratorBufferDrops}");
        }

        remarks.AddRange(from count in r.ServerCounts ?? [] where count.Key.StartsWith("dropped", StringComparison.Ordinal) || count.Key == "refusedByKernel" select $"{count.Key} {count.Value}");
        return remarks.Count == 0 ? "" : $"  ({string.Join("; ", remarks)})";
    }
}
