using System.Runtime.InteropServices;
using Wardline.Rtc;

namespace Wardline.Sockets;

/// <summary>
/// One recvmmsg: up to <see cref="Capacity"/> datagrams with their senders, in buffers made once.
/// </summary>
internal sealed unsafe class DatagramBatch : IDisposable
{
    public const int Capacity = 64;
    private const int BufferBytes = 2048;

    private readonly byte* _buffers;
    private readonly byte* _names;
    private readonly Libc.IoVector* _vectors;
    private readonly Libc.BatchMessage* _messages;

    public DatagramBatch()
    {
        _buffers = (byte*)NativeMemory.AlignedAlloc(Capacity * BufferBytes, 64);
        _names = (byte*)NativeMemory.AllocZeroed(Capacity * SocketAddressCodec.IPv6Bytes);
        _vectors = (Libc.IoVector*)NativeMemory.AllocZeroed(Capacity, (nuint)sizeof(Libc.IoVector));
        _messages = (Libc.BatchMessage*)NativeMemory.AllocZeroed(Capacity, (nuint)sizeof(Libc.BatchMessage));
        for (int i = 0; i < Capacity; i++)
        {
            _vectors[i] = new Libc.IoVector { Base = _buffers + i * BufferBytes, Length = BufferBytes };
            _messages[i].Header.Name = _names + i * SocketAddressCodec.IPv6Bytes;
            _messages[i].Header.Vectors = _vectors + i;
            _messages[i].Header.VectorCount = 1;
        }
    }

    /// <returns>How many datagrams came; 0 when none is waiting.</returns>
    public int Receive(int fd)
    {
        for (int i = 0; i < Capacity; i++)
        {
            _messages[i].Header.NameLength = SocketAddressCodec.IPv6Bytes;
        }

        // Errors here are news about packets that we sent (ICMP) or a signal: there is nothing to receive then, and nothing to do.
        int count = Libc.ReceiveMany(fd, _messages, Capacity, Libc.MsgDontWait, null);
        return Math.Max(count, 0);
    }

    /// <summary>The datagram's bytes, for work in place.</summary>
    /// <returns>False for one that was longer than anything we would have agreed on, or that has no usable sender.</returns>
    public bool TryGet(int index, out Span<byte> datagram, out TransportAddress from)
    {
        Libc.BatchMessage* message = _messages + index;
        ReadOnlySpan<byte> name = new(_names + index * SocketAddressCodec.IPv6Bytes, (int)Math.Min(message->Header.NameLength, SocketAddressCodec.IPv6Bytes));
        if ((message->Header.Flags & Libc.MsgTruncated) != 0 || !SocketAddressCodec.TryRead(name, out ReadOnlySpan<byte> address, out ushort port))
        {
            datagram = default;
            from = default;
            return false;
        }

        datagram = new Span<byte>(_buffers + index * BufferBytes, (int)message->Length);
        from = TransportAddress.Udp(address, port);
        return true;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_buffers);
        NativeMemory.Free(_names);
        NativeMemory.Free(_vectors);
        NativeMemory.Free(_messages);
    }
}
