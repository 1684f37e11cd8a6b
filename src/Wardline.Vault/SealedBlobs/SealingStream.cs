using System.Diagnostics.CodeAnalysis;

namespace Wardline.Vault.SealedBlobs;

/// <summary>
/// Seals what is written to it, and writes the sealed bytes to another stream, one segment behind. Only a blob that was
/// completed (<see cref="CompleteAsync"/>) opens again: what a crash or an exception leaves is refused as cut off.
/// Asynchronous only; for one writer.
/// </summary>
public sealed class SealingStream : Stream
{
    private readonly Stream _sink;
    private readonly BlobFormat _format;
    private readonly SegmentBuffers _pool;
    private readonly SegmentCipher _cipher;
    private readonly bool _leaveOpen;
    private byte[] _filling;
    private byte[] _written;
    private Task _writing = Task.CompletedTask;
    private int _filled;
    private long _segment;
    private State _state;

    /// <param name="sink">takes the sealed bytes.</param>
    /// <param name="key">32 bytes of key material.</param>
    /// <param name="associatedData">what the blob is bound to; see <see cref="SealedBlob"/>.</param>
    public SealingStream(Stream sink, ReadOnlySpan<byte> key, ReadOnlySpan<byte> associatedData, bool leaveOpen = false)
        : this(BlobFormat.Standard, SegmentBuffers.Standard, sink, key, associatedData, leaveOpen)
    {
    }

    internal SealingStream(BlobFormat format, SegmentBuffers pool, Stream sink, ReadOnlySpan<byte> key, ReadOnlySpan<byte> associatedData, bool leaveOpen)
    {
        _cipher = SegmentCipher.ForNew(format, key, associatedData);
        _sink = sink;
        _format = format;
        _pool = pool;
        _leaveOpen = leaveOpen;
        _filling = pool.Rent();
        _written = pool.Rent();
    }

    // Open -> [CompleteAsync] -> Completed
    // Open -> [the sink throws, or a write is cancelled] -> Broken
    // each -> [Dispose] -> Disposed
    private enum State
    {
        Open,
        Completed,
        Broken,
        Disposed,
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => _state == State.Open;

    /// <summary>Not known before the end; <see cref="Position"/> counts what was written.</summary>
    public override long Length => throw new NotSupportedException();

    /// <summary>Plain bytes written so far.</summary>
    public override long Position
    {
        get => _format.PlainStart(_segment) + _filled;
        set => throw new NotSupportedException();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ExpectOpen();
        cancellationToken.ThrowIfCancellationRequested();
        while (!buffer.IsEmpty)
        {
            int capacity = _format.PlainBytes(_segment);
            if (_filled == capacity)
            {
                // Only now is it known that this one is not the last.
                await SealAsync(last: false, cancellationToken);
                continue;
            }

            int count = Math.Min(capacity - _filled, buffer.Length);
            buffer.Span[..count].CopyTo(_filling.AsSpan(_format.CipherStart(_segment) + _filled));
            _filled += count;
            buffer = buffer[count..];
        }
    }

    /// <summary>Seals what is left as the last segment, and flushes the stream below. Once, after everything was written.</summary>
    public async Task CompleteAsync(CancellationToken cancel = default)
    {
        ExpectOpen();
        try
        {
            await SealAsync(last: true, cancel);
            await _writing;
            await _sink.FlushAsync(cancel);
            _state = State.Completed;
        }
        catch
        {
            _state = State.Broken;
            throw;
        }
    }

    /// <summary>Passes on what is sealed; a segment that has only begun stays here.</summary>
    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (_state == State.Open)
        {
            await _writing;
            await _sink.FlushAsync(cancellationToken);
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    [DoesNotReturn]
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("A blob is sealed asynchronously.");

    /// <summary>Nothing: what is here has not been sealed, and waiting is for <see cref="FlushAsync(CancellationToken)"/>.</summary>
    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        if (_state != State.Disposed)
        {
            _state = State.Disposed;
            await _writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Release();
            if (!_leaveOpen)
            {
                await _sink.DisposeAsync();
            }
        }

        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && _state != State.Disposed)
        {
            _state = State.Disposed;
            if (_writing.IsCompleted)
            {
                Release();
            }
            else
            {
                // The buffers go back when the sink has let go of them.
                _ = _writing.ContinueWith(static (_, stream) => ((SealingStream)stream!).Release(), this, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }

            if (!_leaveOpen)
            {
                _sink.Dispose();
            }
        }

        base.Dispose(disposing);
    }

    private async ValueTask SealAsync(bool last, CancellationToken cancel)
    {
        try
        {
            int start = _format.CipherStart(_segment);
            int length = start + _filled + BlobFormat.TagBytes;
            if (_segment == 0)
            {
                _cipher.Header.CopyTo(_filling);
            }

            _cipher.Seal(_filling.AsSpan(start, _filled + BlobFormat.TagBytes), _segment, last);
            await _writing;
            (_filling, _written) = (_written, _filling);
            _writing = _sink.WriteAsync(_written.AsMemory(0, length), cancel).AsTask();
            _segment++;
            _filled = 0;
        }
        catch
        {
            _state = State.Broken;
            throw;
        }
    }

    private void ExpectOpen()
    {
        ObjectDisposedException.ThrowIf(_state == State.Disposed, this);
        if (_state != State.Open)
        {
            throw new InvalidOperationException(_state == State.Completed ? "The blob is complete." : "The blob is broken: a write before this one failed.");
        }
    }

    private void Release()
    {
        _pool.Return(_filling);
        _pool.Return(_written);
        _cipher.Dispose();
    }
}
