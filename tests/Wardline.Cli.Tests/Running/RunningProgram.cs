using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Wardline.Cli.Tests.Running;

/// <summary>A program of the repository in a session of its own, so that whatever it starts can be found, and ended.</summary>
internal sealed class RunningProgram : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly List<(Func<string, bool> Holds, TaskCompletionSource Seen)> _awaited = [];

    private RunningProgram(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.ErrorDataReceived += (_, line) => Take(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public static string Root { get; } = FindRoot();

    /// <summary>The session and the process group, too.</summary>
    public int Id => _process.Id;

    /// <summary>Both streams, line by line.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public static RunningProgram Start(string file, IEnumerable<string> args, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = new("setsid", [file, .. args]) { WorkingDirectory = Root, UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return new RunningProgram(start);
    }

    public async Task SaysAsync(Func<string, bool> holds)
    {
        TaskCompletionSource seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_output)
        {
            if (holds(Output))
            {
                return;
            }

            _awaited.Add((holds, seen));
        }

        Task first = await Task.WhenAny(seen.Task, _process.WaitForExitAsync(), Task.Delay(Patience));
        Assert.True(first == seen.Task, $"it did not say so:\n{Output}");
    }

    public async Task<int> EndedAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Patience);
        return _process.ExitCode;
    }

    /// <summary>As Ctrl-C does: to everything in the foreground.</summary>
    public void SignalGroup(string signal) => Kill(signal, -Id);

    public void Type(string keys)
    {
        _process.StandardInput.Write(keys);
        _process.StandardInput.Flush();
    }

    public void Signal(string signal) => Kill(signal, Id);

    /// <summary>Command lines of what is alive in this session.</summary>
    public IReadOnlyList<(int Id, string Command)> Session()
    {
        List<(int, string)> found = [];
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            try
            {
                if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out int id))
                {
                    // proc(5): after the name in brackets come state, parent, group, session.
                    string stat = File.ReadAllText(Path.Combine(folder, "stat"));
                    string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                    if (fields[0] != "Z" && int.Parse(fields[3], CultureInfo.InvariantCulture) == Id)
                    {
                        found.Add((id, File.ReadAllText(Path.Combine(folder, "cmdline")).Replace('\0', ' ')));
                    }
                }
            }
            catch (IOException)
            {
                // that one ended meanwhile
            }
        }

        return found;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            Signal("TERM");
            await EndedAsync();
        }

        foreach ((int id, _) in Session())
        {
            Kill("KILL", id);
        }

        _process.Dispose();
    }

    private static void Kill(string signal, int target)
    {
        using Process kill = Process.Start("kill", [$"-{signal}", "--", target.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private void Take(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
            string all = _output.ToString();
            foreach ((_, TaskCompletionSource seen) in _awaited.Where(a => a.Holds(all)))
            {
                seen.TrySetResult();
            }
        }
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
}
