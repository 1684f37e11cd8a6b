using Wardline.Vault.SealedBlobs;

namespace Wardline.Vault.Tests.SealedBlobs;

public sealed class RandomAccessTests
{
    private readonly Blobs _blobs = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Any_range_is_what_was_written_there(int seed)
    {
        Random random = new(seed);
        byte[] plain = Blobs.Plain(1000, seed);
        await using SealedBlobReader reader = await OpenAsync(new MemoryRange(await _blobs.SealAsync(plain)));
        Assert.Equal(1000, reader.Length);
        for (int i = 0; i < 2000; i++)
        {
            int from = random.Next(0, 1001);
            byte[] range = new byte[random.Next(0, 1001 - from)];
            reader.Seek(from, SeekOrigin.Begin);
            await reader.ReadExactlyAsync(range, Cancel);
            Assert.Equal(plain[from..(from + range.Length)], range);
            Assert.Equal(from + range.Length, reader.Position);
        }

        reader.Position = 5000;
        Assert.Equal(0, await reader.ReadAsync(new byte[1], Cancel));
    }

    [Fact]
    public async Task A_seek_reads_the_header_the_end_and_the_segment_that_was_asked_for()
    {
        MemoryRange source = new(await _blobs.SealAsync(Blobs.Plain(2000)));
        await using SealedBlobReader reader = await OpenAsync(source);
        int segment = Blobs.Small.SegmentBytes;
        Assert.Equal([(0, Blobs.Small.HeaderBytes), (source.Length / segment * segment, (int)(source.Length % segment))], source.Reads);

        source.Reads.Clear();
        reader.Position = Blobs.Small.PlainStart(13) + 5;
        await reader.ReadExactlyAsync(new byte[10], Cancel);
        Assert.Equal([(13 * segment, segment)], source.Reads);

        // The same segment again costs nothing.
        reader.Position = Blobs.Small.PlainStart(13);
        await reader.ReadExactlyAsync(new byte[10], Cancel);
        Assert.Single(source.Reads);
    }

    [Fact]
    public async Task Who_reads_on_is_read_ahead_for_and_nothing_is_read_twice()
    {
        byte[] plain = Blobs.Plain(2000);
        MemoryRange source = new(await _blobs.SealAsync(plain));
        await using SealedBlobReader reader = await OpenAsync(source);
        source.Reads.Clear();
        using MemoryStream all = new();
        await reader.CopyToAsync(all, bufferSize: 50, Cancel);
        Assert.Equal(plain, all.ToArray());
        long segments = (source.Length + Blobs.Small.SegmentBytes - 1) / Blobs.Small.SegmentBytes;
        Assert.Equal(Enumerable.Range(0, (int)segments).Select(n => (long)n * Blobs.Small.SegmentBytes), source.Reads.Select(r => r.Offset));
    }

    [Fact]
    public async Task A_segment_that_was_changed_spoils_itself_alone_and_not_a_byte_of_it_is_returned()
    {
        byte[] plain = Blobs.Plain(1000);
        byte[] sealedBlob = await _blobs.SealAsync(plain);
        const int Bad = 5;
        sealedBlob[(Bad * Blobs.Small.SegmentBytes) + 70] ^= 4;
        await using SealedBlobReader reader = await OpenAsync(new MemoryRange(sealedBlob));
        for (int at = 0; at < plain.Length; at++)
        {
            byte[] one = [0xEE];
            reader.Position = at;
            if (Blobs.Small.SegmentAt(at) == Bad)
            {
                VaultException refused = await Assert.ThrowsAsync<VaultException>(() => reader.ReadExactlyAsync(one, Cancel).AsTask());
                Assert.Equal("vault.blob-segment", refused.Code);
                Assert.Equal(0xEE, one[0]);
            }
            else
            {
                Assert.Equal(1, await reader.ReadAsync(one, Cancel));
                Assert.Equal(plain[at], one[0]);
            }
        }
    }

    [Fact]
    public async Task A_blob_that_is_cut_off_is_refused_before_a_byte_of_it_is_returned_and_its_source_is_closed()
    {
        byte[] sealedBlob = await _blobs.SealAsync(Blobs.Plain(1000));
        MemoryRange source = new(sealedBlob[..(4 * Blobs.Small.SegmentBytes)]);
        VaultException refused = await Assert.ThrowsAsync<VaultException>(() => OpenAsync(source));
        Assert.Equal("vault.blob-truncated", refused.Code);
        Assert.True(source.Disposed);
        Assert.Equal(0, _blobs.Pool.Lent);
    }

    [Fact]
    public async Task A_read_ahead_that_failed_is_tried_again_when_it_is_wanted()
    {
        byte[] plain = Blobs.Plain(1000);
        FlakyRange source = new(await _blobs.SealAsync(plain));
        await using SealedBlobReader reader = await OpenAsync(source);
        await reader.ReadExactlyAsync(new byte[104], Cancel); // segments 0 and 1; 2 was read ahead
        source.Failing = true;
        await reader.ReadExactlyAsync(new byte[72], Cancel); // 2; 3 could not be read ahead
        await Assert.ThrowsAsync<IOException>(() => reader.ReadExactlyAsync(new byte[1], Cancel).AsTask());
        source.Failing = false;
        byte[] rest = new byte[1000 - 176];
        await reader.ReadExactlyAsync(rest, Cancel);
        Assert.Equal(plain[176..], rest);
    }

    [Fact]
    public async Task A_seek_away_from_what_is_being_read_ahead_lets_it_go_first()
    {
        byte[] plain = Blobs.Plain(1000);
        SlowRange source = new(await _blobs.SealAsync(plain));
        await using (SealedBlobReader reader = await OpenAsync(source))
        {
            await reader.ReadExactlyAsync(new byte[40], Cancel); // segments 0 and 1: 2 is read ahead
            source.Slow = true;
            await reader.ReadExactlyAsync(new byte[72], Cancel); // 3 is read ahead, slowly
            Assert.Equal(1, source.Waiting);
            source.Slow = false;
            byte[] far = new byte[20];
            reader.Position = 900;
            await reader.ReadExactlyAsync(far, Cancel);
            Assert.Equal(plain[900..920], far);
            Assert.Equal(0, source.Waiting);

            source.Slow = true;
            reader.Position = 0;
            Task<int> read = reader.ReadAsync(new byte[1], Cancel).AsTask();
            Assert.False(read.IsCompleted);
            source.Release();
            Assert.Equal(1, await read);
        }

        Assert.Equal(0, _blobs.Pool.Lent);
    }

    private Task<SealedBlobReader> OpenAsync(IRangeSource source) =>
        SealedBlobReader.OpenAsync(Blobs.Small, _blobs.Pool, source, _blobs.Key, Blobs.Bound, leaveOpen: false, Cancel);

    private sealed class FlakyRange(byte[] bytes) : IRangeSource
    {
        public bool Failing { get; set; }

        public long Length => bytes.Length;

        public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancel)
        {
            if (Failing)
            {
                return ValueTask.FromException(new IOException("away"));
            }

            bytes.AsSpan((int)offset, buffer.Length).CopyTo(buffer.Span);
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class SlowRange(byte[] bytes) : IRangeSource
    {
        private TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _waiting;

        public bool Slow { get; set; }

        public int Waiting => _waiting;

        public long Length => bytes.Length;

        public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancel)
        {
            if (Slow)
            {
                Interlocked.Increment(ref _waiting);
                try
                {
                    await _gate.Task.WaitAsync(cancel);
                }
                finally
                {
                    Interlocked.Decrement(ref _waiting);
                }
            }

            bytes.AsSpan((int)offset, buffer.Length).CopyTo(buffer.Span);
        }

        public void Release()
        {
            _gate.SetResult();
            _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
