namespace Wardline.Bench.Vault;

/// <summary>Gives the same block over and over, so many bytes in all: like a file that lies in memory.</summary>
internal sealed class RepeatingStream(byte[] block, long length) : ReadingStream
{
    private long _at;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int within = (int)(_at % block.Length);
        int count = (int)Math.Min(Math.Min(buffer.Length, block.Length - within), length - _at);
        block.AsSpan(within, count).CopyTo(buffer.Span);
        _at += count;
        return ValueTask.FromResult(count);
    }
}

/// <summary>Gives what a seed says, another 8 bytes in every 8: what is read in the wrong place is noticed.</summary>
internal sealed class CountingStream(long length) : ReadingStream
{
    private long _at;

    /// <summary>What stands at any place.</summary>
    public static void Fill(long offset, Span<byte> buffer)
    {
        for (int i = 0; i < buffer.Length;)
        {
            long word = unchecked(((offset + i) / 8 * (long)0x9E3779B97F4A7C15) ^ 0x5DEECE66D);
            for (int at = (int)((offset + i) % 8); at < 8 && i < buffer.Length; at++, i++)
            {
                buffer[i] = (byte)(word >> (8 * at));
            }
        }
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = (int)Math.Min(buffer.Length, length - _at);
        Fill(_at, buffer.Span[..count]);
        _at += count;
        return ValueTask.FromResult(count);
    }
}

/// <summary>Compares what is written to it with what <see cref="CountingStream"/> gives.</summary>
internal sealed class ComparingStream : Stream
{
    private readonly byte[] _expected = new byte[1 << 16];

    public long Written { get; private set; }

    public bool IsSame { get; private set; } = true;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => Written;

    public override long Position
    {
        get => Written;
        set => throw new NotSupportedException();
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            int count = Math.Min(buffer.Length, _expected.Length);
            CountingStream.Fill(Written, _expected.AsSpan(0, count));
            IsSame &= buffer.Span[..count].SequenceEqual(_expected.AsSpan(0, count));
            Written += count;
            buffer = buffer[count..];
        }

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

internal abstract class ReadingStream : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public abstract override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default);

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
