using Wardline.Sockets;
using Wardline.Rtc;

namespace Wardline.Media.Loops;

/// <summary>One accepted ICE-TCP connection: what has been read of the next frame, and what waits to be written.</summary>
internal sealed unsafe class TcpConnection(int fd, TransportAddress remote, Instant acceptedAt)
{
    // A frame of the largest packet that we take, with its length field, fits twice.
    private const int ReadBytes = 4096;

    private readonly byte[] _read = new byte[ReadBytes];
    private byte[] _write = [];
    private int _writeStart;

    public int Fd => fd;

    public TransportAddress Remote => remote;

    public uint Number => remote.Connection;

    public Instant AcceptedAt { get; } = acceptedAt;

    public Instant LastRead { get; set; } = acceptedAt;

    /// <summary>Its first frame was a STUN check for somebody whom we expect.</summary>
    public bool Expected { get; set; }

    public bool WaitsForWritable { get; set; }

    /// <summary>Bytes of the stream that have come and are not yet consumed.</summary>
    public Span<byte> Buffered => _read.AsSpan(0, ReadCount);

    public int ReadCount { get; private set; }

    public int Pending { get; private set; }

    /// <returns>Bytes read; 0: nothing waiting; negative: the connection is over.</returns>
    public int Read()
    {
        if (ReadCount == _read.Length)
        {
            return -1;
        }

        fixed (byte* buffer = _read)
        {
            nint count = Libc.Receive(fd, buffer + ReadCount, (nuint)(_read.Length - ReadCount), Libc.MsgDontWait);
            if (count > 0)
            {
                ReadCount += (int)count;
                return (int)count;
            }

            return count < 0 && Libc.LastError is Libc.TryAgain or Libc.Interrupted ? 0 : -1;
        }
    }

    /// <summary>The first <paramref name="consumed"/> bytes are done with.</summary>
    public void Consume(int consumed)
    {
        ReadCount -= consumed;
        _read.AsSpan(consumed, ReadCount).CopyTo(_read);
    }

    /// <summary>Queues one whole frame (RFC 4571: a 16-bit length, then the packet), or nothing.</summary>
    /// <returns>False when the reader is too slow and the queue is full.</returns>
    public bool TryQueue(ReadOnlySpan<byte> packet, int queueBytes)
    {
        int need = packet.Length + 2;
        if (Pending + need > queueBytes)
        {
            return false;
        }

        if (_write.Length == 0)
        {
            // Only a connection that we answer gets a queue.
            _write = new byte[queueBytes];
        }

        if (_writeStart + Pending + need > _write.Length)
        {
            _write.AsSpan(_writeStart, Pending).CopyTo(_write);
            _writeStart = 0;
        }

        Span<byte> frame = _write.AsSpan(_writeStart + Pending, need);
        frame[0] = (byte)(packet.Length >> 8);
        frame[1] = (byte)packet.Length;
        packet.CopyTo(frame[2..]);
        Pending += need;
        return true;
    }

    /// <summary>Writes what the kernel takes.</summary>
    /// <returns>False when the connection is over.</returns>
    public bool Flush(out int written)
    {
        written = 0;
        fixed (byte* buffer = _write)
        {
            while (Pending > 0)
            {
                nint count = Libc.Send(fd, buffer + _writeStart, (nuint)Pending, Libc.MsgDontWait | Libc.MsgNoSignal);
                if (count < 0)
                {
                    int error = Libc.LastError;
                    if (error == Libc.Interrupted)
                    {
                        continue;
                    }

                    return error is Libc.TryAgain or Libc.NoBuffers or Libc.NoMemory;
                }

                _writeStart += (int)count;
                Pending -= (int)count;
                written += (int)count;
            }
        }

        _writeStart = 0;
        return true;
    }
}
