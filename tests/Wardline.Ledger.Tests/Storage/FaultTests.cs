using System.Collections.Concurrent;
using System.Diagnostics;
using Wardline.Ledger.Checkpoints;
using Wardline.Ledger.Entries;
using Wardline.Ledger.Storage;
using Wardline.Ledger.Tree;
using Wardline.Ledger.Verify;

namespace Wardline.Ledger.Tests.Storage;

/// <summary>
/// A disk that fails, fills up or loses its power, many writers at once, and a second process: nothing that was acknowledged is
/// missing, nothing that was refused is there, and the verifier says so.
/// </summary>
public sealed class FaultTests : IDisposable
{
    private readonly LogFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task When_any_one_operation_fails_the_open_log_goes_on_by_itself_and_holds()
    {
        for (int failing = 0; ; failing++)
        {
            using LogFolder folder = new();
            int step = -1;
            bool failed = false, opened = false;
            List<long> acknowledged = [];
            try
            {
                await using LedgerLog log = folder.Open(step: _ =>
                {
                    if (Interlocked.Increment(ref step) == failing)
                    {
                        failed = true;
                        throw new IOException("Input/output error");
                    }
                });
                opened = true;
                for (int round = 0; round < 8; round++)
                {
                    acknowledged.AddRange(await AppendAsync(log, 40, round));
                    if (round % 3 == 2)
                    {
                        await SignAsync(log);
                    }
                }

                // Whatever failed failed once: nobody has to do anything.
                acknowledged.AddRange(await AppendAsync(log, 1, 8));
                await SignAsync(log);
                Assert.Equal(acknowledged.Count, (await log.CheckpointAsync(acknowledged.Count, Cancel)).Size);
                Assert.Null(log.Fault);
            }
            catch (LedgerException e) when (e.Code == "ledger.unwritable" && !opened)
            {
                Assert.True(failed);
            }

            acknowledged.Sort();
            Assert.Equal(acknowledged, Enumerable.Range(0, acknowledged.Count).Select(i => (long)i));
            if (opened)
            {
                Holds(folder, acknowledged.Count);
            }

            await using (LedgerLog again = folder.Open())
            {
                Assert.Equal(acknowledged.Count, again.Size);
            }

            Holds(folder, acknowledged.Count);
            if (!failed)
            {
                Assert.True(failing > 60, $"{failing} operations were tried");
                return;
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(3_000)]
    [InlineData(20_000)]
    public async Task A_full_disk_refuses_by_name_and_when_there_is_room_again_the_log_goes_on(int room)
    {
        FullDisk disk = new(new LedgerFiles(_folder.Path));
        long acknowledged = 0;
        await using (LedgerLog log = LedgerLog.Open(new LedgerOptions { Directory = _folder.Path, CheckpointEvery = TimeSpan.FromHours(1) }, _folder.Signer, TimeProvider.System, disk))
        {
            acknowledged += (await AppendAsync(log, 300, 0)).Count;
            await SignAsync(log);
            disk.Room = room;
            for (int round = 1; round < 6; round++)
            {
                acknowledged += (await AppendAsync(log, 100, round)).Count;
                await SignAsync(log);
            }

            using (LogFolder crashed = _folder.Copy())
            {
                await using LedgerLog after = crashed.Open();
                Assert.Equal(acknowledged, after.Size);
            }

            Assert.True(acknowledged < 800);
            disk.Room = long.MaxValue;
            acknowledged += (await AppendAsync(log, 10, 7)).Count;
            Assert.Equal(acknowledged, (await log.CheckpointAsync(acknowledged, Cancel)).Size);
            Assert.Null(log.Fault);
        }

        Holds(_folder, acknowledged);
        Assert.InRange(Directory.GetFiles(Path.Combine(_folder.Path, "journal")).Length, 1, 4);
    }

    [Fact]
    public async Task The_power_cut_at_each_byte_of_the_last_write_of_each_kind_loses_nothing()
    {
        // The image of the disk before each operation, with the write of that operation cut at some bytes: what a power cut leaves.
        List<(LogFolder Image, long Acknowledged)> images = [];
        long acknowledged = 0;
        try
        {
            CutDisk disk = new(new LedgerFiles(_folder.Path), damage =>
            {
                LogFolder image = _folder.Copy();
                images.Add((image, Interlocked.Read(ref acknowledged)));
                damage(image);
            });
            await using (LedgerLog log = LedgerLog.Open(new LedgerOptions { Directory = _folder.Path, CheckpointEvery = TimeSpan.FromHours(1) }, _folder.Signer, TimeProvider.System, disk))
            {
                for (int round = 0; round < 3; round++)
                {
                    for (int i = 0; i < 3; i++)
                    {
                        disk.IsOn = round == 2 && i > 0;
                        Interlocked.Add(ref acknowledged, (await AppendAsync(log, i == 2 ? 90 : 1, round)).Count);
                    }

                    await SignAsync(log);
                }
            }

            Assert.True(images.Count > 100, $"{images.Count} cuts were tried");
            foreach ((LogFolder image, long durable) in images)
            {
                long size;
                await using (LedgerLog again = image.Open())
                {
                    Assert.True(again.Size >= durable, $"{durable} entries were acknowledged, and {again.Size} are there");
                    size = (await again.AppendAsync(LogFolder.Draft("goes.on"), Cancel)).Index + 1;
                }

                Holds(image, size);
            }
        }
        finally
        {
            images.ForEach(i => i.Image.Dispose());
        }
    }

    [Fact]
    public async Task Many_writers_at_once_get_a_place_each_while_others_read_and_prove()
    {
        ConcurrentBag<long> places = [];
        await using (LedgerLog log = _folder.Open(every: TimeSpan.FromMilliseconds(20)))
        {
            Task[] writers = [.. Enumerable.Range(0, 32).Select(w => Task.Run(
                async () =>
                {
                    for (int i = 0; i < 60; i++)
                    {
                        Receipt receipt = await log.AppendAsync(LogFolder.Draft($"writer.{w}", new KeyValuePair<string, string>("n", $"{i}")), Cancel);
                        places.Add(receipt.Index);
                        if (i % 20 == 19)
                        {
                            Checkpoint signed = await log.CheckpointAsync(receipt.Index + 1, Cancel);
                            Assert.True(ProofCheck.Inclusion(receipt.Leaf, log.ProveInclusion(receipt.Index, signed.Size), signed.Root));
                        }
                    }
                },
                Cancel))];
            await Task.WhenAll(writers);
            Assert.Equal(1_920, (await log.CheckpointAsync(1_920, Cancel)).Size);

            // Of one writer, in the order in which it wrote.
            foreach (IGrouping<string, LedgerEntry> writer in log.Read(0, 2_000).GroupBy(e => e.Said.Action))
            {
                Assert.Equal(Enumerable.Range(0, 60).Select(i => $"{i}"), writer.Select(e => e.Said.Facts[0].Value));
            }
        }

        Assert.Equal(Enumerable.Range(0, 1_920).Select(i => (long)i), places.Order());
        Holds(_folder, 1_920);
    }

    [Fact]
    public async Task A_log_that_another_process_has_is_not_opened_and_is_when_that_has_ended()
    {
        await using (LedgerLog log = _folder.Open())
        {
            await log.AppendAsync(LogFolder.Draft(), Cancel);
            using Process other = Start("flock", "--nonblock", Path.Combine(_folder.Path, "lock"), "true");
            await other.WaitForExitAsync(Cancel);
            Assert.Equal(1, other.ExitCode);
        }

        using Process holder = Start("flock", Path.Combine(_folder.Path, "lock"), "sh", "-c", "echo held; cat");
        Assert.Equal("held", await holder.StandardOutput.ReadLineAsync(Cancel));
        Assert.Equal("ledger.locked", Assert.Throws<LedgerException>(() => _folder.Open()).Code);
        holder.StandardInput.Close();
        await holder.WaitForExitAsync(Cancel);
        await using LedgerLog again = _folder.Open();
        Assert.Equal(1, again.Size);
    }

    [Fact]
    public async Task An_empty_journal_that_a_crash_left_does_not_keep_all_later_ones_for_ever()
    {
        await using (LedgerLog log = _folder.Open())
        {
            await AppendAsync(log, 10, 0);
        }

        string journal = Path.Combine(_folder.Path, "journal");
        await File.WriteAllBytesAsync(Path.Combine(journal, "000000001"), [], Cancel);
        for (int round = 0; round < 3; round++)
        {
            await using LedgerLog log = _folder.Open();
            await AppendAsync(log, 300, round);
            await SignAsync(log);
        }

        await using (LedgerLog log = _folder.Open())
        {
            await AppendAsync(log, 1, 9);
            await SignAsync(log);
        }

        Assert.True(Directory.GetFiles(journal).Length <= 2, string.Join(' ', Directory.GetFiles(journal)));
        Holds(_folder, 911);
    }

    [Fact]
    public async Task Who_writes_faster_than_tiles_are_taken_waits_and_is_refused_only_while_none_can_be_written()
    {
        bool tilesFail = false;
        LedgerFiles files = new(_folder.Path, what =>
        {
            if (tilesFail && what == "rename")
            {
                throw new IOException("Input/output error");
            }
        });
        await using (LedgerLog log = LedgerLog.Open(
            new LedgerOptions { Directory = _folder.Path, CheckpointEvery = TimeSpan.FromHours(1), MaxWaiting = 1_000 }, _folder.Signer, TimeProvider.System, files))
        {
            for (int round = 0; round < 5; round++)
            {
                Assert.Equal(4_000, (await AppendAsync(log, 4_000, round)).Count);
            }

            await SignAsync(log);
            tilesFail = true;
            int taken = 0;
            for (int i = 0; i < 40; i++)
            {
                taken += (await AppendAsync(log, 100, i)).Count;
            }

            Assert.InRange(taken, 1_000, 1_500);
            tilesFail = false;
            await SignAsync(log);
            Assert.Equal(100, (await AppendAsync(log, 100, 9)).Count);
        }

        Assert.Null(new LogVerifier(new VerifyOptions { Directory = _folder.Path }).Run(null, Cancel).Finding);
    }

    [Fact]
    public async Task Narrow_tiles_of_before_a_restart_do_not_stay()
    {
        for (int round = 0; round < 4; round++)
        {
            await using LedgerLog log = _folder.Open();
            await AppendAsync(log, 10, round);
        }

        Assert.Equal(["tile/0/000.p/40", "tile/entries/000.p/40"], Directory.EnumerateFiles(Path.Combine(_folder.Path, "tile"), "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(_folder.Path, f)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Refused_entries_stay_refused_after_a_crash_although_their_bytes_came_to_the_disk()
    {
        int failing = -1, step = -1;
        await using LedgerLog log = _folder.Open(step: what =>
        {
            // Written, and only the fsync behind it fails.
            if (what == "sync" && Interlocked.Increment(ref step) == failing)
            {
                throw new IOException("Input/output error");
            }
        });
        await AppendAsync(log, 3, 0);
        failing = step + 1;
        Assert.Empty(await AppendAsync(log, 1, 1));
        using LogFolder crashed = _folder.Copy();
        await using LedgerLog again = crashed.Open();
        Assert.Equal(3, again.Size);
    }

    [Fact]
    public async Task A_journal_whose_refused_end_could_not_be_cut_off_is_gone_on_with_in_another_file_and_holds()
    {
        string? failing = null;
        await using (LedgerLog log = _folder.Open(step: what =>
        {
            if (what == failing)
            {
                failing = what == "sync" ? "cut" : null;
                throw new IOException("Input/output error");
            }
        }))
        {
            await AppendAsync(log, 300, 0);
            failing = "sync";
            Assert.Empty(await AppendAsync(log, 1, 1));
            Assert.Null(failing);
            using (LogFolder crashed = _folder.Copy())
            {
                Assert.Equal(2, Directory.GetFiles(Path.Combine(crashed.Path, "journal")).Length);
                await using LedgerLog after = crashed.Open();
                Assert.Equal(300, after.Size);
            }

            Assert.Equal([300L], await AppendAsync(log, 1, 2));
            await SignAsync(log);
        }

        Holds(_folder, 301);
    }

    private static Process Start(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true })!;

    private static async Task<List<long>> AppendAsync(LedgerLog log, int count, int round)
    {
        Task<Receipt>[] appended = [.. Enumerable.Range(0, count).Select(i => log.AppendAsync(LogFolder.Draft($"round.{round}.{i}"), Cancel))];
        List<long> places = [];
        foreach (Task<Receipt> one in appended)
        {
            try
            {
                places.Add((await one).Index);
            }
            catch (LedgerException e)
            {
                Assert.Equal("ledger.unwritable", e.Code);
            }
        }

        return places;
    }

    private static async Task SignAsync(LedgerLog log)
    {
        try
        {
            await log.CheckpointAsync(log.Size, Cancel);
        }
        catch (LedgerException e)
        {
            Assert.Equal("ledger.unwritable", e.Code);
        }
    }

    private static void Holds(LogFolder folder, long entries)
    {
        VerifyReport report = new LogVerifier(new VerifyOptions { Directory = folder.Path, Keys = [folder.Signer.Key.ToString()] }).Run(null, Cancel);
        Assert.Null(report.Finding);
        Assert.Equal(entries, report.Size + report.Unsigned);
    }
}
