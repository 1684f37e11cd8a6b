using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Wardline.Packages.Tests;

/// <summary>A program that a stranger would start: its lines, its exit code, and no patience without end.</summary>
internal sealed class Command : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly SemaphoreSlim _said = new(0);

    public Command(string folder, string program, params IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = folder, UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
            Environment =
            {
                ["MSBUILDDISABLENODEREUSE"] = "1", // no process stays behind
                ["DOTNET_CLI_UI_LANGUAGE"] = "en",
                ["NO_COLOR"] = "1",
            },
        };
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.ErrorDataReceived += (_, line) => Take(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Output => string.Join('\n', _lines);

    /// <summary>Runs it to its end.</summary>
    /// <returns>What it said.</returns>
    public static async Task<string> RunAsync(string folder, TimeSpan patience, string program, params IEnumerable<string> arguments)
    {
        await using Command running = new(folder, program, arguments);
        int code = await running.EndAsync(patience);
        return code == 0 ? running.Output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {code}:\n{running.Output}");
    }

    /// <summary>Waits for a line, also among those that were said already.</summary>
    public async Task<Match> SaysAsync(Regex pattern, TimeSpan patience)
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        end.CancelAfter(patience);
        while (true)
        {
            if (_lines.Select(l => pattern.Match(l)).LastOrDefault(m => m.Success) is { } match)
            {
                return match;
            }

            try
            {
                await _said.WaitAsync(end.Token);
            }
            catch (OperationCanceledException late)
            {
                throw new TimeoutException($"nothing like {pattern} within {patience}:\n{Output}", late);
            }
        }
    }

    /// <summary>Waits until it has ended by itself.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> EndAsync(TimeSpan patience)
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        end.CancelAfter(patience);
        try
        {
            await _process.WaitForExitAsync(end.Token);
        }
        catch (OperationCanceledException late)
        {
            throw new TimeoutException($"still running after {patience}:\n{Output}", late);
        }

        return _process.ExitCode;
    }

    /// <summary>Tells it, by the end of its input, that nobody waits any more.</summary>
    public void CloseInput() => _process.StandardInput.Close();

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        _said.Dispose();
    }

    private void Take(string? line)
    {
        if (line is not null)
        {
            _lines.Enqueue(line);
            _said.Release();
        }
    }
}
