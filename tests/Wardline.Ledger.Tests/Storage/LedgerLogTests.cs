using System.Text;
using Wardline.Ledger.Checkpoints;
using Wardline.Ledger.Entries;
using Wardline.Ledger.Tree;
using Wardline.Ledger.Verify;

namespace Wardline.Ledger.Tests.Storage;

public sealed class LedgerLogTests : IDisposable
{
    private readonly LogFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_entry_is_chained_proven_and_read_back()
    {
        await using LedgerLog log = _folder.Open();
        Receipt first = await log.AppendAsync(LogFolder.Draft("identity.link-used"), Cancel);
        Receipt second = await log.AppendAsync(LogFolder.Draft("visit.admit", new KeyValuePair<string, string>("code", "a \"b\" \\c")), Cancel);
        Checkpoint checkpoint = await log.CheckpointAsync(2, Cancel);
        Assert.Equal((0, 1, 2), (first.Index, second.Index, checkpoint.Size));
        LedgerEntry[] read = [.. log.Read(0, 10)];
        Assert.Equal(["", System.Buffers.Text.Base64Url.EncodeToString(first.Leaf)], read.Select(e => e.Previous));
        Assert.Equal("a \"b\" \\c", read[1].Said.Facts[0].Value);
        Assert.True(ProofCheck.Inclusion(second.Leaf, log.ProveInclusion(1, 2), checkpoint.Root));
        Assert.Equal(checkpoint, Checkpoint.Open(checkpoint.Note, _folder.Signer.Key)! with { Root = checkpoint.Root });
    }

    [Fact]
    public async Task What_was_acknowledged_is_there_after_a_restart_signed_or_not()
    {
        await using (LedgerLog log = _folder.Open())
        {
            await Task.WhenAll(Enumerable.Range(0, 1_000).Select(i => log.AppendAsync(LogFolder.Draft($"test.{i}"), Cancel)));
            await log.CheckpointAsync(700, Cancel);
            await log.AppendAsync(LogFolder.Draft("after.checkpoint"), Cancel);
            using LogFolder crashed = _folder.Copy();
            await using LedgerLog again = crashed.Open();
            Assert.Equal((1_001, 1_001), (again.Size, again.Latest.Size));
            Assert.Equal("after.checkpoint", again.Read(1_000, 1).Single().Said.Action);
            Assert.True(ProofCheck.Consistency(again.ProveConsistency(log.Latest.Size, again.Latest.Size), log.Latest.Root, again.Latest.Root));
            Receipt next = await again.AppendAsync(LogFolder.Draft("next"), Cancel);
            Assert.Equal(1_001, next.Index);
        }
    }

    [Fact]
    public async Task A_log_cut_at_any_byte_of_its_last_write_loses_nothing_that_was_acknowledged()
    {
        string journal;
        long acknowledged;
        await using (LedgerLog log = _folder.Open())
        {
            for (int i = 0; i < 5; i++)
            {
                await log.AppendAsync(LogFolder.Draft($"test.{i}"), Cancel);
            }

            journal = Path.GetRelativePath(_folder.Path, Directory.GetFiles(Path.Combine(_folder.Path, "journal")).Single());
            acknowledged = new FileInfo(Path.Combine(_folder.Path, journal)).Length;
            await log.AppendAsync(LogFolder.Draft("the.last"), Cancel);
            using LogFolder image = _folder.Copy();
            byte[] whole = await File.ReadAllBytesAsync(Path.Combine(image.Path, journal), Cancel);
            for (long length = acknowledged; length <= whole.Length; length++)
            {
                using LogFolder cut = image.Copy();
                await File.WriteAllBytesAsync(Path.Combine(cut.Path, journal), whole[..(int)length], Cancel);
                await using LedgerLog again = cut.Open();
                Assert.Equal(length == whole.Length ? 6 : 5, again.Size);
                Assert.Equal(again.Size, (await again.AppendAsync(LogFolder.Draft("goes.on"), Cancel)).Index);
            }
        }
    }

    [Fact]
    public async Task When_any_one_operation_on_files_fails_nothing_acknowledged_is_lost()
    {
        for (int failing = 0; ; failing++)
        {
            using LogFolder folder = new();
            int step = -1;
            bool failed = false;
            List<long> acknowledged = [];
            try
            {
                await using LedgerLog log = folder.Open(step: _ =>
                {
                    if (Interlocked.Increment(ref step) == failing)
                    {
                        failed = true;
                        throw new IOException("No space left on device");
                    }
                });
                for (int round = 0; round < 6; round++)
                {
                    Task<Receipt>[] appended = [.. Enumerable.Range(0, 50).Select(i => log.AppendAsync(LogFolder.Draft($"test.{i}"), Cancel))];
                    try
                    {
                        await Task.WhenAll(appended);
                        if (round % 2 == 1)
                        {
                            await log.CheckpointAsync(log.Size, Cancel);
                        }
                    }
                    catch (LedgerException e) when (e.Code == "ledger.unwritable")
                    {
                        // Refused by name: the acts did not happen.
                    }

                    acknowledged.AddRange(appended.Where(a => a.IsCompletedSuccessfully).Select(a => a.Result.Index));
                }
            }
            catch (LedgerException e) when (e.Code == "ledger.unwritable")
            {
                // It could not be opened.
            }

            await using LedgerLog again = folder.Open();
            acknowledged.Sort();
            Assert.Equal(acknowledged, Enumerable.Range(0, acknowledged.Count).Select(i => (long)i));
            Assert.InRange(again.Size, acknowledged.Count, acknowledged.Count + 50); // the last batch may be there, although nobody was told
            Assert.Equal(again.Size, again.Read(0, 1_000).Count());
            if (!failed)
            {
                Assert.True(failing > 60, $"{failing} operations were tried");
                return;
            }
        }
    }

    [Fact]
    public async Task A_byte_changed_in_the_journal_is_damage_and_not_the_end_of_it()
    {
        await using (LedgerLog log = _folder.Open())
        {
            for (int i = 0; i < 20; i++)
            {
                await log.AppendAsync(LogFolder.Draft($"test.{i}"), Cancel);
            }

            using LogFolder copy = _folder.Copy();
            string journal = Directory.GetFiles(Path.Combine(copy.Path, "journal")).Single();
            byte[] bytes = await File.ReadAllBytesAsync(journal, Cancel);
            bytes[bytes.AsSpan().IndexOf("test.7"u8) + 5] = (byte)'9';
            await File.WriteAllBytesAsync(journal, bytes, Cancel);
            Assert.Equal("ledger.damaged", Assert.Throws<LedgerException>(() => copy.Open()).Code);
        }
    }

    [Fact]
    public async Task Only_one_process_writes_a_log()
    {
        await using LedgerLog log = _folder.Open();
        Assert.Equal("ledger.locked", Assert.Throws<LedgerException>(() => _folder.Open()).Code);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_is_said_once_and_time_stands_still()
    {
        SetClock clock = new() { Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero) };
        await using LedgerLog log = _folder.Open(clock);
        await log.AppendAsync(LogFolder.Draft(), Cancel);
        clock.Now -= TimeSpan.FromHours(1);
        await log.AppendAsync(LogFolder.Draft(), Cancel);
        await log.AppendAsync(LogFolder.Draft(), Cancel);
        clock.Now += TimeSpan.FromHours(2);
        await log.AppendAsync(LogFolder.Draft(), Cancel);
        await log.CheckpointAsync(4, Cancel);
        LedgerEntry[] entries = [.. log.Read(0, 4)];
        Assert.Equal([0, 0, 0, 60], entries.Select(e => (e.Time - entries[0].Time).TotalMinutes));
        Assert.Equal([0, 1, 0, 0], entries.Select(e => e.Said.Facts.Count));
        Assert.Equal(new("clockBackMs", "3600000"), entries[1].Said.Facts[0]);
    }

    [Theory]
    [InlineData("Visit.Admit")]
    [InlineData("")]
    [InlineData("visit admit")]
    public async Task What_cannot_stand_in_a_log_is_refused_by_name(string action)
    {
        await using LedgerLog log = _folder.Open();
        Assert.Equal("ledger.bad-entry", (await Assert.ThrowsAsync<LedgerException>(() => log.AppendAsync(LogFolder.Draft(action), Cancel))).Code);
        Assert.Equal("ledger.bad-entry", (await Assert.ThrowsAsync<LedgerException>(() => log.AppendAsync(LogFolder.Draft() with { Actor = "José" }, Cancel))).Code);
        Assert.Equal(0, log.Size);
    }

    [Fact]
    public async Task Another_key_does_not_open_a_log_that_was_signed()
    {
        await using (LedgerLog log = _folder.Open())
        {
            await log.AppendAsync(LogFolder.Draft(), Cancel);
        }

        using LogFolder other = new();
        using LogFolder copy = _folder.Copy();
        LedgerException refused = Assert.Throws<LedgerException>(() => LedgerLog.Open(new LedgerOptions { Directory = copy.Path }, other.Signer, TimeProvider.System));
        Assert.Equal("ledger.bad-checkpoint", refused.Code);
    }

    [Fact]
    public async Task After_it_was_closed_it_takes_nothing()
    {
        LedgerLog log = _folder.Open();
        Task<Receipt>[] last = [.. Enumerable.Range(0, 100).Select(_ => log.AppendAsync(LogFolder.Draft(), Cancel))];
        await log.DisposeAsync();
        await Task.WhenAll(last);
        Assert.Equal(100, log.Latest.Size);
        Assert.Equal("ledger.closed", (await Assert.ThrowsAsync<LedgerException>(() => log.AppendAsync(LogFolder.Draft(), Cancel))).Code);
    }

    [Fact]
    public void Bytes_that_are_no_entry_are_never_one()
    {
        byte[] good = EntryForm.Write(new LedgerEntry(3, DateTimeOffset.UnixEpoch, "", LogFolder.Draft("a.b", new KeyValuePair<string, string>("x", "y"))));
        Assert.True(EntryForm.TryRead(good, out _));
        Random random = new(7);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bad = [.. good];
            int at = random.Next(bad.Length);
            bad[at] = (byte)random.Next(256);
            if (EntryForm.TryRead(bad, out LedgerEntry? read))
            {
                Assert.Equal(bad, EntryForm.Write(read!));
            }

            EntryForm.TryRead(bad.AsSpan(0, at), out _);
        }

        Assert.False(EntryForm.TryRead(Encoding.ASCII.GetBytes(Encoding.ASCII.GetString(good).Replace("\"v\":1", "\"v\": 1", StringComparison.Ordinal)), out _));
    }

    [Theory]
    [InlineData("\n\n")]
    [InlineData("a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n")]
    public void A_note_that_ends_where_its_signatures_should_begin_is_none(string note)
    {
        Assert.Null(Checkpoint.Open(note, _folder.Signer.Key));
        Assert.Null(NoteReader.TryRead(note));
    }

    [Fact]
    public void An_entry_that_says_something_twice_is_none() => Assert.False(EntryForm.TryRead("{\"v\":1,\"a\":\"\",\"a\":\"\"}"u8, out _));

    private sealed class SetClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
