namespace Wardline.Vault.SealedBlobs;

/// <summary>
/// Moves a blob from one stream to another, segment by segment, in four buffers whatever its length:
/// <code>
///   segment   n-1        n           n+1       n+2
///             written    worked on   here      being read
/// </code>
/// A segment is worked on when it is known whether another one follows, since the last one is marked.
/// </summary>
internal static class SegmentPump
{
    private const int Buffers = 4;

    /// <summary>Where in a buffer a segment is read to, and how many bytes it has at most.</summary>
    public delegate (int Start, int Count) Room(long segment);

    /// <summary>Works on a segment where it lies. Answers with what of the buffer is written, and the plain bytes in it.</summary>
    public delegate (int Start, int Count, int PlainBytes) Work(byte[] buffer, int count, long segment, bool last);

    /// <returns>Plain bytes.</returns>
    public static async Task<long> RunAsync(
        SegmentBuffers pool, Stream source, Stream sink, Room room, Work work, IProgress<long>? progress, CancellationToken cancel)
    {
        byte[][] ring = [.. Enumerable.Range(0, Buffers).Select(_ => pool.Rent())];
        Task<int>? reading = null;
        Task writing = Task.CompletedTask;
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        long plain = 0;
        try
        {
            int count = await ReadAsync(0);
            int ahead = IsFull(0, count) ? await ReadAsync(1) : 0;
            for (long segment = 0; ; segment++)
            {
                bool last = ahead == 0;
                if (IsFull(segment + 1, ahead))
                {
                    reading = ReadAsync(segment + 2);
                }

                (int start, int length, int opened) = work(ring[segment % Buffers], count, segment, last);
                await writing;
                writing = sink.WriteAsync(ring[segment % Buffers].AsMemory(start, length), stop.Token).AsTask();
                plain += opened;
                if (last)
                {
                    await writing;
                    await sink.FlushAsync(stop.Token);
                    progress?.Report(plain);
                    return plain;
                }

                progress?.Report(plain);
                count = ahead;
                ahead = reading is null ? 0 : await reading;
                reading = null;
            }
        }
        finally
        {
            // Nothing may still use a buffer that goes back.
            await stop.CancelAsync();
            await ((Task)(reading ?? Task.FromResult(0))).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (byte[] buffer in ring)
            {
                pool.Return(buffer);
            }
        }

        bool IsFull(long segment, int bytes) => bytes > 0 && bytes == room(segment).Count;

        Task<int> ReadAsync(long segment)
        {
            (int start, int bytes) = room(segment);
            return source.ReadAtLeastAsync(ring[segment % Buffers].AsMemory(start, bytes), bytes, throwOnEndOfStream: false, stop.Token).AsTask();
        }
    }
}
