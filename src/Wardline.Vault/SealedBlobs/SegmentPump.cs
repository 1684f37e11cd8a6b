namespace Wardline.Vault.SealedBlobs;

/// <summary>
/// Moves a blob from one stream to another, segment by segment, in at most three buffers whatever its length:
/// <code>
///   segment   n-1             n           n+1
///             being written   worked on   being read
/// </code>
/// With each segment one byte more is read: the last one is marked, and where no byte follows, it is the last. A source that
/// answers at once, such as memory, is asked for a segment only when the one before it is done: then all happens in one
/// buffer, while that is in the processor's cache.
/// </summary>
internal static class SegmentPump
{
    /// <summary>Where in a buffer a segment is read to, and how many bytes it has at most.</summary>
    public delegate (int Start, int Most) Room(long segment);

    /// <summary>Works on a segment where it lies. Answers with what of the buffer is written, and the plain bytes in it.</summary>
    public delegate (int Start, int Count, int PlainBytes) Work(byte[] buffer, int count, long segment, bool last);

    /// <returns>Plain bytes.</returns>
    public static async Task<long> RunAsync(SegmentBuffers pool, Stream source, Stream sink, Room room, Work work, IProgress<long>? progress, CancellationToken cancel)
    {
        List<byte[]> rented = [];
        Stack<byte[]> free = [];
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        byte[] here = Take();
        byte[]? leaving = null;
        Task writing = Task.CompletedTask;
        Task<int> reading = ReadAsync(here, 0, carried: null);
        long plain = 0;
        try
        {
            for (long segment = 0; ; segment++)
            {
                bool answersAtOnce = reading.IsCompleted;
                int count = await reading;
                (int start, int most) = room(segment);
                bool last = count <= most;
                byte carried = last ? (byte)0 : here[start + most];
                byte[]? next = null;
                if (!last && !answersAtOnce)
                {
                    next = Take();
                    reading = ReadAsync(next, segment + 1, carried);
                }

                (int from, int length, int done) = work(here, Math.Min(count, most), segment, last);
                await writing;
                Free(leaving);
                leaving = here;
                writing = sink.WriteAsync(here.AsMemory(from, length), stop.Token).AsTask();
                plain += done;
                if (last)
                {
                    await writing;
                    await sink.FlushAsync(stop.Token);
                    progress?.Report(plain);
                    return plain;
                }

                if (writing.IsCompletedSuccessfully)
                {
                    Free(leaving);
                    leaving = null;
                }

                if (next is null)
                {
                    next = Take();
                    reading = ReadAsync(next, segment + 1, carried);
                }

                here = next;
                progress?.Report(plain);
            }
        }
        finally
        {
            // Nothing may still use a buffer that goes back.
            await stop.CancelAsync();
            await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (byte[] buffer in rented)
            {
                pool.Return(buffer);
            }
        }

        // The segment and one byte more, the first one of which may have been read with the segment before.
        Task<int> ReadAsync(byte[] buffer, long segment, byte? carried)
        {
            (int start, int most) = room(segment);
            return carried is { } first ? BehindAsync(first) : source.ReadAtLeastAsync(buffer.AsMemory(start, most + 1), most + 1, throwOnEndOfStream: false, stop.Token).AsTask();

            async Task<int> BehindAsync(byte first)
            {
                buffer[start] = first;
                return 1 + await source.ReadAtLeastAsync(buffer.AsMemory(start + 1, most), most, throwOnEndOfStream: false, stop.Token);
            }
        }

        // The one that was used last, while the cache knows it; and as many as are needed at once.
        byte[] Take()
        {
            if (!free.TryPop(out byte[]? buffer))
            {
                buffer = pool.Rent();
                rented.Add(buffer);
            }

            return buffer;
        }

        void Free(byte[]? buffer)
        {
            if (buffer is not null)
            {
                free.Push(buffer);
            }
        }
    }
}
