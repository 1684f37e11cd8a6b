using System.Diagnostics.CodeAnalysis;

namespace Wardline.Vault.SealedBlobs;

/// <summary>
/// A sealed blob as a stream of its plain bytes that seeks. The last segment authenticates before anything else is read, so
/// <see cref="Length"/> is true, and a blob that was cut off does not open at all; every other segment authenticates before a
/// byte of it is returned, and a seek reads none of the segments before. Who reads on is read ahead for by one segment.
/// Asynchronous only; for one reader: open the blob twice for two.
/// </summary>
public sealed class SealedBlobReader : Stream
{
    private readonly IRangeSource _source;
    private readonly BlobFormat _format;
    private readonly SegmentBuffers _pool;
    private readonly SegmentCipher _cipher;
    private readonly bool _leaveOpen;
    private readonly long _segments;
    private byte[] _current;
    private byte[] _ahead;
    private long _currentSegment = -1;
    private long _aheadSegment = -1;
    private long _wantedBefore = -1;
    private Task? _reading;
    private CancellationTokenSource _stop = new();
    private long _position;
    private bool _disposed;

    private SealedBlobReader(BlobFormat format, SegmentBuffers pool, IRangeSource source, SegmentCipher cipher, long length, long segments, bool leaveOpen)
    {
        _format = format;
        _pool = pool;
        _source = source;
        _cipher = cipher;
        _segments = segments;
        _leaveOpen = leaveOpen;
        Length = length;
        _current = pool.Rent();
        _ahead = pool.Rent();
    }

    public override bool CanRead => !_disposed;

    public override bool CanSeek => !_disposed;

    public override bool CanWrite => false;

    /// <summary>Plain bytes; authenticated.</summary>
    public override long Length { get; }

    public override long Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }

    /// <summary>Opens a blob, which then belongs to the reader; a source that was refused is disposed of.</summary>
    /// <param name="key">32 bytes of key material.</param>
    /// <param name="associatedData">what the blob was bound to when it was sealed.</param>
    /// <exception cref="VaultException"><c>vault.blob-header</c>, <c>vault.blob-truncated</c>, <c>vault.blob-segment</c>; and those of the source.</exception>
    public static Task<SealedBlobReader> OpenAsync(
        IRangeSource source, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> associatedData, bool leaveOpen = false, CancellationToken cancel = default) =>
        OpenAsync(BlobFormat.Standard, SegmentBuffers.Standard, source, key, associatedData, leaveOpen, cancel);

    internal static async Task<SealedBlobReader> OpenAsync(
        BlobFormat format, SegmentBuffers pool, IRangeSource source, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> associatedData, bool leaveOpen, CancellationToken cancel)
    {
        SealedBlobReader? reader = null;
        SegmentCipher? cipher = null;
        try
        {
            if (source.Length < format.HeaderBytes)
            {
                throw BlobErrors.Header();
            }

            if (!format.TryPlainLength(source.Length, out long length, out long segments))
            {
                throw BlobErrors.Truncated();
            }

            byte[] header = new byte[format.HeaderBytes];
            await source.ReadAsync(0, header, cancel);
            cipher = SegmentCipher.For(format, header, key.Span, associatedData.Span);
            reader = new SealedBlobReader(format, pool, source, cipher, length, segments, leaveOpen);
            await reader.LoadAsync(segments - 1, cancel);
            return reader;
        }
        catch
        {
            if (reader is not null)
            {
                await reader.DisposeAsync();
            }
            else
            {
                cipher?.Dispose();
                if (!leaveOpen)
                {
                    await source.DisposeAsync();
                }
            }

            throw;
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_position >= Length || buffer.IsEmpty)
        {
            return 0;
        }

        long segment = _format.SegmentAt(_position);
        if (segment != _currentSegment)
        {
            await LoadAsync(segment, cancellationToken);
        }

        int within = (int)(_position - _format.PlainStart(segment));
        int count = Math.Min(buffer.Length, PlainBytes(segment) - within);
        _current.AsSpan(_format.CipherStart(segment) + within, count).CopyTo(buffer.Span);
        _position += count;
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    [DoesNotReturn]
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("A blob is opened asynchronously.");

    /// <summary>Costs nothing: what stands there is read by the next <see cref="ReadAsync(Memory{byte}, CancellationToken)"/>.</summary>
    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => Length + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            _disposed = true;
            await StopReadingAheadAsync();
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
        // The source closes asynchronously alone, and its buffers go back when it has let go of them.
        if (disposing && !_disposed)
        {
            _ = DisposeAsync().AsTask();
        }

        base.Dispose(disposing);
    }

    private int PlainBytes(long segment) =>
        segment < _segments - 1 ? _format.PlainBytes(segment) : (int)(Length - _format.PlainStart(segment));

    private Memory<byte> Sealed(byte[] buffer, long segment) =>
        buffer.AsMemory(0, _format.CipherStart(segment) + PlainBytes(segment) + BlobFormat.TagBytes);

    /// <summary>Makes a segment the current one.</summary>
    private async ValueTask LoadAsync(long segment, CancellationToken cancel)
    {
        // 1. Its bytes: those that were read ahead, or from the source.
        bool readsOn = segment == _wantedBefore + 1;
        if (_aheadSegment == segment && _reading is { } reading)
        {
            try
            {
                await reading.WaitAsync(cancel);
            }
            finally
            {
                // What failed is read anew when it is wanted again; what was only not waited for goes on.
                if (reading.IsCompleted)
                {
                    (_reading, _aheadSegment) = (null, -1);
                }
            }
        }
        else
        {
            await StopReadingAheadAsync();
            await _source.ReadAsync(segment * _format.SegmentBytes, Sealed(_ahead, segment), cancel);
        }

        _wantedBefore = segment;

        // 2. Authenticate all of it before any of it is used; what fails is wiped and never the current one.
        int start = _format.CipherStart(segment);
        _cipher.Open(Sealed(_ahead, segment).Span[start..], segment, last: segment == _segments - 1, _pool);
        (_current, _ahead) = (_ahead, _current);
        _currentSegment = segment;

        // 3. Somebody who reads on will want the next one.
        if (readsOn && segment + 1 < _segments)
        {
            _aheadSegment = segment + 1;
            _reading = _source.ReadAsync(_aheadSegment * _format.SegmentBytes, Sealed(_ahead, _aheadSegment), _stop.Token).AsTask();
        }
    }

    private async ValueTask StopReadingAheadAsync()
    {
        if (_reading is { } reading)
        {
            await _stop.CancelAsync();
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stop.Dispose();
            _stop = new CancellationTokenSource();
            _reading = null;
            _aheadSegment = -1;
        }
    }

    private void Release()
    {
        _pool.Return(_current);
        _pool.Return(_ahead);
        _cipher.Dispose();
        _stop.Dispose();
    }
}
