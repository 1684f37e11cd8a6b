using System.Diagnostics;
using System.Globalization;
using Wardline.Bench.Compare;
using Wardline.Vault.SealedBlobs;

namespace Wardline.Bench.Vault;

/// <summary>
/// Sealing and opening beside <c>openssl speed -evp aes-256-gcm -bytes 1048576</c>: bytes for each second of processor time, by
/// turns, so that a neighbour on the machine takes from both. OpenSSL's program encrypts one block in one place again and
/// again, out of the processor's cache. So do ours with a blob whose bytes come from one block of a stream, but for all that
/// sealing a blob is: reading, deriving its key, numbering, writing, wiping. A long blob has to come from memory first, at
/// the speed of a copy, which OpenSSL's program never does; so it is measured, too, and beside a bare copy.
/// </summary>
internal static class BlobSpeed
{
    private const int LongMebibytes = 64;
    private static readonly byte[] Key = new byte[SealedBlob.KeyBytes];

    /// <param name="rounds">of each, by turns.</param>
    /// <param name="mebibytes">sealed, and opened, in each round; a multiple of 64.</param>
    public static async Task<IReadOnlyList<SpeedRound>> MeasureAsync(int rounds, int mebibytes)
    {
        byte[] block = new byte[SealedBlob.SegmentBytes - 4096]; // one segment, and like nearly all last ones not quite full
        byte[] plain = new byte[LongMebibytes << 20];
        new Random(1).NextBytes(block);
        new Random(2).NextBytes(plain);
        byte[] sealedBlock = await SealAsync(block);
        byte[] sealedPlain = await SealAsync(plain);

        byte[] copy = new byte[SealedBlob.SegmentBytes];
        List<SpeedRound> all = [];
        for (int round = 0; round < rounds; round++)
        {
            all.Add(new SpeedRound(
                OpenSsl(),
                await BytesPerSecondAsync(mebibytes, () => SealedBlob.SealAsync(new RepeatingStream(block, LongMebibytes << 20), Stream.Null, Key, default)),
                await BytesPerSecondAsync(mebibytes, () => SealedBlob.OpenAsync(new RepeatingStream(sealedBlock, sealedBlock.Length), Stream.Null, Key, default)),
                await BytesPerSecondAsync(mebibytes, () => SealedBlob.SealAsync(new RepeatingStream(plain, plain.Length), Stream.Null, Key, default)),
                await BytesPerSecondAsync(mebibytes, () => SealedBlob.OpenAsync(new RepeatingStream(sealedPlain, sealedPlain.Length), Stream.Null, Key, default)),
                await BytesPerSecondAsync(mebibytes, () => Task.FromResult(Copy(plain, copy)))));
        }

        return all;

        static long Copy(byte[] from, byte[] to)
        {
            for (int at = 0; at < from.Length; at += to.Length)
            {
                from.AsSpan(at, to.Length).CopyTo(to);
            }

            return from.Length;
        }

        static async Task<byte[]> SealAsync(byte[] bytes)
        {
            using MemoryStream blob = new((int)SealedBlob.SealedLength(bytes.Length));
            await SealedBlob.SealAsync(new RepeatingStream(bytes, bytes.Length), blob, Key, default);
            return blob.ToArray();
        }
    }

    /// <summary>From one file to another, in time that passes: what the page cache and the disk make of it.</summary>
    public static async Task<FileSpeed> MeasureFilesAsync(string folder, int mebibytes)
    {
        string plain = Path.Combine(folder, "plain");
        string sealedBlob = Path.Combine(folder, "sealed");
        await using (FileStream file = File.Create(plain))
        {
            await new CountingStream((long)mebibytes << 20).CopyToAsync(file, 1 << 20);
        }

        double discard = await ThroughAsync(plain, null, (from, to) => SealedBlob.SealAsync(from, to, Key, default));
        double seal = await ThroughAsync(plain, sealedBlob, (from, to) => SealedBlob.SealAsync(from, to, Key, default));
        double open = await ThroughAsync(sealedBlob, Path.Combine(folder, "opened"), (from, to) => SealedBlob.OpenAsync(from, to, Key, default));
        return new FileSpeed(mebibytes, discard, seal, open);

        static async Task<double> ThroughAsync(string from, string? to, Func<Stream, Stream, Task<long>> work)
        {
            await using FileStream source = new(from, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
            await using Stream sink = to is null ? Stream.Null : new FileStream(to, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);
            long began = Stopwatch.GetTimestamp();
            long bytes = await work(source, sink);
            return bytes / Stopwatch.GetElapsedTime(began).TotalSeconds;
        }
    }

    /// <summary>For each second of this process's time: nothing else runs in it.</summary>
    private static async Task<double> BytesPerSecondAsync(int mebibytes, Func<Task<long>> work)
    {
        using Process self = Process.GetCurrentProcess();
        TimeSpan before = self.TotalProcessorTime;
        long bytes = 0;
        while (bytes < (long)mebibytes << 20)
        {
            bytes += await work();
        }

        self.Refresh();
        return bytes / (self.TotalProcessorTime - before).TotalSeconds;
    }

    /// <summary>For each second of its own time, which is how it counts unless it is told to do otherwise.</summary>
    private static double OpenSsl()
    {
        // +F:<number>:<cipher>:<bytes a second>
        string line = Command.Run("openssl", "speed", "-mr", "-seconds", "1", "-evp", "aes-256-gcm", "-bytes", "1048576").Split('\n').Single(l => l.StartsWith("+F:", StringComparison.Ordinal));
        return double.Parse(line.Split(':')[^1], CultureInfo.InvariantCulture);
    }
}

/// <summary>Bytes for each second of processor time; with <c>Long</c>, of a blob of 64 MiB that comes from memory; <c>Copy</c>: the same, copied and no more.</summary>
internal sealed record SpeedRound(double OpenSsl, double Seal, double Open, double LongSeal, double LongOpen, double Copy);

/// <summary>Bytes for each second that passed; <c>SealAway</c>: read from a file, sealed, and thrown away.</summary>
internal sealed record FileSpeed(int Mebibytes, double SealAway, double Seal, double Open);
