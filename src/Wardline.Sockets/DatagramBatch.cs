using System.Runtime.InteropServices;
using Wardline.Rtc;

namespace Wardline.Sockets;

/// <summary>
/// One recvmmsg: datagrams with their senders, in buffers made once. When the socket coalesces (UDP_GRO) one message is
/// several datagrams of one sender, which are handed out where they lie.
/// </summary>
/// <remarks>
/// <code>
/// message   1104 1104 1104 900      the kernel says 1104: every datagram is that long, the last may be shorter
/// </code>
/// </remarks>
internal sealed unsafe class DatagramBatch : IDisposable
{
    /// <summary>Datagrams that one call brings from a socket that does not coalesce.</summary>
    public const int Capacity = 64;

    /// <summary>Longer datagrams than anything that we would agree on.</summary>
    public const int MaxDatagramBytes = 2048;

    /// <summary>UDP_GRO_CNT_MAX: what a kernel puts together at most. What would be more is counted as unusable.</summary>
    public const int MaxCoalesced = 64;

    private const int CoalescingMessages = 32;
    private const int CoalescedBytes = 64 << 10;
    private const int ControlBytes = 24;

    private readonly byte* _buffers;
    private readonly byte* _names;
    private readonly Libc.IoVector* _vectors;
    private readonly Libc.BatchMessage* _messages;
    private readonly Libc.ControlMessage* _controls;
    private readonly Piece[] _pieces;
    private readonly ReceiveCall _receive;
    private readonly bool _coalesced;
    private readonly int _messageCount;
    private readonly int _bufferBytes;

    /// <param name="coalesced">Whether the sockets that are read coalesce.</param>
    /// <param name="receive">null: recvmmsg.</param>
    public DatagramBatch(bool coalesced = false, ReceiveCall? receive = null)
    {
        _coalesced = coalesced;
        _receive = receive ?? ReceiveMany;
        _messageCount = coalesced ? CoalescingMessages : Capacity;
        _bufferBytes = coalesced ? CoalescedBytes : MaxDatagramBytes;
        _pieces = new Piece[coalesced ? CoalescingMessages * MaxCoalesced : Capacity];
        _buffers = (byte*)NativeMemory.AlignedAlloc((nuint)(_messageCount * _bufferBytes), 64);
        _names = (byte*)NativeMemory.AllocZeroed((nuint)(_messageCount * SocketAddressCodec.IPv6Bytes));
        _vectors = (Libc.IoVector*)NativeMemory.AllocZeroed((nuint)_messageCount, (nuint)sizeof(Libc.IoVector));
        _messages = (Libc.BatchMessage*)NativeMemory.AllocZeroed((nuint)_messageCount, (nuint)sizeof(Libc.BatchMessage));
        _controls = (Libc.ControlMessage*)NativeMemory.AllocZeroed((nuint)_messageCount, (nuint)sizeof(Libc.ControlMessage));
        for (int i = 0; i < _messageCount; i++)
        {
            _vectors[i] = new Libc.IoVector { Base = _buffers + i * _bufferBytes, Length = (nuint)_bufferBytes };
            _messages[i].Header.Name = _names + i * SocketAddressCodec.IPv6Bytes;
            _messages[i].Header.Vectors = _vectors + i;
            _messages[i].Header.VectorCount = 1;
        }
    }

    /// <summary>recvmmsg as we use it.</summary>
    /// <returns>How many messages came; anything else for none.</returns>
    internal delegate int ReceiveCall(int fd, Libc.BatchMessage* messages, int count);

    private readonly record struct Piece(int Message, int Offset, int Length);

    /// <summary>Whether the last call brought as much as one call can: there may be more.</summary>
    public bool WasFull { get; private set; }

    /// <returns>How many datagrams came; 0 when none is waiting.</returns>
    public int Receive(int fd)
    {
        for (int i = 0; i < _messageCount; i++)
        {
            _messages[i].Header.NameLength = SocketAddressCodec.IPv6Bytes;
            if (_coalesced)
            {
                _messages[i].Header.Control = _controls + i;
                _messages[i].Header.ControlLength = ControlBytes;
            }
        }

        // Errors here are news about packets that we sent (ICMP) or a signal: there is nothing to receive then, and nothing to do.
        int count = Math.Max(_receive(fd, _messages, _messageCount), 0);
        WasFull = count == _messageCount;
        if (!_coalesced)
        {
            for (int i = 0; i < count; i++)
            {
                _pieces[i] = new Piece(i, 0, (int)_messages[i].Length);
            }

            return count;
        }

        int pieces = 0;
        for (int i = 0; i < count; i++)
        {
            pieces = Part(i, pieces);
        }

        return pieces;
    }

    /// <summary>The datagram's bytes, for work in place.</summary>
    /// <returns>False for one that was longer than anything we would have agreed on, or that has no usable sender.</returns>
    public bool TryGet(int index, out Span<byte> datagram, out TransportAddress from)
    {
        Piece piece = _pieces[index];
        Libc.BatchMessage* message = _messages + piece.Message;
        ReadOnlySpan<byte> name = new((byte*)message->Header.Name, (int)Math.Min(message->Header.NameLength, SocketAddressCodec.IPv6Bytes));
        if ((message->Header.Flags & Libc.MsgTruncated) != 0 || piece.Length > MaxDatagramBytes ||
            !SocketAddressCodec.TryRead(name, out ReadOnlySpan<byte> address, out ushort port))
        {
            datagram = default;
            from = default;
            return false;
        }

        datagram = new Span<byte>(_buffers + piece.Message * _bufferBytes + piece.Offset, piece.Length);
        from = TransportAddress.Udp(address, port);
        return true;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_buffers);
        NativeMemory.Free(_names);
        NativeMemory.Free(_vectors);
        NativeMemory.Free(_messages);
        NativeMemory.Free(_controls);
    }

    /// <summary>Notes where the datagrams of one message lie.</summary>
    private int Part(int message, int pieces)
    {
        int total = (int)Math.Min(_messages[message].Length, (uint)_bufferBytes);
        int size = SegmentBytes(message);
        if (size <= 0 || size >= total)
        {
            _pieces[pieces] = new Piece(message, 0, total);
            return pieces + 1;
        }

        int last = pieces + MaxCoalesced - 1;
        for (int at = 0; at < total; at += size)
        {
            // In the last place whatever is left over shows as too long, if a kernel should ever put more together.
            int length = pieces == last ? total - at : Math.Min(size, total - at);
            _pieces[pieces++] = new Piece(message, at, length);
            if (pieces > last)
            {
                break;
            }
        }

        return pieces;
    }

    private int SegmentBytes(int message)
    {
        Libc.ControlMessage* control = _controls + message;
        return _messages[message].Header.ControlLength >= Libc.ControlMessage.HeaderBytes + sizeof(int) &&
            control->Length >= Libc.ControlMessage.HeaderBytes + sizeof(int) &&
            control->Level == Libc.IpProtoUdp && control->Type == Libc.UdpGro ? control->Value : 0;
    }

    private static int ReceiveMany(int fd, Libc.BatchMessage* messages, int count) =>
        Libc.ReceiveMany(fd, messages, (uint)count, Libc.MsgDontWait, null);
}
