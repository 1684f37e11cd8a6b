using Wardline.Vault.SealedBlobs;

namespace Wardline.Vault.Tests.SealedBlobs;

/// <summary>Writing and reading piece by piece, with all that can go wrong between.</summary>
public sealed class SealedStreamTests
{
    private readonly Blobs _blobs = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task What_is_written_in_pieces_of_any_size_is_one_blob(int seed)
    {
        Random random = new(seed);
        foreach (int length in Blobs.SmallLengths)
        {
            byte[] plain = Blobs.Plain(length, seed);
            using MemoryStream sealedBlob = new();
            await using (SealingStream stream = Sealing(sealedBlob))
            {
                for (int at = 0; at < length;)
                {
                    int count = Math.Min(random.Next(0, 120), length - at);
                    await stream.WriteAsync(plain.AsMemory(at, count), Cancel);
                    at += count;
                    Assert.Equal(at, stream.Position);
                }

                await stream.CompleteAsync(Cancel);
            }

            Assert.Equal(Blobs.Small.SealedLength(length), sealedBlob.Length);
            Assert.Equal(plain, await _blobs.OpenAsync("streamed", sealedBlob.ToArray()));
        }

        Assert.Equal(0, _blobs.Pool.Lent);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(200)]
    public async Task A_blob_that_was_not_completed_does_not_open(int length)
    {
        using MemoryStream sealedBlob = new();
        await using (SealingStream stream = Sealing(sealedBlob))
        {
            await stream.WriteAsync(Blobs.Plain(length), Cancel);
            await stream.FlushAsync(Cancel);
        }

        foreach (string way in Blobs.Ways)
        {
            Assert.Contains(await _blobs.CodeAsync(way, sealedBlob.ToArray()), (string[])["vault.blob-header", "vault.blob-truncated"]);
        }
    }

    [Fact]
    public async Task Nothing_is_written_after_the_end()
    {
        using MemoryStream sealedBlob = new();
        await using SealingStream stream = Sealing(sealedBlob);
        await stream.CompleteAsync(Cancel);
        Assert.False(stream.CanWrite);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await stream.WriteAsync(new byte[1], Cancel));
        await Assert.ThrowsAsync<InvalidOperationException>(() => stream.CompleteAsync(Cancel));
        await stream.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await stream.WriteAsync(new byte[1], Cancel));
    }

    [Fact]
    public async Task A_sink_that_fails_at_any_write_breaks_the_blob_and_gives_the_buffers_back()
    {
        byte[] plain = Blobs.Plain(300);
        for (int failing = 0; failing < 6; failing++)
        {
            FailingStream sink = new(failing);
            await using (SealingStream stream = Sealing(sink))
            {
                IOException thrown = await Assert.ThrowsAsync<IOException>(async () =>
                {
                    await stream.WriteAsync(plain, Cancel);
                    await stream.CompleteAsync(Cancel);
                });
                Assert.Equal("no room", thrown.Message);
                await Assert.ThrowsAsync<InvalidOperationException>(async () => await stream.WriteAsync(plain, Cancel));
                await Assert.ThrowsAsync<InvalidOperationException>(() => stream.CompleteAsync(Cancel));
            }

            Assert.Equal(0, _blobs.Pool.Lent);
            await Assert.ThrowsAsync<IOException>(() =>
                SealedBlob.SealAsync(Blobs.Small, _blobs.Pool, new MemoryStream(plain), new FailingStream(failing), _blobs.Key, Blobs.Bound, null, Cancel));
            Assert.Equal(0, _blobs.Pool.Lent);
        }
    }

    [Fact]
    public async Task A_source_that_fails_ends_the_blob_with_its_own_error()
    {
        byte[] sealedBlob = await _blobs.SealAsync(Blobs.Plain(300));
        for (int failing = 0; failing < sealedBlob.Length; failing += 40)
        {
            FailingStream source = new(sealedBlob, failing);
            using MemoryStream plain = new();
            await Assert.ThrowsAsync<IOException>(() => SealedBlob.OpenAsync(Blobs.Small, _blobs.Pool, source, plain, _blobs.Key, Blobs.Bound, null, Cancel));
            await using (OpeningStream stream = new(Blobs.Small, _blobs.Pool, new FailingStream(sealedBlob, failing), _blobs.Key, Blobs.Bound, leaveOpen: false))
            {
                await Assert.ThrowsAsync<IOException>(() => stream.CopyToAsync(plain, Cancel));

                // What comes after a failed read is unknown, and is not taken for the end.
                await Assert.ThrowsAsync<InvalidOperationException>(() => stream.ReadExactlyAsync(new byte[1], Cancel).AsTask());
            }

            Assert.Equal(0, _blobs.Pool.Lent);
        }
    }

    [Fact]
    public async Task A_read_that_was_cancelled_can_be_asked_for_again()
    {
        byte[] plain = Blobs.Plain(300);
        GatedStream source = new(await _blobs.SealAsync(plain));
        await using (OpeningStream stream = new(Blobs.Small, _blobs.Pool, source, _blobs.Key, Blobs.Bound, leaveOpen: false))
        {
            using CancellationTokenSource impatient = new();
            Task<int> read = stream.ReadAsync(new byte[10], impatient.Token).AsTask();
            await impatient.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);

            source.Open();
            using MemoryStream opened = new();
            await stream.CopyToAsync(opened, Cancel);
            Assert.Equal(plain, opened.ToArray());
        }

        Assert.Equal(0, _blobs.Pool.Lent);
    }

    [Fact]
    public async Task Cancelling_stops_sealing_and_opening_and_gives_the_buffers_back()
    {
        byte[] sealedBlob = await _blobs.SealAsync(Blobs.Plain(300));
        foreach (Func<Stream, CancellationToken, Task> work in (Func<Stream, CancellationToken, Task>[])
        [
            (source, cancel) => SealedBlob.SealAsync(Blobs.Small, _blobs.Pool, source, new MemoryStream(), _blobs.Key, Blobs.Bound, null, cancel),
            (source, cancel) => SealedBlob.OpenAsync(Blobs.Small, _blobs.Pool, source, new MemoryStream(), _blobs.Key, Blobs.Bound, null, cancel),
        ])
        {
            using CancellationTokenSource stop = new();
            Task running = work(new GatedStream(sealedBlob), stop.Token);
            Assert.False(running.IsCompleted);
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
            Assert.Equal(0, _blobs.Pool.Lent);
        }
    }

    [Fact]
    public async Task A_stream_that_is_dropped_while_it_reads_ahead_gives_its_buffers_back_when_the_source_lets_go()
    {
        byte[] sealedBlob = await _blobs.SealAsync(Blobs.Plain(300));
        GatedStream source = new(sealedBlob) { OpenFor = 3 * Blobs.Small.SegmentBytes };
        OpeningStream stream = new(Blobs.Small, _blobs.Pool, source, _blobs.Key, Blobs.Bound, leaveOpen: true);
        await stream.ReadExactlyAsync(new byte[40], Cancel);
#pragma warning disable CA1849, MA0042 // Disposed of without waiting: that is what is tried here.
        stream.Dispose();
#pragma warning restore CA1849, MA0042
        await source.Left;
        Assert.True(SpinWait.SpinUntil(() => _blobs.Pool.Lent == 0, TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task Progress_names_the_plain_bytes_after_each_segment()
    {
        List<long> told = [];
        Told progress = new(told);
        using MemoryStream sealedBlob = new();
        await SealedBlob.SealAsync(Blobs.Small, _blobs.Pool, new MemoryStream(Blobs.Plain(300)), sealedBlob, _blobs.Key, Blobs.Bound, progress, Cancel);
        Assert.Equal([32, 104, 176, 248, 300], told);

        told.Clear();
        sealedBlob.Position = 0;
        await SealedBlob.OpenAsync(Blobs.Small, _blobs.Pool, sealedBlob, Stream.Null, _blobs.Key, Blobs.Bound, progress, Cancel);
        Assert.Equal([32, 104, 176, 248, 300], told);
    }

    [Fact]
    public async Task A_long_blob_takes_no_more_memory_than_a_short_one()
    {
        // What a blob of 64 MiB allocates beyond one of 8 MiB: a buffer for each segment would be 56 MiB.
        await AllocatedAsync(8);
        long little = await AllocatedAsync(8);
        long much = await AllocatedAsync(64);
        Assert.True(much - little < 56 * 1024, $"{(much - little) / 56} bytes allocated for each further segment");

        // Streams of memory answer at once, so all of it happens on this thread.
        static async Task<long> AllocatedAsync(int mebibytes)
        {
            byte[] key = new byte[32];
            ZeroStream source = new((long)mebibytes << 20);
            ZeroStream sink = new(0);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Task<long> work = SealedBlob.SealAsync(source, sink, key, default, null, Cancel);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(work.IsCompletedSuccessfully);
            Assert.Equal((long)mebibytes << 20, await work);
            Assert.Equal(SealedBlob.SealedLength((long)mebibytes << 20), sink.Written);
            return allocated;
        }
    }

    [Fact]
    public void Buffers_come_back_wiped_and_only_so_many_are_kept()
    {
        SegmentBuffers pool = new(16, keep: 2);
        byte[][] rented = [pool.Rent(), pool.Rent(), pool.Rent()];
        Assert.Equal(3, pool.Lent);
        foreach (byte[] buffer in rented)
        {
            buffer.AsSpan().Fill(0xAA);
            pool.Return(buffer);
            Assert.All(buffer, b => Assert.Equal(0, b));
        }

        Assert.Equal(0, pool.Lent);
        byte[][] again = [pool.Rent(), pool.Rent(), pool.Rent()];
        Assert.Equal(2, again.Count(rented.Contains));
    }

    private SealingStream Sealing(Stream sink) => new(Blobs.Small, _blobs.Pool, sink, _blobs.Key, Blobs.Bound, leaveOpen: true);

    private sealed class Told(List<long> told) : IProgress<long>
    {
        public void Report(long value) => told.Add(value);
    }
}
