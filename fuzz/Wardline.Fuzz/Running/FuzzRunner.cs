using System.Diagnostics;

namespace Wardline.Fuzz.Running;

/// <summary>What came of fuzzing one target.</summary>
/// <param name="Failure">Null when everything held; otherwise the smallest input found and what it did.</param>
public sealed record FuzzResult(string Target, long Executions, TimeSpan Elapsed, FuzzFailure? Failure);

public sealed record FuzzFailure(byte[] Input, Exception Exception);

/// <summary>Runs one target on mutated seeds, by count (reproducible) or by time.</summary>
public static class FuzzRunner
{
    private static readonly TimeSpan HangAfter = TimeSpan.FromSeconds(10);

    /// <param name="executions">Stop after so many runs.</param>
    /// <param name="duration">Or after so long.</param>
    /// <param name="onHang">Told the input when one run does not end; the run cannot be stopped, so this should end the process.</param>
    public static FuzzResult Run(IFuzzTarget target, int seed, long executions, TimeSpan duration, Action<byte[]>? onHang = null)
    {
        Mutator mutator = new(target, new Random(seed));
        Stopwatch clock = Stopwatch.StartNew();
        byte[] current = [];
        long done = 0;
        using Timer? watchdog = onHang is null ? null : StartWatchdog(() => (Volatile.Read(ref done), Volatile.Read(ref current)), onHang);

        // Every path once before allocations count: tables and caches are made on first use.
        foreach (byte[] valid in target.Seeds)
        {
            current = valid;
            if (Try(target, valid, countAllocations: false) is { } broken)
            {
                return new(target.Name, done, clock.Elapsed, new(valid, broken));
            }
        }

        while (done < executions && clock.Elapsed < duration)
        {
            ReadOnlySpan<byte> input = mutator.Next();
            if (onHang is not null)
            {
                Volatile.Write(ref current, input.ToArray());
            }

            if (Try(target, input, countAllocations: true) is { } exception)
            {
                return new(target.Name, done + 1, clock.Elapsed, Shrink(target, input.ToArray(), exception));
            }

            Volatile.Write(ref done, done + 1);
        }

        return new(target.Name, done, clock.Elapsed, null);
    }

    /// <summary>One input as it is; null when everything held.</summary>
    public static Exception? Replay(IFuzzTarget target, byte[] input) => Try(target, input, countAllocations: true);

    private static Exception? Try(IFuzzTarget target, ReadOnlySpan<byte> input, bool countAllocations)
    {
        try
        {
            long used = Measure(target, input);

            // Compiling a method or filling a cache allocates once; a parser that allocates does it again.
            for (int again = 0; countAllocations && used > target.AllocationBudget; again++)
            {
                if (again == 3)
                {
                    return new BrokenPromiseException($"Allocates {used} bytes, {target.AllocationBudget} are allowed.");
                }

                used = Measure(target, input);
            }

            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    private static long Measure(IFuzzTarget target, ReadOnlySpan<byte> input)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        target.Run(input);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    /// <summary>Cuts pieces out as long as the same thing goes wrong.</summary>
    private static FuzzFailure Shrink(IFuzzTarget target, byte[] input, Exception exception)
    {
        for (int piece = input.Length / 2; piece > 0; piece /= 2)
        {
            for (int at = 0; at + piece <= input.Length;)
            {
                byte[] smaller = [.. input.AsSpan(0, at), .. input.AsSpan(at + piece)];
                if (Try(target, smaller, countAllocations: true) is { } still && still.GetType() == exception.GetType())
                {
                    (input, exception) = (smaller, still);
                }
                else
                {
                    at += piece;
                }
            }
        }

        return new(input, exception);
    }

    private static Timer StartWatchdog(Func<(long Done, byte[] Input)> look, Action<byte[]> onHang)
    {
        long seen = -1;
        return new Timer(_ =>
        {
            (long done, byte[] input) = look();
            if (done == seen)
            {
                onHang(input);
            }

            seen = done;
        }, null, HangAfter, HangAfter);
    }
}
