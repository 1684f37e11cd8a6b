using System.Runtime.InteropServices;
using Wardline.Rtc;
using Wardline.Sockets;

namespace Wardline.Client.Peer;

/// <summary>Sends what one peer has to send by its own socket; one writer serves all sockets of a loop.</summary>
internal sealed unsafe class DatagramWriter : IDisposable
{
    private const int Capacity = 64;

    private readonly byte* _names;
    private readonly Libc.IoVector* _vectors;
    private readonly Libc.BatchMessage* _messages;

    public DatagramWriter()
    {
        _names = (byte*)NativeMemory.AllocZeroed(Capacity * SocketAddressCodec.IPv6Bytes);
        _vectors = (Libc.IoVector*)NativeMemory.AllocZeroed(Capacity, (nuint)sizeof(Libc.IoVector));
        _messages = (Libc.BatchMessage*)NativeMemory.AllocZeroed(Capacity, (nuint)sizeof(Libc.BatchMessage));
        for (int i = 0; i < Capacity; i++)
        {
            _messages[i].Header.Name = _names + i * SocketAddressCodec.IPv6Bytes;
            _messages[i].Header.Vectors = _vectors + i;
            _messages[i].Header.VectorCount = 1;
        }
    }

    /// <summary>Datagrams that the kernel took, of all sockets.</summary>
    public long Sent { get; private set; }

    /// <summary>Datagrams that it did not take: lost, as on any network.</summary>
    public long Refused { get; private set; }

    public void Send(BoundSocket socket, PacketTrains output)
    {
        int queued = 0;
        foreach (ref readonly PacketTrains.Train train in output.Trains)
        {
            // What goes through a relay has gone already, wrapped.
            for (int i = 0; train.To.Connection == 0 && i < train.Count; i++)
            {
                int name = SocketAddressCodec.Write(train.To, socket.Family, new Span<byte>(_names + queued * SocketAddressCodec.IPv6Bytes, SocketAddressCodec.IPv6Bytes));
                if (name == 0)
                {
                    Refused += train.Count - i;
                    break;
                }

                PacketTrains.Packet packet = output.Packets[train.First + i];
                _vectors[queued] = new Libc.IoVector { Base = output.Arena + packet.Offset, Length = (nuint)packet.Length };
                _messages[queued].Header.NameLength = (uint)name;
                if (++queued == Capacity)
                {
                    Flush(socket.Fd, queued);
                    queued = 0;
                }
            }
        }

        Flush(socket.Fd, queued);
    }

    public void Dispose()
    {
        NativeMemory.Free(_names);
        NativeMemory.Free(_vectors);
        NativeMemory.Free(_messages);
    }

    private void Flush(int fd, int count)
    {
        for (int first = 0; first < count;)
        {
            int sent = Libc.SendMany(fd, _messages + first, (uint)(count - first), Libc.MsgDontWait | Libc.MsgNoSignal);
            if (sent > 0)
            {
                Sent += sent;
                first += sent;
            }
            else if (Libc.LastError != Libc.Interrupted)
            {
                // An unreachable server shows itself here (ECONNREFUSED by ICMP): the checks find out what it means.
                Refused++;
                first++;
            }
        }
    }
}
