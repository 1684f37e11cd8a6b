using System.Text.Json;
using Wardline.Cli.Tests.Running;

namespace Wardline.Cli.Tests.Load;

/// <summary><c>wardline load</c> against what <c>./run.sh --visits</c> starts.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class LoadRunTests : IAsyncLifetime
{
    private readonly Instance _instance = new();

    private string Links => Path.Combine(_instance.Data, "demo", "visits.json");

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _instance.DisposeAsync();

    [Fact]
    public async Task It_fills_visits_opens_every_frame_and_reports()
    {
        await using RunningProgram run = RunningProgram.Start("./run.sh", [.. _instance.Arguments(), "--no-turn", "--visits", "3"]);
        await Instance.ReadyAsync(run);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Links));

        string report = Path.Combine(_instance.Data, "report.json");
        (int code, string output) = await LoadAsync("--sessions", "3", "--seconds", "4", "--json", report, "--bound", "failed-joins=0", "--bound", "wrong-frames=0");
        Assert.True(code == 0, output);
        using JsonDocument said = JsonDocument.Parse(await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken));
        JsonElement root = said.RootElement;
        Assert.Equal(0, root.GetProperty("failedJoins").GetInt32());
        // Six people with fifty voice frames a second each, and pictures beside.
        Assert.True(root.GetProperty("framesVerified").GetInt64() > 6 * 4 * 50, output);
        Assert.Equal(0, root.GetProperty("framesWrong").GetInt64());
        Assert.Contains("frames/s", output, StringComparison.Ordinal);

        // People leave and come back, everybody five times a minute.
        (code, output) = await LoadAsync(
            "--sessions", "3", "--seconds", "12", "--churn", "500%", "--json-lines", "--json", report, "--bound", "lost=0", "--bound", "stalls=0", "--bound", "wrong-frames=0");
        Assert.True(code == 0, output);
        using JsonDocument moved = JsonDocument.Parse(await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken));
        Assert.InRange(moved.RootElement.GetProperty("returned").GetInt32(), 1, moved.RootElement.GetProperty("left").GetInt32());
        JsonElement[] seconds = [.. output.Split('\n').Where(l => l.StartsWith('{')).Select(l => JsonElement.Parse(l))];
        Assert.True(seconds.Length >= 12, output);
        Assert.True(seconds[^1].GetProperty("framesVerified").GetInt64() > seconds[^3].GetProperty("framesVerified").GetInt64(), output);

        (code, output) = await LoadAsync("--sessions", "1", "--seconds", "1", "--profile", "voice", "--bound", "delay-p50-ms=0.0001");
        Assert.True(code == 1, output);
        Assert.Contains("delay-p50-ms is", output, StringComparison.Ordinal);

        // More than there are: said before anybody joins.
        (code, output) = await LoadAsync("--sessions", "4");
        Assert.True(code == 2, output);
        Assert.Contains("--visits 4", output, StringComparison.Ordinal);

        // The server goes away: everybody fails to join, with the reason.
        run.SignalGroup("TERM");
        await run.EndedAsync();
        (code, output) = await LoadAsync("--sessions", "2", "--seconds", "1");
        Assert.True(code == 1, output);
        Assert.Matches(@"(?m)^client\.unreachable: .* Nobody got in\.$", output);
    }

    private async Task<(int Code, string Output)> LoadAsync(params string[] args)
    {
        await using RunningProgram load = RunningProgram.Start("./wardline", ["load", "--links", Links, .. args]);
        int code = await load.EndedAsync();
        return (code, load.Output);
    }
}
