using System.Runtime.InteropServices;
using Wardline.Rtc;

namespace Wardline.Sockets;

/// <summary>
/// Sends trains of packets by sendmmsg, straight out of their arena. A train is to one receiver, so it is also what
/// one segmentation-offload send can carry: <see cref="Append"/> is the only place that will know.
/// </summary>
internal sealed unsafe class TrainSender : IDisposable
{
    private const int Capacity = 128;

    private readonly byte* _names;
    private readonly Libc.IoVector* _vectors;
    private readonly Libc.BatchMessage* _messages;
    private readonly int _fd;
    private readonly int _family;
    private int _queued;

    public TrainSender(BoundSocket socket)
    {
        _fd = socket.Fd;
        _family = socket.Family;
        _names = (byte*)NativeMemory.AllocZeroed(Capacity * SocketAddressCodec.IPv6Bytes);
        _vectors = (Libc.IoVector*)NativeMemory.AllocZeroed(Capacity, (nuint)sizeof(Libc.IoVector));
        _messages = (Libc.BatchMessage*)NativeMemory.AllocZeroed(Capacity, (nuint)sizeof(Libc.BatchMessage));
        for (int i = 0; i < Capacity; i++)
        {
            _messages[i].Header.Vectors = _vectors + i;
            _messages[i].Header.VectorCount = 1;
        }
    }

    public long PacketsSent { get; private set; }

    public long BytesSent { get; private set; }

    /// <summary>Packets that the kernel refused: its buffer is full, or the network cannot be reached.</summary>
    public long PacketsRefused { get; private set; }

    public void ResetCounts() => PacketsSent = BytesSent = PacketsRefused = 0;

    /// <summary>Queues one train; full batches leave at once. The arena must stay as it is until <see cref="Flush"/>.</summary>
    public void Append(PacketTrains trains, in PacketTrains.Train train)
    {
        for (int i = 0; i < train.Count; i++)
        {
            if (_queued == Capacity)
            {
                Flush();
            }

            byte* name = _names + _queued * SocketAddressCodec.IPv6Bytes;
            int nameLength = SocketAddressCodec.Write(train.To, _family, new Span<byte>(name, SocketAddressCodec.IPv6Bytes));
            if (nameLength == 0)
            {
                PacketsRefused += train.Count - i;
                return;
            }

            PacketTrains.Packet packet = trains.Packets[train.First + i];
            _vectors[_queued] = new Libc.IoVector { Base = trains.Arena + packet.Offset, Length = (nuint)packet.Length };
            _messages[_queued].Header.Name = name;
            _messages[_queued].Header.NameLength = (uint)nameLength;
            _queued++;
        }
    }

    public void Flush()
    {
        int first = 0;
        while (first < _queued)
        {
            int sent = Libc.SendMany(_fd, _messages + first, (uint)(_queued - first), Libc.MsgDontWait | Libc.MsgNoSignal);
            if (sent > 0)
            {
                for (int i = first; i < first + sent; i++)
                {
                    BytesSent += (long)_vectors[i].Length;
                }

                PacketsSent += sent;
                first += sent;
                continue;
            }

            int error = Libc.LastError;
            if (error == Libc.Interrupted)
            {
                continue;
            }

            if (error is Libc.TryAgain or Libc.NoBuffers or Libc.NoMemory)
            {
                // The kernel's queue is full. Waiting would hold up every session on this worker: what is left is lost, as on any network.
                PacketsRefused += _queued - first;
                break;
            }

            // The first one cannot be sent (no route, a port of 0, …): that says nothing about the others.
            PacketsRefused++;
            first++;
        }

        _queued = 0;
    }

    public void Dispose()
    {
        NativeMemory.Free(_names);
        NativeMemory.Free(_vectors);
        NativeMemory.Free(_messages);
    }
}
