using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Wardline.Bench.Compare;
using Wardline.Ledger;
using Wardline.Ledger.Checkpoints;
using Wardline.Ledger.Entries;
using Wardline.Ledger.Verify;

namespace Wardline.Bench.Ledger;

/// <summary>
/// What the log of what happened carries on this machine, on its disk: entries that are durable when their callers go on, and entries
/// that an auditor recomputes. The log is made by the run, and can be kept for whoever measures something over it.
/// </summary>
internal static class LedgerRun
{
    private const double DurableGoal = 5_000;
    private const double VerifyGoal = 500_000;

    public static async Task<int> RunAsync(string[] arguments)
    {
        LedgerRunOptions options;
        try
        {
            options = LedgerRunOptions.Parse(arguments);
        }
        catch (FormatException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 64;
        }

        string folder = Path.GetFullPath(options.Keep ?? Path.Combine("artifacts", "bench", "ledger"));
        if (Directory.Exists(folder))
        {
            await Console.Error.WriteLineAsync($"{folder} is there already.");
            return 64;
        }

        try
        {
            DurableFigures durable = await DurableAsync(folder, options);
            await FillAsync(folder, options);
            (VerifyFigures first, VerifyFigures again) = (Verify(folder), Verify(folder));
            long peak = Process.GetCurrentProcess().PeakWorkingSet64;
            LedgerResults results = new()
            {
                Machine = Machine.Describe(), Day = DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), Durable = durable,
                Verify = first.EntriesPerSecond > again.EntriesPerSecond ? first : again, PeakResidentBytes = peak,
            };
            results.Write(options.ResultFile);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{durable.EntriesPerSecond:N0} durable entries a second by {durable.Callers} callers (p50 {durable.P50Ms:F2} ms, p99 {durable.P99Ms:F2} ms); {results.Verify.EntriesPerSecond:N0} recomputed a second, of {results.Verify.Entries:N0}; at most {peak >> 20} MiB of memory. In {options.ResultFile}."));
            return durable.EntriesPerSecond >= DurableGoal && results.Verify.EntriesPerSecond >= VerifyGoal ? 0 : 1;
        }
        finally
        {
            if (options.Keep is null && Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    /// <summary>Callers who each write their next entry when the one before is durable.</summary>
    private static async Task<DurableFigures> DurableAsync(string folder, LedgerRunOptions options)
    {
        await using LedgerLog log = Open(folder);
        Stopwatch clock = new();
        List<double>[] delays = [.. Enumerable.Range(0, options.Callers).Select(_ => new List<double>(4_096))];
        await CallAsync(log, options, TimeSpan.FromSeconds(2), delays);
        Array.ForEach(delays, d => d.Clear());
        clock.Start();
        await CallAsync(log, options, TimeSpan.FromSeconds(options.Seconds), delays);
        double seconds = clock.Elapsed.TotalSeconds;
        double[] all = [.. delays.SelectMany(d => d).Order()];
        return new(options.Callers, Math.Round(all.Length / seconds), Math.Round(all[all.Length / 2], 2), Math.Round(all[(int)(all.Length * 0.99)], 2));
    }

    private static Task CallAsync(LedgerLog log, LedgerRunOptions options, TimeSpan length, List<double>[] delays)
    {
        long end = Stopwatch.GetTimestamp() + (long)(length.TotalSeconds * Stopwatch.Frequency);
        return Task.WhenAll(Enumerable.Range(0, options.Callers).Select(caller => Task.Run(async () =>
        {
            for (int i = 0; Stopwatch.GetTimestamp() < end; i++)
            {
                long start = Stopwatch.GetTimestamp();
                await log.AppendAsync(Draft(caller, i), default);
                delays[caller].Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
        })));
    }

    /// <summary>As many entries as are to be verified, as fast as they are taken.</summary>
    private static async Task FillAsync(string folder, LedgerRunOptions options)
    {
        await using LedgerLog log = Open(folder);
        for (long size = log.Size, told = size; size < options.Entries; size = log.Size)
        {
            int count = (int)Math.Min(4_096, options.Entries - size);
            await Task.WhenAll(Enumerable.Range(0, count).Select(i => log.AppendAsync(Draft((int)(size / 997), i), default)));
            if (size - told >= 1_000_000)
            {
                Console.WriteLine($"{size.ToString("N0", CultureInfo.InvariantCulture)} entries");
                told = size;
            }
        }
    }

    private static VerifyFigures Verify(string folder)
    {
        long start = Stopwatch.GetTimestamp();
        VerifyReport report = new LogVerifier(new VerifyOptions { Directory = folder }).Run();
        return report.Finding is { } finding
            ? throw new InvalidOperationException($"{finding.Code}: {finding.What}")
            : new(report.Read, Math.Round(report.Read / Stopwatch.GetElapsedTime(start).TotalSeconds));
    }

    private static LedgerLog Open(string folder) =>
        LedgerLog.Open(new LedgerOptions { Directory = folder }, new EcdsaCheckpointSigner("wardline.bench/log", s_key), TimeProvider.System);

    private static readonly ECDsa s_key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>As the audit trail of a visit writes them: pseudonyms of 22 characters, a few facts.</summary>
    private static EntryDraft Draft(int caller, int i) => new()
    {
        Tenant = "default", Action = (i % 4) switch { 0 => "visit.admit", 1 => "identity.link-used", 2 => "media.offer", _ => "visit.join" },
        Actor = Pseudonym("c", caller), ActorKind = "clinician", Patient = Pseudonym("p", i % 20_000), Visit = Pseudonym("v", (caller * 31) + (i / 8)),
        Where = Pseudonym("n", caller % 50), Why = "TREAT", Outcome = i % 50 == 0 ? "denied" : "success", Rule = "visit.member", PolicyVersion = "1",
        Facts = [new("code", i % 50 == 0 ? "visit.not-yours" : "ok")],
    };

    private static string Pseudonym(string kind, int number) => $"{kind}-{(number * 2654435761L) & 0xFFFFFFFFFF:x10}{number:x8}00";
}
