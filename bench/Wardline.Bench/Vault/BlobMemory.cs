using System.Diagnostics;
using System.Globalization;
using Wardline.Vault.BlobStores;
using Wardline.Vault.BlobStores.Disk;
using Wardline.Vault.SealedBlobs;

namespace Wardline.Bench.Vault;

/// <summary>
/// A blob of 2 GiB sealed into the store on disk, read in ranges and opened whole, and every byte compared; what the process
/// holds is looked at all the while, beside what it held after a blob of a few segments.
/// </summary>
internal static class BlobMemory
{
    private const int Ranges = 500;
    private const int LongestRange = 1 << 20;

    public static async Task<MemoryResult> MeasureAsync(string folder, long length)
    {
        byte[] key = new byte[SealedBlob.KeyBytes];
        await using DiskBlobStore store = DiskBlobStore.Open(folder);

        // What a first blob brings along: code, buffers, threads.
        await LiveAsync(store, BlobName.Of("bench", "small"), 8 << 20, key, new Peak());
        GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
        long before = Resident();
        Peak peak = new();
        using Timer sampling = new(_ => peak.See(Resident()), null, 0, 10);
        (double seal, double open, double range) = await LiveAsync(store, BlobName.Of("bench", "large"), length, key, peak);
        peak.See(Resident());
        return new MemoryResult(length, before, peak.Bytes, seal, open, range);
    }

    private static async Task<(double SealSeconds, double OpenSeconds, double RangeMilliseconds)> LiveAsync(DiskBlobStore store, BlobName name, long length, byte[] key, Peak peak)
    {
        byte[] bound = name.ToAssociatedData();
        long began = Stopwatch.GetTimestamp();
        await using (BlobWriter writer = await store.CreateAsync(name, BlobWrite.Replace, CancellationToken.None))
        {
            await SealedBlob.SealAsync(new CountingStream(length), writer, key, bound);
            await writer.CommitAsync(CancellationToken.None);
        }

        double seal = Stopwatch.GetElapsedTime(began).TotalSeconds;
        peak.See(Resident());

        Random random = new(2);
        byte[] range = new byte[LongestRange];
        byte[] expected = new byte[LongestRange];
        TimeSpan reading = TimeSpan.Zero;
        await using (SealedBlobReader reader = await SealedBlobReader.OpenAsync(await store.OpenAsync(name, CancellationToken.None), key, bound))
        {
            for (int i = 0; i < Ranges; i++)
            {
                long from = random.NextInt64(length);
                int count = (int)Math.Min(random.Next(LongestRange), length - from);
                began = Stopwatch.GetTimestamp();
                reader.Position = from;
                await reader.ReadExactlyAsync(range.AsMemory(0, count));
                reading += Stopwatch.GetElapsedTime(began);
                CountingStream.Fill(from, expected.AsSpan(0, count));
                if (!range.AsSpan(0, count).SequenceEqual(expected.AsSpan(0, count)))
                {
                    throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"Bytes {from} to {from + count} are others."));
                }
            }
        }

        peak.See(Resident());
        began = Stopwatch.GetTimestamp();
        ComparingStream opened = new();
        await using (SealedBlobReader reader = await SealedBlobReader.OpenAsync(await store.OpenAsync(name, CancellationToken.None), key, bound))
        {
            await reader.CopyToAsync(opened, 1 << 20);
        }

        double open = Stopwatch.GetElapsedTime(began).TotalSeconds;
        return opened.IsSame && opened.Written == length
            ? (seal, open, reading.TotalMilliseconds / Ranges)
            : throw new InvalidOperationException($"Opened {opened.Written} bytes of {length}, the same: {opened.IsSame}.");
    }

    /// <summary>statm(5): the second number, in pages.</summary>
    private static long Resident() => long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;

    private sealed class Peak
    {
        private long _bytes;

        public long Bytes => Interlocked.Read(ref _bytes);

        public void See(long bytes)
        {
            long seen = Bytes;
            while (bytes > seen && Interlocked.CompareExchange(ref _bytes, bytes, seen) is var now && now != seen)
            {
                seen = now;
            }
        }
    }
}

/// <param name="Length">of the blob, plain.</param>
/// <param name="ResidentBefore">after a blob of 8 MiB.</param>
/// <param name="ResidentPeak">the most while the long one was sealed, read and opened.</param>
/// <param name="SealSeconds">with making its bytes, and until they were durable.</param>
/// <param name="OpenSeconds">with comparing its bytes.</param>
/// <param name="RangeMilliseconds">for one range of half a mebibyte on the average.</param>
internal sealed record MemoryResult(long Length, long ResidentBefore, long ResidentPeak, double SealSeconds, double OpenSeconds, double RangeMilliseconds)
{
    public long Growth => ResidentPeak - ResidentBefore;
}
