using System.Text;
using Wardline.Ledger.Entries;
using Wardline.Ledger.Storage;
using Wardline.Ledger.Tests.Storage;
using Wardline.Ledger.Tree;
using Wardline.Ledger.Verify;

namespace Wardline.Ledger.Tests.Verify;

/// <summary>Somebody who can write every file of the log, and even sign, against somebody who only reads it.</summary>
public sealed class LogVerifierTests : IAsyncLifetime
{
    private const int Entries = 700;
    private readonly LogFolder _folder = new();
    private string _early = "";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await using LedgerLog log = _folder.Open();
        for (int i = 0; i < Entries; i += 50)
        {
            await Task.WhenAll(Enumerable.Range(i, 50).Select(n => log.AppendAsync(LogFolder.Draft($"test.{n}"), Cancel)));
            if (i == 300)
            {
                _early = (await log.CheckpointAsync(350, Cancel)).Note;
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void A_log_that_nobody_touched_holds()
    {
        VerifyReport report = Run(_folder, _early);
        Assert.Null(report.Finding);
        Assert.Equal((Entries, Entries, "wardline.test/log"), (report.Size, report.Read, report.Origin));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(255)]
    [InlineData(300)]
    [InlineData(699)]
    public void A_changed_byte_is_found_in_its_entry(int index) =>
        Found("verify.changed", index, Edit(entries => entries[index] = Replace(entries[index], "c-osei", "c-smit")));

    [Theory]
    [InlineData(0)]
    [InlineData(300)]
    [InlineData(511)]
    public void A_changed_entry_whose_tile_was_changed_too_is_found_by_the_entry_that_follows(int index) =>
        Found("verify.changed", index, Edit(entries => entries[index] = Replace(entries[index], "c-osei", "c-smit"), tiles: true));

    [Theory]
    [InlineData(0)]
    [InlineData(256)]
    [InlineData(698)]
    public void A_deleted_entry_is_found_where_it_stood(int index) => Found("verify.missing", index, Edit(entries => entries.RemoveAt(index), tiles: true));

    [Fact]
    public void The_last_entry_deleted_is_found() => Found("verify.missing", Entries - 1, Edit(entries => entries.RemoveAt(Entries - 1)));

    [Fact]
    public void Two_entries_that_changed_places_are_found() =>
        Found("verify.out-of-place", 400, Edit(entries => (entries[400], entries[401]) = (entries[401], entries[400]), tiles: true));

    [Fact]
    public void An_end_that_was_written_anew_is_not_what_was_signed_and_a_copy_shows_from_where()
    {
        using LogFolder forged = Edit(entries => Rechain(entries, 500), tiles: true);
        Assert.Equal("verify.wrong-root", Run(forged).Finding?.Code);
        Finding? finding = new LogVerifier(new VerifyOptions { Directory = forged.Path, Keys = [_folder.Signer.Key.ToString()], Against = _folder.Path }).Run(null, Cancel).Finding;
        Assert.Equal(("verify.wrong-root", 500), (finding?.Code, finding?.Index));
    }

    [Fact]
    public async Task A_forked_history_signed_by_the_log_itself_is_caught_by_a_checkpoint_kept_elsewhere()
    {
        using LogFolder fork = await SignedAsync(i => $"other.{i}", Entries);
        Assert.Null(Run(fork).Finding);
        Assert.Equal("verify.forked", Run(fork, _early).Finding?.Code);
    }

    [Fact]
    public async Task A_log_rolled_back_and_signed_again_is_caught_by_a_checkpoint_kept_elsewhere()
    {
        using LogFolder shorter = await SignedAsync(i => $"test.{i}", 200);
        Assert.Null(Run(shorter).Finding);
        Finding? finding = Run(shorter, _early).Finding;
        Assert.Equal(("verify.rolled-back", 200), (finding?.Code, finding?.Index));
    }

    [Fact]
    public void A_checkpoint_that_somebody_else_signed_is_none()
    {
        using LogFolder other = new();
        Assert.Equal("verify.bad-signature", new LogVerifier(new VerifyOptions { Directory = _folder.Path, Keys = [other.Signer.Key.ToString()] }).Run(null, Cancel).Finding?.Code);
    }

    [Theory]
    [InlineData("tile/0/000")]
    [InlineData("tile/entries/001")]
    [InlineData("tile/1/000.p/2")]
    public void A_file_that_is_not_there_is_named(string path)
    {
        using LogFolder copy = _folder.Copy();
        File.Delete(Path.Combine(copy.Path, path));
        Finding? finding = Run(copy).Finding;
        Assert.Equal("verify.missing", finding?.Code);
        Assert.Contains(path, finding?.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tile_above_the_entries_that_was_changed_is_found()
    {
        using LogFolder copy = _folder.Copy();
        string tile = Path.Combine(copy.Path, "tile/1/000.p/2");
        byte[] bytes = File.ReadAllBytes(tile);
        bytes[40] ^= 1;
        File.WriteAllBytes(tile, bytes);
        Assert.Equal("verify.wrong-tile", Run(copy).Finding?.Code);
    }

    [Fact]
    public void An_empty_folder_is_no_log()
    {
        using LogFolder empty = new();
        Assert.Equal("verify.no-checkpoint", Run(empty).Finding?.Code);
    }

    [Fact]
    public async Task What_was_read_once_need_not_be_read_again_and_what_came_since_is_held_against_it()
    {
        VerifyState state = Run(_folder).State!;
        Assert.Equal(512, state.Size);
        using LogFolder forged = Edit(entries => Rechain(entries, 600), tiles: true);
        await using (LedgerLog log = _folder.Open())
        {
            await log.AppendAsync(LogFolder.Draft("after.that"), Cancel);
        }

        VerifyReport report = new LogVerifier(new VerifyOptions { Directory = _folder.Path, From = state }).Run(null, Cancel);
        Assert.Equal((null, Entries + 1), (report.Finding, report.Size));
        Assert.Equal("verify.wrong-root", new LogVerifier(new VerifyOptions { Directory = forged.Path, From = state }).Run(null, Cancel).Finding?.Code);
    }

    [Fact]
    public async Task Two_keys_with_one_number_of_one_visit_are_a_contradiction_although_everything_is_signed()
    {
        using LogFolder folder = new();
        static KeyValuePair<string, string>[] Key(int seq, string prev) => [new("scope", "s-1"), new("seq", $"{seq}"), new("prev", prev)];
        await using (LedgerLog log = folder.Open())
        {
            Receipt first = await log.AppendAsync(LogFolder.Draft("key.member", Key(0, "")), Cancel);
            string prev = System.Buffers.Text.Base64Url.EncodeToString(first.Leaf);
            await log.AppendAsync(LogFolder.Draft("key.member", Key(1, prev)), Cancel);
            Assert.Null(new LogVerifier(new VerifyOptions { Directory = folder.Path }).Run(null, Cancel).Finding);
            await log.AppendAsync(LogFolder.Draft("key.member", Key(1, prev)), Cancel);
        }

        Finding? finding = new LogVerifier(new VerifyOptions { Directory = folder.Path }).Run(null, Cancel).Finding;
        Assert.Equal(("verify.key-contradiction", 2), (finding?.Code, finding?.Index));
    }

    [Fact]
    public async Task A_key_whose_predecessor_is_no_hash_is_a_contradiction_and_no_exception()
    {
        using LogFolder folder = new();
        await using (LedgerLog log = folder.Open())
        {
            await log.AppendAsync(LogFolder.Draft("key.member", new("scope", "s-1"), new("seq", "1"), new("prev", "}")), Cancel);
        }

        Assert.Equal("verify.key-contradiction", new LogVerifier(new VerifyOptions { Directory = folder.Path }).Run(null, Cancel).Finding?.Code);
    }

    [Fact]
    public async Task When_there_are_more_visits_than_memory_is_given_their_keys_are_read_in_turns()
    {
        using LogFolder folder = new();
        await using (LedgerLog log = folder.Open())
        {
            for (int visit = 0; visit < 60; visit++)
            {
                await log.AppendAsync(LogFolder.Draft("key.member", new("scope", $"s-{visit}"), new("seq", "0"), new("prev", "")), Cancel);
            }

            await log.AppendAsync(LogFolder.Draft("key.member", new("scope", "s-41"), new("seq", "0"), new("prev", "")), Cancel);
        }

        Finding? finding = new LogVerifier(new VerifyOptions { Directory = folder.Path, MaxKeyChains = 4 }).Run(null, Cancel).Finding;
        Assert.Equal(("verify.key-contradiction", 60), (finding?.Code, finding?.Index));
    }

    [Fact]
    public async Task A_byte_changed_in_the_journal_that_no_power_cut_changes_is_found()
    {
        using LogFolder copy = _folder.Copy();
        await using (LedgerLog log = copy.Open())
        {
            await log.AppendAsync(LogFolder.Draft("one.more"), Cancel);
            await log.AppendAsync(LogFolder.Draft("and.another"), Cancel);
            using LogFolder crashed = copy.Copy();
            Assert.Equal(2, Run(crashed).Unsigned);
            string journal = Directory.GetFiles(Path.Combine(crashed.Path, "journal")).Order(StringComparer.Ordinal).Last();
            byte[] bytes = await File.ReadAllBytesAsync(journal, Cancel);
            bytes[bytes.AsSpan().IndexOf("one.more"u8)] = (byte)'O';
            await File.WriteAllBytesAsync(journal, bytes, Cancel);
            Finding? finding = Run(crashed).Finding;
            Assert.Equal(("verify.changed", Entries), (finding?.Code, finding?.Index));
        }
    }

    private VerifyReport Run(LogFolder folder, string? earlier = null) =>
        new LogVerifier(new VerifyOptions { Directory = folder.Path, Keys = [_folder.Signer.Key.ToString()], Checkpoints = earlier is null ? [] : [earlier] }).Run(null, Cancel);

    private void Found(string code, long index, LogFolder tampered)
    {
        using (tampered)
        {
            Finding? finding = Run(tampered).Finding;
            Assert.Equal((code, index), (finding?.Code, finding?.Index));
        }
    }

    /// <summary>A copy whose entries somebody has changed, with or without the tiles over them; the signature is as it was.</summary>
    private LogFolder Edit(Action<List<byte[]>> edit, bool tiles = false)
    {
        LogFolder copy = _folder.Copy();
        LedgerFiles files = new(copy.Path);
        List<byte[]> entries = [.. Enumerable.Range(0, (Entries + 255) / 256).SelectMany(b => TreeWriter.Unpack(files.TryRead(TilePath.Entries(b, Math.Min(256, Entries - (b * 256))))!))];
        edit(entries);
        TreeWriter tree = new();
        foreach (byte[] entry in entries)
        {
            tree.Add(entry, TreeHash.Leaf(entry));
        }

        List<(string Path, byte[] Bytes)> written = [.. tree.Partial()];
        while (tree.NextFull() is { } full)
        {
            written.Add(full);
            tree.IsWritten();
        }

        foreach ((string path, byte[] bytes) in written)
        {
            string name = path.Replace($".p/{entries.Count % 256}", $".p/{Entries % 256}", StringComparison.Ordinal);
            if (tiles || name.Contains("entries", StringComparison.Ordinal))
            {
                files.WriteWhole(name, bytes);
            }
        }

        return copy;
    }

    private async Task<LogFolder> SignedAsync(Func<int, string> action, int count)
    {
        LogFolder other = _folder.Copy();
        foreach (string name in (string[])["tile", "journal"])
        {
            Directory.Delete(Path.Combine(other.Path, name), recursive: true);
        }

        File.Delete(Path.Combine(other.Path, "checkpoint"));
        await using LedgerLog log = other.Open();
        for (int i = 0; i < count; i++)
        {
            await log.AppendAsync(LogFolder.Draft(action(i)), Cancel);
        }

        return other;
    }

    private static void Rechain(List<byte[]> entries, int from)
    {
        for (int i = from; i < entries.Count; i++)
        {
            Assert.True(EntryForm.TryRead(entries[i], out LedgerEntry? entry));
            entries[i] = EntryForm.Write(entry! with
            {
                Previous = System.Buffers.Text.Base64Url.EncodeToString(TreeHash.Leaf(entries[i - 1])),
                Said = i == from ? entry.Said with { Actor = "c-smith" } : entry.Said,
            });
        }
    }

    private static byte[] Replace(byte[] entry, string old, string with) =>
        Encoding.ASCII.GetBytes(Encoding.ASCII.GetString(entry).Replace(old, with, StringComparison.Ordinal));
}
