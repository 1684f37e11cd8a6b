namespace Wardline.Vault.Tests.SealedBlobs;

/// <summary>Fails at the n-th write, or at a place in what it gives.</summary>
internal sealed class FailingStream : MemoryStream
{
    private readonly int _failAt;
    private int _writes;

    public FailingStream(int write) => _failAt = write;

    public FailingStream(byte[] bytes, int failAt)
        : base(bytes) => _failAt = failAt;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        _writes++ == _failAt ? ValueTask.FromException(new IOException("no room")) : base.WriteAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) =>
        _writes++ == _failAt ? Task.FromException(new IOException("no room")) : base.FlushAsync(cancellationToken);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int left = _failAt - (int)Position;
        return left <= 0 ? ValueTask.FromException<int>(new IOException("gone")) : base.ReadAsync(buffer[..Math.Min(left, buffer.Length)], cancellationToken);
    }
}

/// <summary>Gives its first bytes, and the others only when it is opened.</summary>
internal sealed class GatedStream(byte[] bytes) : MemoryStream(bytes)
{
    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int OpenFor { get; init; }

    /// <summary>A reader that waited has been let go.</summary>
    public Task Left => _left.Task;

    public void Open() => _gate.SetResult();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Position >= OpenFor && !_gate.Task.IsCompleted)
        {
            try
            {
                await _gate.Task.WaitAsync(cancellationToken);
            }
            finally
            {
                _left.TrySetResult();
            }
        }

        return await base.ReadAsync(Position < OpenFor ? buffer[..(int)Math.Min(buffer.Length, OpenFor - Position)] : buffer, cancellationToken);
    }
}

/// <summary>So many zeros, and a sink that only counts.</summary>
internal sealed class ZeroStream(long length) : Stream
{
    private long _left = length;

    public long Written { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = (int)Math.Min(buffer.Length, _left);
        buffer.Span[..count].Clear();
        _left -= count;
        return ValueTask.FromResult(count);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Written += buffer.Length;
        return ValueTask.CompletedTask;
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
