using System.Diagnostics.CodeAnalysis;

namespace Wardline.Vault.SealedBlobs;

/// <summary>
/// Reads a blob from its beginning, from a stream that need not seek. A segment authenticates before a byte of it is
/// returned; that the blob ends where its writer ended it is known at the end, so what was read may be used only when
/// <see cref="ReadAsync(Memory{byte}, CancellationToken)"/> has returned 0. The next segments are read while this one is used.
/// Asynchronous only; for one reader.
/// </summary>
/// <remarks>
/// Throws <see cref="VaultException"/> with <c>vault.blob-header</c>, <c>vault.blob-segment</c> or <c>vault.blob-truncated</c>.
/// </remarks>
public sealed class OpeningStream : Stream
{
    private readonly Stream _source;
    private readonly BlobFormat _format;
    private readonly SegmentBuffers _pool;
    private readonly byte[] _key;
    private readonly byte[] _associatedData;
    private readonly bool _leaveOpen;
    private readonly CancellationTokenSource _stop = new();
    private SegmentCipher? _cipher;

    /// <summary>Opened, and being used.</summary>
    private byte[] _current;

    /// <summary>Read, and not opened yet; then the one that is being read.</summary>
    private byte[] _next;
    private byte[] _later;
    private int _nextCount;
    private Task<int>? _reading;
    private int _at;
    private int _end;
    private long _segment = -1;
    private bool _last;
    private bool _broken;
    private bool _disposed;

    /// <param name="source">gives the sealed bytes.</param>
    /// <param name="key">32 bytes of key material.</param>
    /// <param name="associatedData">what the blob was bound to when it was sealed.</param>
    public OpeningStream(Stream source, ReadOnlySpan<byte> key, ReadOnlySpan<byte> associatedData, bool leaveOpen = false)
        : this(BlobFormat.Standard, SegmentBuffers.Standard, source, key, associatedData, leaveOpen)
    {
    }

    internal OpeningStream(BlobFormat format, SegmentBuffers pool, Stream source, ReadOnlySpan<byte> key, ReadOnlySpan<byte> associatedData, bool leaveOpen)
    {
        if (key.Length != format.KeyBytes)
        {
            throw new ArgumentException($"The key material of a sealed blob has {format.KeyBytes} bytes, not {key.Length}.", nameof(key));
        }

        _source = source;
        _format = format;
        _pool = pool;
        _key = key.ToArray();
        _associatedData = associatedData.ToArray();
        _leaveOpen = leaveOpen;
        _current = pool.Rent();
        _next = pool.Rent();
        _later = pool.Rent();
    }

    public override bool CanRead => !_disposed;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    /// <summary>Plain bytes returned so far.</summary>
    public override long Position
    {
        get => _segment < 0 ? 0 : _format.PlainStart(_segment) + _at - _format.CipherStart(_segment);
        set => throw new NotSupportedException();
    }

    /// <returns>Bytes read; 0 at the end, which has authenticated then.</returns>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_broken)
        {
            throw new InvalidOperationException("The blob did not open: a read before this one failed.");
        }

        while (_at == _end && !_last)
        {
            try
            {
                await OpenNextAsync(cancellationToken);
            }
            catch (Exception thrown) when (thrown is not OperationCanceledException)
            {
                _broken = true;
                throw;
            }
        }

        int count = Math.Min(buffer.Length, _end - _at);
        _current.AsSpan(_at, count).CopyTo(buffer.Span);
        _at += count;
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    [DoesNotReturn]
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("A blob is opened asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            _disposed = true;
            await _stop.CancelAsync();
            await ((Task?)_reading ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Release();
            if (!_leaveOpen)
            {
                await _source.DisposeAsync();
            }
        }

        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            _stop.Cancel();
            if (_reading is null or { IsCompleted: true })
            {
                Release();
            }
            else
            {
                // The buffers go back when the source has let go of them.
                _ = _reading.ContinueWith(static (_, stream) => ((OpeningStream)stream!).Release(), this, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }

            if (!_leaveOpen)
            {
                _source.Dispose();
            }
        }

        base.Dispose(disposing);
    }

    private async Task OpenNextAsync(CancellationToken cancel)
    {
        // 1. What is read on is told by no caller's token: a read that is cancelled may be asked for again.
        if (_segment < 0 && _nextCount == 0)
        {
            _reading ??= ReadSegment(_next);
            int first = await _reading.WaitAsync(cancel);
            _cipher ??= SegmentCipher.For(_format, _next.AsSpan(0, first), _key, _associatedData);
            _nextCount = first;
            _reading = null;
        }

        // 2. Whether it is the last one, the one behind it says.
        int later = 0;
        if (_nextCount == _format.SegmentBytes)
        {
            _reading ??= ReadSegment(_later);
            later = await _reading.WaitAsync(cancel);
            _reading = null;
        }

        // 3. Open it where it lies.
        long segment = _segment + 1;
        int start = _format.CipherStart(segment);
        _cipher!.Open(_next.AsSpan(start, _nextCount - start), segment, last: later == 0, _pool);
        _segment = segment;
        _last = later == 0;
        _at = start;
        _end = _nextCount - BlobFormat.TagBytes;

        // 4. The buffer that was used up takes what is read ahead while this segment is used.
        (_current, _next, _later) = (_next, _later, _current);
        _nextCount = later;
        if (_nextCount == _format.SegmentBytes)
        {
            _reading = ReadSegment(_later);
        }
    }

    private Task<int> ReadSegment(byte[] buffer) =>
        _source.ReadAtLeastAsync(buffer.AsMemory(0, _format.SegmentBytes), _format.SegmentBytes, throwOnEndOfStream: false, _stop.Token).AsTask();

    private void Release()
    {
        _pool.Return(_current);
        _pool.Return(_next);
        _pool.Return(_later);
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(_key);
        _cipher?.Dispose();
        _stop.Dispose();
    }
}
