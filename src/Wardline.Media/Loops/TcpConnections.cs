using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Wardline.Sockets;
using Wardline.Rtc;
using Wardline.Rtc.Ice;

namespace Wardline.Media.Loops;

/// <summary>
/// Passive ICE-TCP (RFC 6544) of one worker, inside the worker's own loop.
/// <code>
/// [accepted] ── first frame is a check for somebody here, within 5 s ──► [expected] ── that check is authenticated, within 15 s ──► [proven]
///     │                                                                     │                                                        │
///     └──────── anything else, time over ──────────► [closed] ◄─────────────┴── time over ────────── bad frame, silence, end ────────┘
/// </code>
/// </summary>
internal sealed unsafe class TcpConnections : IDisposable
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromMilliseconds(500);

    private readonly Dictionary<uint, TcpConnection> _byNumber = [];
    private readonly Dictionary<TransportAddress, int> _perAddress = [];
    private readonly List<TcpConnection> _dirty = [];
    private readonly List<TcpConnection> _sweep = [];
    private readonly BoundSocket _listener;
    private readonly Poller _poller;
    private readonly Demultiplexer _demultiplexer;
    private readonly MediaOptions _options;
    private readonly WorkerCounters _counters;
    private uint _lastNumber;
    private bool _listening;

    public TcpConnections(BoundSocket listener, Poller poller, Demultiplexer demultiplexer, MediaOptions options, WorkerCounters counters)
    {
        _listener = listener;
        _poller = poller;
        _demultiplexer = demultiplexer;
        _options = options;
        _counters = counters;
        Listen();
    }

    /// <summary>Tag of the listener; a connection's tag is its number, which is never 0.</summary>
    public const ulong ListenerTag = 1UL << 32;

    public int Count => _byNumber.Count;

    public Instant NextSweep { get; private set; } = Instant.Never;

    public bool TryGet(ulong tag, [MaybeNullWhen(false)] out TcpConnection connection) => _byNumber.TryGetValue((uint)tag, out connection);

    /// <summary>Takes the connections that are waiting, within the bounds.</summary>
    public void Accept(Instant now)
    {
        byte* name = stackalloc byte[SocketAddressCodec.IPv6Bytes];
        for (int i = 0; i < _options.MaxTcpConnectionsPerAddress; i++)
        {
            uint nameLength = SocketAddressCodec.IPv6Bytes;
            int fd = Libc.Accept(_listener.Fd, name, &nameLength, Libc.SockNonBlock | Libc.SockCloexec);
            if (fd < 0)
            {
                if (Libc.LastError is Libc.TooManyFiles or Libc.TooManyFilesSystem or Libc.NoBuffers or Libc.NoMemory)
                {
                    // The waiting connection would wake us again at once: look away until the next sweep.
                    _poller.Remove(_listener.Fd);
                    _listening = false;
                    NextSweep = Instant.Min(NextSweep, now + SweepInterval);
                }

                return;
            }

            if (!SocketAddressCodec.TryRead(new ReadOnlySpan<byte>(name, (int)Math.Min(nameLength, SocketAddressCodec.IPv6Bytes)), out ReadOnlySpan<byte> address, out ushort port) ||
                _byNumber.Count >= _options.MaxTcpConnections || !TryCount(TransportAddress.Tcp(address, 0, 0)))
            {
                _counters.TcpRefused++;
                _ = Libc.Close(fd);
                continue;
            }

            int one = 1;
            _ = Libc.SetSocketOption(fd, Libc.IpProtoTcp, Libc.TcpNoDelay, &one, sizeof(int));
            // What waits belongs into our queue, where it can still be dropped, not into the kernel's.
            int lowWater = 16 << 10;
            _ = Libc.SetSocketOption(fd, Libc.IpProtoTcp, Libc.TcpNotSentLowWater, &lowWater, sizeof(int));

            do
            {
                _lastNumber++;
            }
            while (_lastNumber == 0 || _byNumber.ContainsKey(_lastNumber));

            TcpConnection connection = new(fd, TransportAddress.Tcp(address, port, _lastNumber), now);
            _byNumber.Add(_lastNumber, connection);
            _poller.Add(fd, _lastNumber);
            _counters.TcpAccepted++;
            NextSweep = Instant.Min(NextSweep, now + SweepInterval);
        }
    }

    /// <summary>The next whole frame of a connection.</summary>
    /// <param name="closed">the stream made no sense and the connection is gone.</param>
    public bool TryReadFrame(TcpConnection connection, int offset, out Span<byte> frame, out int consumed, out bool closed)
    {
        frame = default;
        closed = false;
        Span<byte> rest = connection.Buffered[offset..];
        FrameRead read = StreamFraming.TryReadFrame(rest, out int start, out int length, out consumed);
        if (read == FrameRead.Incomplete)
        {
            return false;
        }

        if (read == FrameRead.Broken)
        {
            _counters.TcpBadFrame++;
            Close(connection);
            closed = true;
            return false;
        }

        frame = rest.Slice(start, length);
        if (!connection.Expected)
        {
            if (!_demultiplexer.Expects(frame))
            {
                _counters.TcpUnexpected++;
                Close(connection);
                closed = true;
                return false;
            }

            connection.Expected = true;
        }

        return true;
    }

    public void Send(PacketTrains trains, in PacketTrains.Train train)
    {
        if (!_byNumber.TryGetValue(train.To.Connection, out TcpConnection? connection) || connection.Remote != train.To)
        {
            _counters.PacketsWithoutConnection += train.Count;
            return;
        }

        if (connection.Pending == 0)
        {
            _dirty.Add(connection);
        }

        for (int i = 0; i < train.Count; i++)
        {
            if (connection.TryQueue(trains.Bytes(trains.Packets[train.First + i]), _options.TcpSendQueueBytes))
            {
                _counters.PacketsSent++;
            }
            else
            {
                _counters.TcpQueueFull++;
            }
        }
    }

    /// <summary>Writes what <see cref="Send"/> has queued, as far as the readers take it.</summary>
    public void Flush()
    {
        foreach (TcpConnection connection in _dirty)
        {
            Flush(connection);
        }

        _dirty.Clear();
    }

    /// <summary>A slow reader has made room.</summary>
    public void Flush(TcpConnection connection)
    {
        if (!_byNumber.ContainsKey(connection.Number))
        {
            return;
        }

        bool open = connection.Flush(out int written);
        _counters.BytesSent += written;
        if (!open)
        {
            Close(connection);
            return;
        }

        bool waits = connection.Pending > 0;
        if (waits != connection.WaitsForWritable)
        {
            connection.WaitsForWritable = waits;
            _poller.SetWritable(connection.Fd, connection.Number, waits);
        }
    }

    /// <summary>Closes what has been silent or unproven for too long.</summary>
    public void Sweep(Instant now)
    {
        Listen();
        foreach (TcpConnection connection in _byNumber.Values)
        {
            TimeSpan age = now - connection.AcceptedAt;
            if ((!connection.Expected && age > _options.TcpFirstFrame) ||
                (age > _options.TcpProof && !_demultiplexer.Knows(connection.Remote)) ||
                now - connection.LastRead > _options.TcpSilence)
            {
                _sweep.Add(connection);
            }
        }

        foreach (TcpConnection connection in _sweep)
        {
            _counters.TcpTimedOut++;
            Close(connection);
        }

        _sweep.Clear();
        NextSweep = _byNumber.Count == 0 ? Instant.Never : now + SweepInterval;
    }

    public void Close(in TransportAddress address)
    {
        if (_byNumber.TryGetValue(address.Connection, out TcpConnection? connection) && connection.Remote == address)
        {
            // What the session said last (close_notify) may still leave.
            connection.Flush(out int written);
            _counters.BytesSent += written;
            Close(connection);
        }
    }

    public void Close(TcpConnection connection)
    {
        if (!_byNumber.Remove(connection.Number))
        {
            return;
        }

        _demultiplexer.RemoveAddress(connection.Remote);
        Span<byte> address = stackalloc byte[16];
        TransportAddress key = TransportAddress.Tcp(address[..connection.Remote.WriteAddress(address)], 0, 0);
        if (--CollectionsMarshal.GetValueRefOrAddDefault(_perAddress, key, out _) <= 0)
        {
            _perAddress.Remove(key);
        }

        _poller.Remove(connection.Fd);
        _ = Libc.Close(connection.Fd);
    }

    public void Dispose()
    {
        foreach (TcpConnection connection in _byNumber.Values.ToArray())
        {
            Close(connection);
        }

        _listener.Dispose();
    }

    private void Listen()
    {
        if (!_listening)
        {
            _poller.Add(_listener.Fd, ListenerTag);
            _listening = true;
        }
    }

    private bool TryCount(in TransportAddress address)
    {
        ref int count = ref CollectionsMarshal.GetValueRefOrAddDefault(_perAddress, address, out _);
        if (count >= _options.MaxTcpConnectionsPerAddress)
        {
            return false;
        }

        count++;
        return true;
    }
}
