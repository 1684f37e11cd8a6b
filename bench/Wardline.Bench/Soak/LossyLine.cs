using System.Net;
using Wardline.Rtc;
using Wardline.Sockets;

namespace Wardline.Bench.Soak;

/// <summary>
/// A line between people and a server on this machine that loses datagrams, a seeded share in each direction. The server
/// advertises <see cref="Address"/>; each sender there gets a socket of its own towards the server, so that the server tells
/// them apart by address, as it does on a network.
/// </summary>
/// <remarks>
/// <code>
/// people  ──►  127.0.0.2:port  ──►  a socket for each  ──►  127.0.0.1:port  server
///         ◄──        ✂                     ✂           ◄──
/// </code>
/// </remarks>
internal sealed class LossyLine : IDisposable
{
    public static readonly IPAddress Address = IPAddress.Parse("127.0.0.2");

    private const ulong Front = 0;
    private const int FrontBufferBytes = 4 << 20;
    private const int FlowBufferBytes = 256 << 10;
    private const int BatchesInARow = 4;

    /// <summary>Longer than a connected browser is ever silent (RFC 7675: consent is asked for each five seconds).</summary>
    private static readonly TimeSpan s_forgetAfter = TimeSpan.FromSeconds(60);

    private readonly MonotonicClock _clock = new(TimeProvider.System);
    private readonly Poller _poller = new();
    private readonly DatagramBatch _batch = new();
    private readonly PacketTrains _output = new(DatagramBatch.Capacity);
    private readonly Dictionary<TransportAddress, Flow> _byPerson = [];
    private readonly Dictionary<ulong, Flow> _byTag = [];
    private readonly BoundSocket _front;
    private readonly TrainSender _toPeople;
    private readonly TransportAddress _server;
    private readonly double _loss;
    private readonly Random _up;
    private readonly Random _down;
    private readonly Thread _thread;
    private volatile bool _stopping;
    private ulong _lastTag = Front;
    private Instant _nextTidying;
    private long _passed;
    private long _lost;

    /// <param name="port">Free at <see cref="Address"/>; the server's at 127.0.0.1.</param>
    /// <param name="loss">0 … 1, in each direction.</param>
    public LossyLine(int port, double loss, int seed)
    {
        _loss = loss;
        _up = new Random(seed);
        _down = new Random(~seed);
        _server = TransportAddress.From(new IPEndPoint(IPAddress.Loopback, port));
        _front = BoundSocket.Udp(Address, port, FrontBufferBytes);
        _toPeople = new TrainSender(_front, segments: false);
        _poller.Add(_front.Fd, Front);
        _thread = new Thread(Run) { Name = "lossy-line", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Datagrams that went through, of both directions.</summary>
    public long Passed => Interlocked.Read(ref _passed);

    public long Lost => Interlocked.Read(ref _lost);

    public void Dispose()
    {
        _stopping = true;
        _poller.WakeUp();
        _thread.Join();
        foreach (Flow flow in _byTag.Values)
        {
            flow.Dispose();
        }

        _toPeople.Dispose();
        _front.Dispose();
        _poller.Dispose();
        _batch.Dispose();
        _output.Dispose();
    }

    private void Run()
    {
        while (!_stopping)
        {
            int ready = _poller.Wait(1000);
            Instant now = _clock.Now;
            for (int i = 0; i < ready; i++)
            {
                ulong tag = _poller.Ready(i, out _, out _);
                if (tag == Front)
                {
                    FromPeople(now);
                }
                else if (_byTag.TryGetValue(tag, out Flow? flow))
                {
                    FromServer(flow);
                }
            }

            if (now >= _nextTidying)
            {
                _nextTidying = now + TimeSpan.FromSeconds(10);
                foreach (Flow silent in _byTag.Values.Where(f => f.LastHeard + s_forgetAfter < now).ToArray())
                {
                    _byTag.Remove(silent.Tag);
                    _byPerson.Remove(silent.Person);
                    _poller.Remove(silent.Socket.Fd);
                    silent.Dispose();
                }
            }
        }
    }

    private void FromPeople(Instant now)
    {
        int count = DatagramBatch.Capacity;
        for (int round = 0; round < BatchesInARow && count == DatagramBatch.Capacity; round++)
        {
            count = _batch.Receive(_front.Fd);
            for (int i = 0; i < count; i++)
            {
                if (!_batch.TryGet(i, out Span<byte> datagram, out TransportAddress from) || IsLost(_up))
                {
                    continue;
                }

                if (!_byPerson.TryGetValue(from, out Flow? flow))
                {
                    flow = new Flow(++_lastTag, from, BoundSocket.Udp(IPAddress.Loopback, 0, FlowBufferBytes));
                    _byPerson.Add(from, flow);
                    _byTag.Add(flow.Tag, flow);
                    _poller.Add(flow.Socket.Fd, flow.Tag);
                }

                flow.LastHeard = now;
                Queue(datagram, _server);
                // One by one: each person's datagrams leave from a socket of their own.
                Send(flow.ToServer);
            }
        }
    }

    private void FromServer(Flow flow)
    {
        int count = DatagramBatch.Capacity;
        for (int round = 0; round < BatchesInARow && count == DatagramBatch.Capacity; round++)
        {
            count = _batch.Receive(flow.Socket.Fd);
            for (int i = 0; i < count; i++)
            {
                if (_batch.TryGet(i, out Span<byte> datagram, out _) && !IsLost(_down))
                {
                    Queue(datagram, flow.Person);
                }
            }

            Send(_toPeople);
        }
    }

    private bool IsLost(Random random)
    {
        bool lost = random.NextDouble() < _loss;
        Interlocked.Increment(ref lost ? ref _lost : ref _passed);
        return lost;
    }

    private void Queue(ReadOnlySpan<byte> datagram, in TransportAddress to)
    {
        if (datagram.Length <= PacketTrains.SlotBytes && _output.TryReserve(to, out Span<byte> slot))
        {
            datagram.CopyTo(slot);
            _output.Commit(datagram.Length);
        }
    }

    private void Send(TrainSender sender)
    {
        foreach (ref readonly PacketTrains.Train train in _output.Trains)
        {
            sender.Append(_output, train);
        }

        sender.Flush();
        _output.Clear();
    }

    private sealed class Flow(ulong tag, TransportAddress person, BoundSocket socket) : IDisposable
    {
        public ulong Tag => tag;

        public TransportAddress Person => person;

        public BoundSocket Socket => socket;

        public TrainSender ToServer { get; } = new(socket, segments: false);

        public Instant LastHeard { get; set; }

        public void Dispose()
        {
            ToServer.Dispose();
            socket.Dispose();
        }
    }
}
