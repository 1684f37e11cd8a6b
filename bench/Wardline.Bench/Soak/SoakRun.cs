using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Wardline.Bench.Compare;
using Wardline.Bench.Load;
using Wardline.Bench.Report;

namespace Wardline.Bench.Soak;

/// <summary>The verb <c>soak</c>: a server under load that moves, watched from outside. Exit code 1 when a goal is missed.</summary>
internal sealed class SoakRun(SoakOptions options, SoakServer server, LossyLine line, GcWatch watch)
{
    private const string Generator = "src/Wardline.Cli/bin/Release/net10.0/wardline.dll";
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(10);

    private readonly List<SoakSample> _samples = [];
    private readonly Stopwatch _time = new();
    private LoadSecond? _second;
    private double _cpuBefore;
    private double _sampledBefore;

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        using CancellationTokenSource stop = new();
        Console.CancelKeyPress += (_, pressed) =>
        {
            pressed.Cancel = true;
            stop.Cancel();
        };
        using IDisposable terminated = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            stop.Cancel();
        });
        try
        {
            SoakOptions options = SoakOptions.Parse(arguments);
            using SoakServer server = new(options);
            using LossyLine line = new(server.MediaPort, options.LossPercent / 100, options.Seed);
            await server.ReadyAsync(stop.Token);
            using GcWatch watch = new(server.Pid);
            SoakResults results = await new SoakRun(options, server, line, watch).MeasureAsync(stop.Token);
            results.Write(options.ResultFile);
            string plot = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(options.ResultFile))!, SoakReport.PlotFile);
            await File.WriteAllTextAsync(plot, SoakReport.Chart(results).ToSvg(), CancellationToken.None);
            IReadOnlyList<Goal> goals = SoakGoals.Of(results);
            foreach (Goal goal in goals)
            {
                Console.WriteLine($"{goal.What}: {goal.MeasuredText} ({goal.BoundText}) {goal.Verdict}");
            }

            Console.WriteLine($"{options.ResultFile} and {Path.GetFileName(plot)}");
            return goals.All(g => g.Reached == true) ? 0 : 1;
        }
        catch (FormatException error)
        {
            Console.Error.WriteLine(error.Message);
            return 64;
        }
        catch (LoadException error)
        {
            Console.Error.WriteLine(error.Message);
            return 70;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("Stopped before its end: nothing is written.");
            return 130;
        }
    }

    private async Task<SoakResults> MeasureAsync(CancellationToken cancel)
    {
        string report = Path.Combine(server.Folder, "load.json");
        using Process load = Command.Start(new ProcessStartInfo("dotnet",
        [
            Generator, "load", "--links", server.Links, "--sessions", $"{options.Sessions}", "--participants", $"{options.Participants}",
            "--seconds", $"{options.Length.TotalSeconds}", "--churn", $"{options.ChurnPercent}%", "--seed", $"{options.Seed}",
            "--json-lines", "--json", report,
        ])
        { UseShellExecute = false, RedirectStandardOutput = true });
        try
        {
            Task reading = ReadAsync(load);
            while (!Standing && !load.HasExited)
            {
                await Task.Delay(100, cancel);
            }

            _time.Start();
            _cpuBefore = ServerProcess.CpuMicroseconds(server.Pid);
            watch.Begin();
            Console.WriteLine("second  in call  lost  returned  resident   heap  gen 0/1/2  pause  sockets  threads  core  frames/s");

            // What is alive is asked for before the window of the slope and at its end, while everybody is there.
            TimeSpan early = options.Length / 5, late = options.Length - s_every;
            long? liveEarly = null, liveLate = null;
            for (TimeSpan next = s_every; !load.HasExited; next += s_every)
            {
                await WaitAsync(load, next, cancel);
                if (load.HasExited)
                {
                    break;
                }

                Sample();
                liveEarly ??= _time.Elapsed >= early ? watch.MeasureLiveHeap() : null;
                liveLate ??= _time.Elapsed >= late ? watch.MeasureLiveHeap() : null;
            }

            await load.WaitForExitAsync(cancel);
            await reading;
            ServerProcess.MustLive(server.Pid);
            if (!File.Exists(report))
            {
                throw new LoadException($"The load ended with status {load.ExitCode} and without a report. The server said:\n{server.Tail()}");
            }

            return new SoakResults
            {
                Machine = Machine.Describe(),
                Day = DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                Options = options,
                Samples = _samples,
                LiveHeapEarly = liveEarly,
                LiveHeapLate = liveLate,
                Collections = watch.Collections,
                Generation2Reasons = watch.Generation2Reasons,
                DatagramsPassed = line.Passed,
                DatagramsLost = line.Lost,
                Load = JsonSerializer.Deserialize<LoadEnd>(await File.ReadAllTextAsync(report, cancel), LoadJson.Options)!,
            };
        }
        finally
        {
            if (!load.HasExited)
            {
                load.Kill();
                await load.WaitForExitAsync(CancellationToken.None);
            }
        }
    }

    /// <summary>Frames are verified: everybody is in, and is counted from now on.</summary>
    private bool Standing => Volatile.Read(ref _second) is { FramesVerified: > 0 };

    private async Task ReadAsync(Process load)
    {
        while (await load.StandardOutput.ReadLineAsync() is { } line)
        {
            Volatile.Write(ref _second, JsonSerializer.Deserialize<LoadSecond>(line, LoadJson.Options));
        }
    }

    private async Task WaitAsync(Process load, TimeSpan until, CancellationToken cancel)
    {
        while (_time.Elapsed < until && !load.HasExited)
        {
            await Task.Delay(100, cancel);
        }
    }

    private void Sample()
    {
        double now = _time.Elapsed.TotalSeconds;
        double cpu = ServerProcess.CpuMicroseconds(server.Pid);
        IReadOnlyList<Collections> collections = watch.Collections;
        SoakSample sample = new()
        {
            Second = Math.Round(now, 1),
            ResidentBytes = ServerProcess.ResidentBytes(server.Pid),
            HeapBytes = watch.HeapBytes,
            Gen0 = collections[0].Count,
            Gen1 = collections[1].Count,
            Gen2 = collections[2].Count,
            LongestPauseMs = watch.TakeLongestPause(),
            Threads = ServerProcess.Threads(server.Pid),
            Sockets = ServerProcess.Sockets(server.Pid),
            CpuShare = Math.Round((cpu - _cpuBefore) / 1e6 / (now - _sampledBefore), 3),
            Load = Volatile.Read(ref _second)!,
        };
        long framesBefore = _samples.Count == 0 ? 0 : _samples[^1].Load.FramesVerified;
        Console.WriteLine(
            $"{sample.Second,6:F0} {sample.Load.Joined,8} {sample.Load.Lost,5} {sample.Load.Returned,9} {sample.ResidentBytes / 1e6,6:F1} MB {sample.HeapBytes / 1e6,3:F0} MB " +
            $"{sample.Gen0,4}/{sample.Gen1}/{sample.Gen2} {sample.LongestPauseMs,6:F1} {sample.Sockets,8} {sample.Threads,8} {sample.CpuShare,5:P0} {(sample.Load.FramesVerified - framesBefore) / (now - _sampledBefore),9:F0}");
        (_cpuBefore, _sampledBefore) = (cpu, now);
        _samples.Add(sample);
    }
}
