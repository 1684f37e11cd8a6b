using System.Diagnostics;
using System.Runtime.Versioning;
using Wardline.Ledger.Copies;
using Wardline.Ledger.Tests.Storage;
using Wardline.Ledger.Tree;
using Wardline.Ledger.Verify;

namespace Wardline.Ledger.Tests.Copies;

/// <summary>A second place, which is away, full, slow, of somebody else, or has another history.</summary>
public sealed class CopyTests : IDisposable
{
    private readonly LogFolder _folder = new();
    private readonly DirectoryInfo _elsewhere = Directory.CreateTempSubdirectory("copies-");
    private readonly List<LedgerAlert> _alerts = [];

    public CopyTests()
    {
        Directory.CreateDirectory(Copy);
        Directory.CreateDirectory(Inbox);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Copy => Path.Combine(_elsewhere.FullName, "copy");

    private string Inbox => Path.Combine(_elsewhere.FullName, "inbox");

    public void Dispose()
    {
        _folder.Dispose();
        _elsewhere.Delete(recursive: true);
    }

    [Fact]
    public async Task A_copy_is_a_log_that_can_be_verified_alone_and_the_log_against_it()
    {
        await using (LedgerLog log = _folder.Open())
        await using (LogCopier copier = Copier(log, new DirectoryPlace("copy", Copy)))
        {
            foreach (int more in (int[])[10, 0, 246, 1, 700])
            {
                await Grow(log, more);
                await copier.CopyAsync(Cancel);
                Assert.Equal((CopyState.Current, log.Size), (copier.Status[0].State, copier.Status[0].Size));
                VerifyReport report = Verify(Copy, null);
                Assert.Equal((null, log.Size), (report.Finding, report.Size));
            }
        }

        VerifyReport against = Verify(_folder.Path, Copy);
        Assert.Equal((null, 4), (against.Finding, against.Held));
        Assert.Equal("log.vkey", Path.GetFileName(Directory.GetFiles(Copy).Single()));
    }

    [Fact]
    public async Task A_place_that_was_away_is_caught_up_with_and_no_append_waits_for_it()
    {
        FaultyPlace place = new(new DirectoryPlace("copy", Copy));
        await using LedgerLog log = _folder.Open();
        await using LogCopier copier = Copier(log, place, new DirectoryPlace("other", Path.Combine(_elsewhere.FullName, "absent")));
        await Grow(log, 300);
        place.Fault = static _ => throw new IOException("away");
        await copier.CopyAsync(Cancel);
        Assert.Equal([(CopyState.Away, "ledger.copy-away", 0L), (CopyState.Away, "ledger.copy-away", 0L)], copier.Status.Select(s => (s.State, s.Code!, s.Size)));
        await Grow(log, 300);
        place.Fault = null;
        await copier.CopyAsync(Cancel);
        Assert.Equal((CopyState.Current, null, 600), (copier.Status[0].State, copier.Status[0].Code, copier.Status[0].Size));
        await Grow(log, 300);
        Assert.Equal(300, log.Size - copier.Status[0].Size);
        Assert.Empty(_alerts);
        Assert.Null(Verify(Copy, null).Finding);
    }

    [Fact]
    public async Task A_place_that_never_answers_holds_up_nothing_and_its_time_runs_out()
    {
        FaultyPlace place = new(new DirectoryPlace("copy", Copy)) { Fault = static _ => Task.Delay(Timeout.Infinite, CancellationToken.None) };
        await using LedgerLog log = _folder.Open();
        await using LogCopier copier = new(log, [place], new CopyOptions { Every = TimeSpan.FromHours(1), Timeout = TimeSpan.FromMilliseconds(200) }, TimeProvider.System);
        Task copying = copier.CopyAsync(Cancel);
        await Grow(log, 100);
        await copying;
        Assert.Equal(CopyState.Away, copier.Status[0].State);
    }

    [Fact]
    public async Task Whichever_operation_of_a_place_fails_the_next_round_completes_the_copy()
    {
        for (int failing = 0, steps = 0; failing <= steps; failing++)
        {
            string copy = Path.Combine(_elsewhere.FullName, $"copy-{failing}");
            Directory.CreateDirectory(copy);
            using LogFolder folder = new();
            FaultyPlace place = new(new DirectoryPlace("copy", copy));
            steps = 0;
            place.Fault = _ => steps++ == failing ? throw new IOException("away") : Task.CompletedTask;
            await using LedgerLog log = folder.Open();
            await using LogCopier copier = Copier(log, place);
            await Grow(log, 270);
            await copier.CopyAsync(Cancel);
            await Grow(log, 250);
            await copier.CopyAsync(Cancel);
            place.Fault = null;
            await copier.CopyAsync(Cancel);
            Assert.Equal((CopyState.Current, 520), (copier.Status[0].State, copier.Status[0].Size));
            Assert.Equal((null, 520), (Verify(copy, null).Finding, Verify(copy, null).Size));
        }

        Assert.Empty(_alerts);
    }

    [Fact]
    public async Task Another_history_under_the_same_key_is_an_alert_and_nothing_is_written_over_it()
    {
        await using (LedgerLog log = _folder.Open())
        await using (LogCopier copier = Copier(log, new DirectoryPlace("copy", Copy)))
        {
            await Grow(log, 300);
            await copier.CopyAsync(Cancel);
        }

        string[] before = Files();
        using LogFolder fork = _folder.Again();
        await using LedgerLog other = fork.Open();
        await Grow(other, 200);
        await using (LogCopier copier = Copier(other, new DirectoryPlace("copy", Copy)))
        {
            await copier.CopyAsync(Cancel);
            await copier.CopyAsync(Cancel);
            Assert.Equal(("ledger.rolled-back", 200, "copy"), (_alerts.Single().Code, _alerts.Single().Index, _alerts.Single().Where));
        }

        await Grow(other, 200, "other");
        await using (LogCopier copier = Copier(other, new DirectoryPlace("copy", Copy)))
        {
            await copier.CopyAsync(Cancel);
            Assert.Equal((CopyState.Differs, "ledger.copy-differs"), (copier.Status[0].State, copier.Status[0].Code));
        }

        Assert.Equal(["ledger.rolled-back", "ledger.copy-differs"], _alerts.Select(a => a.Code));
        Assert.Equal(before, Files());

        string[] Files() => [.. Directory.EnumerateFiles(Copy, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
    }

    [Fact]
    public async Task A_tile_that_somebody_put_there_before_is_an_alert()
    {
        Directory.CreateDirectory(Path.Combine(Copy, "tile", "entries"));
        await File.WriteAllTextAsync(Path.Combine(Copy, TilePath.Entries(0)), "another", Cancel);
        await using LedgerLog log = _folder.Open();
        await using LogCopier copier = Copier(log, new DirectoryPlace("copy", Copy));
        await Grow(log, 300);
        await copier.CopyAsync(Cancel);
        Assert.Equal("ledger.copy-differs", _alerts.Single().Code);
        Assert.Contains("tile/entries/000", _alerts.Single().What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Through_an_inbox_the_keeper_takes_over_and_until_then_the_copy_is_behind()
    {
        CopyKeeper keeper = new(Inbox, Copy);
        await using LedgerLog log = _folder.Open();
        await using LogCopier copier = Copier(log, new DirectoryPlace("copy", Copy, Inbox));
        foreach (int size in (int[])[300, 600])
        {
            await Grow(log, 300);
            await copier.CopyAsync(Cancel);
            await copier.CopyAsync(Cancel);
            Assert.Equal(CopyState.Behind, copier.Status[0].State);
            (int taken, IReadOnlyList<LedgerAlert> refused) = keeper.TakeOnce();
            Assert.True(taken > 4);
            Assert.Empty(refused);
            Assert.Empty(Directory.GetFiles(Inbox));
            await copier.CopyAsync(Cancel);
            Assert.Equal((CopyState.Current, size), (copier.Status[0].State, copier.Status[0].Size));
            Assert.Equal((null, size), (Verify(Copy, null).Finding, Verify(Copy, null).Size));
        }
    }

    [Fact]
    public async Task The_keeper_takes_no_link_no_strange_name_and_nothing_that_would_replace_something()
    {
        string secret = Path.Combine(_elsewhere.FullName, "secret");
        await File.WriteAllTextAsync(secret, "of the keeper", Cancel);
        await File.WriteAllTextAsync(Path.Combine(Inbox, "tile+0+000"), "first", Cancel);
        CopyKeeper keeper = new(Inbox, Copy);
        Assert.Equal(1, keeper.TakeOnce().Taken);
        await File.WriteAllTextAsync(Path.Combine(Inbox, "tile+0+000"), "second", Cancel);
        await File.WriteAllTextAsync(Path.Combine(Inbox, "tile+0+..+..+x"), "out", Cancel);
        await File.WriteAllTextAsync(Path.Combine(Inbox, "checkpoint"), "newest", Cancel);
        File.CreateSymbolicLink(Path.Combine(Inbox, "tile+0+001"), secret);
        Directory.CreateDirectory(Path.Combine(Inbox, "tile+0+002"));
        (int taken, IReadOnlyList<LedgerAlert> refused) = keeper.TakeOnce();
        Assert.Equal((0, 5), (taken, refused.Count));
        Assert.Equal(["first"], Directory.EnumerateFiles(Copy, "*", SearchOption.AllDirectories).Select(File.ReadAllText));
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public void The_server_may_put_something_into_the_inbox_and_neither_look_take_back_nor_touch_the_copy()
    {
        Assert.True(Environment.IsPrivilegedProcess, "Two users are needed, and root to be both.");
        File.SetUnixFileMode(_elsewhere.FullName, (UnixFileMode)0b111_101_101);
        File.SetUnixFileMode(Inbox, (UnixFileMode)0b001_111_011_011);
        File.WriteAllText(Path.Combine(Copy, "log.vkey"), "k");
        File.WriteAllText(Path.Combine(Inbox, "theirs"), "k");
        Assert.Equal(0, AsNobody("echo tile > \"$1/tile+0+000\"", Inbox));
        Assert.NotEqual(0, AsNobody("ls \"$1\"", Inbox));
        Assert.NotEqual(0, AsNobody("rm -f \"$1/theirs\"", Inbox));
        Assert.NotEqual(0, AsNobody("echo x > \"$1/log.vkey\"", Copy));
        Assert.NotEqual(0, AsNobody("rm -f \"$1/log.vkey\"", Copy));
        Assert.NotEqual(0, AsNobody("echo x > \"$1/tile\"", Copy));
        Assert.Equal(0, AsNobody("cat \"$1/log.vkey\"", Copy));

        static int AsNobody(string script, string folder)
        {
            using Process process = Process.Start(new ProcessStartInfo("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c", script, "sh", folder])
            {
                UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
            })!;
            process.WaitForExit();
            return process.ExitCode;
        }
    }

    private static VerifyReport Verify(string folder, string? against) => new LogVerifier(new VerifyOptions { Directory = folder, Against = against }).Run(null, Cancel);

    private static async Task Grow(LedgerLog log, int count, string what = "test")
    {
        await Task.WhenAll(Enumerable.Range(0, count).Select(i => log.AppendAsync(LogFolder.Draft($"{what}.{i}"), Cancel)));
        await log.CheckpointAsync(log.Size, Cancel);
    }

    private LogCopier Copier(LedgerLog log, params ICopyPlace[] places) =>
        new(log, places, new CopyOptions { Every = TimeSpan.FromHours(1), Alert = _alerts.Add }, TimeProvider.System);

    /// <param name="place">The place as it is when it is well.</param>
    private sealed class FaultyPlace(ICopyPlace place) : ICopyPlace
    {
        /// <summary>Asked before each operation.</summary>
        public Func<string, Task>? Fault { get; set; }

        public string Name => place.Name;

        public async Task<bool> TryCreateAsync(string path, ReadOnlyMemory<byte> bytes, CancellationToken cancel)
        {
            await (Fault?.Invoke("create") ?? Task.CompletedTask);
            return await place.TryCreateAsync(path, bytes, cancel);
        }

        public async Task<byte[]?> TryReadAsync(string path, CancellationToken cancel)
        {
            await (Fault?.Invoke("read") ?? Task.CompletedTask);
            return await place.TryReadAsync(path, cancel);
        }

        public async Task<IReadOnlyList<string>> ListAsync(string folder, CancellationToken cancel)
        {
            await (Fault?.Invoke("list") ?? Task.CompletedTask);
            return await place.ListAsync(folder, cancel);
        }
    }
}
