using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Wardline.Bench.Compare;
using Wardline.Bench.Load;
using Wardline.Bench.Soak;

namespace Wardline.Bench.Signaling;

/// <summary>The verb <c>signaling</c>: thousands of people on one process who send no media.</summary>
internal static class SignalingRun
{
    private const string Generator = "src/Wardline.Cli/bin/Release/net10.0/wardline.dll";
    private const string ResultFile = "bench/results/signaling.json";
    private const int SilentSeconds = 30;

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        (int participants, double perSecond, string output) = (5_000, 60, "");
        for (int i = 0; i + 1 < arguments.Count; i += 2)
        {
            bool understood = arguments[i] switch
            {
                "--participants" => int.TryParse(arguments[i + 1], out participants) && participants is >= 2 and <= 10_000 && participants % 2 == 0,
                "--joins-per-second" => double.TryParse(arguments[i + 1], CultureInfo.InvariantCulture, out perSecond) && perSecond is >= 1 and <= 2000,
                "--output" => (output = arguments[i + 1]).Length > 0,
                _ => false,
            };
            if (!understood)
            {
                Console.Error.WriteLine($"{arguments[i]} {arguments[i + 1]} is not understood: --participants 2 to 10000 (even), --joins-per-second 1 to 2000, --output FILE.");
                return 64;
            }
        }

        try
        {
            SignalingResults results = await MeasureAsync(participants, perSecond);
            // Fewer people are a try.
            string file = output.Length > 0 ? output : participants < 5_000 ? "artifacts/bench/signaling.json" : ResultFile;
            results.Write(file);
            foreach (string line in results.Lines())
            {
                Console.WriteLine(line);
            }

            Console.WriteLine(file);
            return results.Load is { FailedJoins: 0, Lost: 0 } ? 0 : 1;
        }
        catch (LoadException error)
        {
            Console.Error.WriteLine(error.Message);
            return 70;
        }
    }

    private static async Task<SignalingResults> MeasureAsync(int participants, double perSecond)
    {
        using SoakServer server = new(new SoakOptions { Sessions = participants / 2 });
        await server.ReadyAsync(CancellationToken.None);
        using GcWatch watch = new(server.Pid);
        long? liveBefore = watch.MeasureLiveHeap();
        long residentBefore = ServerProcess.ResidentBytes(server.Pid);
        double cpuBefore = ServerProcess.CpuMicroseconds(server.Pid);

        // 1. Everybody comes.
        string report = Path.Combine(server.Folder, "load.json");
        using Process load = Command.Start(new ProcessStartInfo("dotnet",
        [
            Generator, "load", "--links", server.Links, "--sessions", $"{participants / 2}", "--profile", "signaling", "--seconds", $"{SilentSeconds}",
            "--joins-per-second", perSecond.ToString(CultureInfo.InvariantCulture), "--json-lines", "--json", report,
        ])
        { UseShellExecute = false, RedirectStandardOutput = true });
        try
        {
            double? cpuJoined = null, idleShare = null;
            long residentConnected = 0;
            long? liveConnected = null;
            Stopwatch silent = new();
            while (await load.StandardOutput.ReadLineAsync() is { } line)
            {
                LoadSecond second = JsonSerializer.Deserialize<LoadSecond>(line, LoadJson.Options)!;
                if (second.Joined + second.Failed < participants)
                {
                    continue;
                }

                // 2. Everybody is there: nothing happens but pings for most of the rest.
                if (cpuJoined is null)
                {
                    cpuJoined = ServerProcess.CpuMicroseconds(server.Pid);
                    silent.Start();
                }
                else if (idleShare is null && silent.Elapsed > TimeSpan.FromSeconds(SilentSeconds * 0.6))
                {
                    idleShare = (ServerProcess.CpuMicroseconds(server.Pid) - cpuJoined.Value) / silent.Elapsed.TotalMicroseconds;
                    residentConnected = ServerProcess.ResidentBytes(server.Pid);
                    liveConnected = watch.MeasureLiveHeap();
                }
            }

            await load.WaitForExitAsync();
            if (!File.Exists(report) || cpuJoined is null || idleShare is null)
            {
                throw new LoadException($"Not everybody came: the load ended with status {load.ExitCode}. The server said:\n{server.Tail()}");
            }

            return new SignalingResults
            {
                Machine = Machine.Describe(),
                Day = DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                Participants = participants,
                JoinsPerSecond = perSecond,
                ResidentBefore = residentBefore,
                ResidentConnected = residentConnected,
                LiveHeapBefore = liveBefore,
                LiveHeapConnected = liveConnected,
                JoinCpuMicroseconds = cpuJoined.Value - cpuBefore,
                IdleCpuShare = idleShare.Value,
                Load = JsonSerializer.Deserialize<JoinsEnd>(await File.ReadAllTextAsync(report), LoadJson.Options)!,
            };
        }
        finally
        {
            if (!load.HasExited)
            {
                load.Kill();
                await load.WaitForExitAsync();
            }
        }
    }
}
