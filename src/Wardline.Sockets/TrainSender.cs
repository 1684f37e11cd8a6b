using System.Runtime.InteropServices;
using Wardline.Rtc;

namespace Wardline.Sockets;

/// <summary>
/// Sends trains of packets by sendmmsg, straight out of their arena. A train is to one receiver: its runs of equal size
/// (the last packet of a run may be shorter) leave as one message each, which the kernel cuts (UDP_SEGMENT).
/// </summary>
/// <remarks>
/// <code>
/// train to A    1104 1104 1104 900 1104 88        messages   [1104 ×3 + 900]  [1104 + 88]
/// train to B    1104 1104 1104                               [1104 ×3]                       one sendmmsg for all
/// </code>
/// What the kernel does not cut for one path (a device without checksums, a narrower path) is sent again packet by packet
/// at once, and that path goes without from then on.
/// </remarks>
internal sealed unsafe class TrainSender : IDisposable
{
    /// <summary>UDP_MAX_SEGMENTS of every kernel that has the option; newer ones take 128.</summary>
    public const int MaxSegments = 64;

    /// <summary>A message must stay below 65,535 bytes with its headers.</summary>
    public const int MaxMessageBytes = 65_000;

    private const int MessageCapacity = 128;
    private const int VectorCapacity = 1024;
    private const int ControlBytes = 24;

    private readonly byte* _names;
    private readonly Libc.IoVector* _vectors;
    private readonly Libc.BatchMessage* _messages;
    private readonly Libc.ControlMessage* _controls;
    private readonly SendCall _send;
    private readonly RefusedPaths _refused = new();
    private readonly TransportAddress[] _to = new TransportAddress[MessageCapacity];
    private readonly int _fd;
    private readonly int _family;
    private int _queued;
    private int _queuedVectors;

    /// <param name="socket">Stays the caller's.</param>
    /// <param name="segments">Whether the kernel may be asked to cut; see <see cref="KernelOffload"/>.</param>
    /// <param name="send">null: sendmmsg. A test's own refuses what no kernel at hand would.</param>
    public TrainSender(BoundSocket socket, bool segments, SendCall? send = null)
    {
        _fd = socket.Fd;
        _family = socket.Family;
        _send = send ?? SendMany;
        Segments = segments;
        _names = (byte*)NativeMemory.AllocZeroed(MessageCapacity * SocketAddressCodec.IPv6Bytes);
        _vectors = (Libc.IoVector*)NativeMemory.AllocZeroed(VectorCapacity, (nuint)sizeof(Libc.IoVector));
        _messages = (Libc.BatchMessage*)NativeMemory.AllocZeroed(MessageCapacity, (nuint)sizeof(Libc.BatchMessage));
        _controls = (Libc.ControlMessage*)NativeMemory.AllocZeroed(MessageCapacity, (nuint)sizeof(Libc.ControlMessage));
        for (int i = 0; i < MessageCapacity; i++)
        {
            _controls[i] = new Libc.ControlMessage { Length = Libc.ControlMessage.HeaderBytes + sizeof(ushort), Level = Libc.IpProtoUdp, Type = Libc.UdpSegment };
            _messages[i].Header.Name = _names + i * SocketAddressCodec.IPv6Bytes;
        }
    }

    /// <summary>sendmmsg as we use it.</summary>
    /// <returns>How many messages were taken, at least one; or an error number, negated.</returns>
    internal delegate int SendCall(int fd, Libc.BatchMessage* messages, int count);

    /// <summary>Whether runs leave as one message. Ends for good when the kernel refuses every path.</summary>
    public bool Segments { get; private set; }

    public long PacketsSent { get; private set; }

    public long BytesSent { get; private set; }

    /// <summary>Packets that the kernel refused: its buffer is full, or the network cannot be reached.</summary>
    public long PacketsRefused { get; private set; }

    /// <summary>What the kernel was handed; packets for each message say how much the offload brings.</summary>
    public long MessagesSent { get; private set; }

    /// <summary>Messages that the kernel would not cut; their packets were sent one by one.</summary>
    public long OffloadRefused { get; private set; }

    public void ResetCounts() => PacketsSent = BytesSent = PacketsRefused = MessagesSent = OffloadRefused = 0;

    /// <summary>Queues one train; full batches leave at once. The arena must stay as it is until <see cref="Flush"/>.</summary>
    public void Append(PacketTrains trains, in PacketTrains.Train train)
    {
        ReadOnlySpan<PacketTrains.Packet> packets = trains.Packets.Slice(train.First, train.Count);
        int most = Segments && train.Count > 1 && !_refused.Has(train.To) ? MaxSegments : 1;
        for (int i = 0; i < packets.Length;)
        {
            int run = Run(packets[i..], most);
            if (_queued == MessageCapacity || _queuedVectors + run > VectorCapacity)
            {
                Flush();
            }

            byte* name = _names + _queued * SocketAddressCodec.IPv6Bytes;
            int nameLength = SocketAddressCodec.Write(train.To, _family, new Span<byte>(name, SocketAddressCodec.IPv6Bytes));
            if (nameLength == 0)
            {
                PacketsRefused += packets.Length - i;
                return;
            }

            _to[_queued] = train.To;
            Fill(_messages + _queued++, nameLength, trains.Arena, packets.Slice(i, run));
            i += run;
        }
    }

    public void Flush()
    {
        int first = 0;
        while (first < _queued)
        {
            int sent = _send(_fd, _messages + first, _queued - first);
            if (sent > 0)
            {
                for (int i = first; i < first + sent; i++)
                {
                    CountSent(_messages + i);
                }

                first += sent;
                continue;
            }

            int error = -sent;
            if (error == Libc.Interrupted)
            {
                continue;
            }

            if (error is Libc.TryAgain or Libc.NoBuffers or Libc.NoMemory)
            {
                // The kernel's queue is full. Waiting would hold up every session on this worker: what is left is lost, as on any network.
                for (int i = first; i < _queued; i++)
                {
                    PacketsRefused += (long)_messages[i].Header.VectorCount;
                }

                break;
            }

            Libc.BatchMessage* message = _messages + first;
            if (message->Header.VectorCount > 1 && error is Libc.IoError or Libc.Invalid or Libc.MessageTooLong)
            {
                SendOneByOne(message, _to[first]);
            }
            else
            {
                // This one cannot be sent (no route, a port of 0, …): that says nothing about the others.
                PacketsRefused += (long)message->Header.VectorCount;
            }

            first++;
        }

        _queued = 0;
        _queuedVectors = 0;
    }

    public void Dispose()
    {
        NativeMemory.Free(_names);
        NativeMemory.Free(_vectors);
        NativeMemory.Free(_messages);
        NativeMemory.Free(_controls);
    }

    /// <summary>How many packets one message takes: all as long as the first, and one shorter one at the end.</summary>
    private static int Run(ReadOnlySpan<PacketTrains.Packet> packets, int most)
    {
        int size = packets[0].Length;
        most = Math.Min(Math.Min(most, packets.Length), size == 0 ? 1 : MaxMessageBytes / size);
        int run = 1;
        while (run < most)
        {
            int next = packets[run].Length;
            if (next > size || next == 0)
            {
                break;
            }

            run++;
            if (next < size)
            {
                break;
            }
        }

        return run;
    }

    private void Fill(Libc.BatchMessage* message, int nameLength, byte* arena, ReadOnlySpan<PacketTrains.Packet> packets)
    {
        Libc.IoVector* vectors = _vectors + _queuedVectors;
        for (int i = 0; i < packets.Length; i++)
        {
            vectors[i] = new Libc.IoVector { Base = arena + packets[i].Offset, Length = (nuint)packets[i].Length };
        }

        _queuedVectors += packets.Length;
        message->Header.NameLength = (uint)nameLength;
        message->Header.Vectors = vectors;
        message->Header.VectorCount = (nuint)packets.Length;
        if (packets.Length > 1)
        {
            Libc.ControlMessage* control = _controls + (message - _messages);
            *(ushort*)&control->Value = (ushort)packets[0].Length;
            message->Header.Control = control;
            message->Header.ControlLength = ControlBytes;
        }
        else
        {
            message->Header.Control = null;
            message->Header.ControlLength = 0;
        }
    }

    private void CountSent(Libc.BatchMessage* message)
    {
        int packets = (int)message->Header.VectorCount;
        for (int i = 0; i < packets; i++)
        {
            BytesSent += (long)message->Header.Vectors[i].Length;
        }

        PacketsSent += packets;
        MessagesSent++;
        if (packets > 1)
        {
            _refused.OnAccepted();
        }
    }

    /// <summary>The kernel does not cut on this way. No packet is lost by having tried.</summary>
    private void SendOneByOne(Libc.BatchMessage* refused, in TransportAddress to)
    {
        OffloadRefused++;
        if (_refused.Add(to))
        {
            Segments = false;
        }

        Libc.BatchMessage single = *refused;
        single.Header.VectorCount = 1;
        single.Header.Control = null;
        single.Header.ControlLength = 0;
        for (nuint i = 0; i < refused->Header.VectorCount; i++)
        {
            single.Header.Vectors = refused->Header.Vectors + i;
            int sent;
            do
            {
                sent = _send(_fd, &single, 1);
            }
            while (sent == -Libc.Interrupted);

            if (sent > 0)
            {
                CountSent(&single);
            }
            else
            {
                PacketsRefused++;
            }
        }
    }

    private static int SendMany(int fd, Libc.BatchMessage* messages, int count)
    {
        int sent = Libc.SendMany(fd, messages, (uint)count, Libc.MsgDontWait | Libc.MsgNoSignal);
        return sent >= 0 ? sent : -Libc.LastError;
    }
}
