using System.Diagnostics;
using System.Security.Cryptography;
using Wardline.Bench.Load;

namespace Wardline.Bench.Compare;

/// <summary>One server of the comparison, and how a fresh process of it is started.</summary>
/// <param name="Name">as in results and options.</param>
/// <param name="Kind">of <see cref="LoadPlan.Kind"/>.</param>
/// <param name="Title">for tables and plots.</param>
internal sealed record ServerUnderTest(string Name, string Kind, string Title)
{
    private const int PionPort = 8099;

    public static IReadOnlyList<ServerUnderTest> All { get; } =
    [
        new("yardstick", "yardstick", "C yardstick"),
        new("wardline", "wardline", "Wardline"),
        new("janus", "janus", "Janus"),
        new("janus-event-loop", "janus", "Janus, event_loops=1"),
        new("pion", "pion", "Pion"),
    ];

    /// <summary>Why it cannot be measured here; null when it can.</summary>
    public string? WhyMissing(Tools tools) => Kind switch
    {
        "yardstick" => File.Exists(tools.Yardstick) ? null : "the C program has not been built (gcc, make, libssl-dev)",
        "janus" => Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(p => File.Exists(Path.Combine(p, "janus"))) ? null : "the package janus is not installed",
        "pion" => File.Exists(tools.Pion) ? null : "it has not been built (golang-go, golang-github-pion-webrtc.v3-dev)",
        _ => null,
    };

    /// <summary>Starts it on its core and waits until it says that it is ready.</summary>
    /// <param name="folder">For its files and its log; empty.</param>
    public RunningServer Start(NetworkPair network, LoadPlan plan, string folder, Tools tools)
    {
        LoadPlan ready = plan with { Kind = Kind };
        ProcessStartInfo start;
        switch (Kind)
        {
            case "yardstick":
                ready = ready with { Keys = Convert.ToHexString(SHA512.HashData("fixed keys of a bench"u8))[..88] };
                start = Pinned(
                    network, tools.Yardstick, plan.Server, $"{plan.ServerPort}", plan.Bind, $"{plan.FirstPort}", $"{plan.RoomSize}", $"{plan.Rooms}", ready.Keys);
                break;
            case "wardline":
                ready = ready with { Control = Path.Combine(folder, "host.socket") };
                start = Pinned(network, tools.Dotnet, tools.Bench, "sfu-host", plan.Server, $"{plan.ServerPort}", ready.Control);
                // As the product's server runs, not as the allocation budgets do.
                start.Environment["DOTNET_TieredCompilation"] = "1";
                start.Environment["DOTNET_TieredPGO"] = "0";
                break;
            case "janus":
                ready = ready with { Control = $"http://{plan.Server}:{JanusConfiguration.Port}/janus" };
                JanusConfiguration.Write(folder, plan.Server, eventLoop: Name == "janus-event-loop");
                start = Pinned(network, "janus", "--configs-folder", folder, "--disable-colors");
                break;
            case "pion":
                ready = ready with { Control = $"http://{plan.Server}:{PionPort}" };
                start = Pinned(network, tools.Pion, plan.Server, $"{PionPort}");
                break;
            default:
                throw new LoadException($"There is no server of the kind {Kind}.");
        }

        RunningServer server = new(Title, Command.Start(start), Path.Combine(folder, "log"));
        try
        {
            if (Kind == "janus")
            {
                // It has no word for it: its API answers when it is.
                server.ReadLog();
            }
            else
            {
                server.AwaitReady();
            }

            return server with { Plan = ready with { ServerPid = server.Pid } };
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    private static ProcessStartInfo Pinned(NetworkPair network, string program, params IEnumerable<string> arguments) =>
        Command.Pinned(network.Server, Tools.ServerCore, program, arguments);
}

/// <summary>Where the programs are.</summary>
internal sealed record Tools(string Dotnet, string Bench, string Yardstick, string Pion)
{
    public const int LoadCore = 0;
    public const int ServerCore = 1;
}

/// <summary>A server's process. Disposal ends it, first by asking.</summary>
internal sealed record RunningServer(string Title, Process Process, string Log) : IDisposable
{
    private readonly ManualResetEventSlim _ready = new();
    private readonly StreamWriter _log = new(Log) { AutoFlush = true };

    public LoadPlan Plan { get; init; } = null!;

    public int Pid => Process.Id;

    /// <exception cref="LoadException">It ended, or did not say "ready" in time.</exception>
    public void AwaitReady()
    {
        ReadLog();
        for (int i = 0; i < 150 && !_ready.Wait(100); i++)
        {
            if (Process.HasExited)
            {
                // Also until all of its last words have been read.
                Process.WaitForExit();
                throw new LoadException($"{Title} ended at its start with status {Process.ExitCode}: {Tail()}");
            }
        }

        if (!_ready.IsSet)
        {
            throw new LoadException($"{Title} was not ready within 15 s: {Tail()}");
        }
    }

    public void ReadLog()
    {
        DataReceivedEventHandler take = (_, line) =>
        {
            if (line.Data is { } text)
            {
                lock (_log)
                {
                    _log.WriteLine(text);
                }

                if (text.Trim() == "ready")
                {
                    _ready.Set();
                }
            }
        };
        Process.OutputDataReceived += take;
        Process.ErrorDataReceived += take;
        Process.BeginOutputReadLine();
        Process.BeginErrorReadLine();
    }

    /// <summary>The end of what it said.</summary>
    public string Tail()
    {
        lock (_log)
        {
            using FileStream stream = new(Log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using StreamReader reader = new(stream);
            string all = reader.ReadToEnd().Trim();
            return all.Length == 0 ? "(it said nothing)" : all[Math.Max(0, all.Length - 600)..];
        }
    }

    public void Dispose()
    {
        if (!Process.HasExited)
        {
            using (Process.Start("kill", $"-TERM {Process.Id}"))
            {
                if (!Process.WaitForExit(3000))
                {
                    Process.Kill();
                    Process.WaitForExit();
                }
            }
        }

        Process.Dispose();
        _ready.Dispose();
        lock (_log)
        {
            _log.Dispose();
        }
    }
}
