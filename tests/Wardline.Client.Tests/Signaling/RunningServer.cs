using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace Wardline.Client.Tests.Signaling;

/// <summary>The real server with its demo clinic, on free ports and with a data root of its own.</summary>
public partial class RunningServer : IAsyncLifetime
{
    private readonly string _data = Directory.CreateTempSubdirectory("wardline-client-").FullName;
    private readonly StringBuilder _output = new();
    private readonly int _port = Ports.Free();
    private readonly int _mediaPort = Ports.Free();
    private Process? _process;

    public string Clinician { get; private set; } = "";

    public string Patient { get; private set; } = "";

    /// <summary>The server's own certificate, to pin.</summary>
    public string Certificate => Directory.EnumerateFiles(_data, "*.pem", SearchOption.AllDirectories).Concat(
        Directory.EnumerateFiles(_data, "*.crt", SearchOption.AllDirectories)).First(f => File.ReadAllText(f).Contains("BEGIN CERTIFICATE", StringComparison.Ordinal));

    /// <summary>Settings beside the usual ones.</summary>
    protected virtual IEnumerable<(string Name, string Value)> Settings => [];

    public virtual ValueTask InitializeAsync() => new(StartAsync());

    /// <summary>Ends it as an administrator would, and starts it again on the same ports and data.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        (Clinician, Patient) = ("", "");
        await StartAsync();
    }

    private async Task StartAsync()
    {
        string root = FindRoot();
        ProcessStartInfo start = new("dotnet", [Path.Combine(root, "src/Wardline.Server/bin/Release/net10.0/Wardline.Server.dll")])
        {
            WorkingDirectory = root, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach ((string name, string value) in Settings.Concat(
        [
            ("Data__Root", _data), ("Server__Host", "localhost"), ("Server__Port", $"{_port}"),
            ("Media__UdpPort", $"{_mediaPort}"), ("Media__TcpPort", $"{_mediaPort}"), ("Demo__Enabled", "true"),
        ]))
        {
            start.Environment[name] = value;
        }

        TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Take(line.Data, ready);
        _process.ErrorDataReceived += (_, line) => Take(line.Data, ready);
        _process.Exited += (_, _) => ready.TrySetException(new InvalidOperationException($"the server ended:\n{_output}"));
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await ready.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await StopAsync();
        Directory.Delete(_data, recursive: true);
    }

    private async Task StopAsync()
    {
        if (_process is { HasExited: false })
        {
            using (Process kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]))
            {
                await kill.WaitForExitAsync();
            }

            await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        }

        _process?.Dispose();
        _process = null;
    }

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Wardline.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("These tests run inside the repository.");
    }

    private void Take(string? line, TaskCompletionSource ready)
    {
        lock (_output)
        {
            _output.AppendLine(line);
            Match link = Link().Match(line ?? "");
            Clinician = link.Groups[1].Value == "Clinician" ? link.Groups[2].Value : Clinician;
            Patient = link.Groups[1].Value == "Patient" ? link.Groups[2].Value : Patient;
            if (Clinician.Length > 0 && Patient.Length > 0)
            {
                ready.TrySetResult();
            }
        }
    }

    [GeneratedRegex(@"^(Clinician|Patient): (\S+)$")]
    private static partial Regex Link();
}
