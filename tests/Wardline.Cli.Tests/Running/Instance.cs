using System.Text.RegularExpressions;

namespace Wardline.Cli.Tests.Running;

/// <summary>What <c>./run.sh</c> starts, on free ports, with a data root of its own and with the relay.</summary>
public sealed class Instance : IAsyncLifetime
{
    private RunningProgram? _run;

    public string Data { get; } = Directory.CreateTempSubdirectory("wardline-run-").FullName;

    public int Port { get; } = Ports.Free();

    public int UdpPort { get; } = Ports.Free();

    public int TurnPort { get; } = Ports.Free();

    public int TurnsPort { get; } = Ports.Free();

    internal RunningProgram Run => _run!;

    public async ValueTask InitializeAsync()
    {
        _run = Start();
        await ReadyAsync(_run);
        // The relay opens its ports beside the server.
        string log = Path.Combine(Data, "turn", "turnserver.log");
        Assert.True(
            SpinWait.SpinUntil(() => Directory.EnumerateFiles(Path.Combine(Data, "turn"), "turnserver*.log").Any(f => File.ReadAllText(f).Contains("TLS", StringComparison.Ordinal)), TimeSpan.FromSeconds(30)),
            $"{log} says nothing of a listener");
    }

    internal RunningProgram Start(params (string Name, string Value)[] environment) => RunningProgram.Start("./run.sh", Arguments(), environment);

    internal IEnumerable<string> Arguments() =>
        ["--no-build", "--data", Data, "--port", $"{Port}", "--udp-port", $"{UdpPort}", "--turn-port", $"{TurnPort}", "--turns-port", $"{TurnsPort}"];

    internal static async Task<string> ReadyAsync(RunningProgram run)
    {
        await run.SaysAsync(text => Regex.IsMatch(text, @"^Patient: \S+$", RegexOptions.Multiline));
        return Regex.Match(run.Output, @"^Patient: (\S+)$", RegexOptions.Multiline).Groups[1].Value;
    }

    public async ValueTask DisposeAsync()
    {
        if (_run is not null)
        {
            await _run.DisposeAsync();
        }

        Directory.Delete(Data, recursive: true);
    }
}
