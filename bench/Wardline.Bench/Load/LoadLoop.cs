using System.Diagnostics;
using Wardline.Rtc;
using Wardline.Sockets;

namespace Wardline.Bench.Load;

/// <summary>All peers of the generator on one thread: epoll, recvmmsg, sendmmsg, and a queue of what is due when.</summary>
internal sealed class LoadLoop(LoadPlan plan) : IDisposable
{
    private readonly Poller _poller = new();
    private readonly DatagramBatch _batch = new();
    private readonly PacketTrains _output = new(512);
    private readonly MonotonicClock _clock = new(TimeProvider.System);
    private readonly List<LoadPeer> _peers = [];
    private readonly PriorityQueue<int, long> _due = new();
    private readonly List<long> _queuedFor = [];
    private long _waiting;

    public LoadMeter Meter { get; } = new(plan);

    public IReadOnlyList<LoadPeer> Peers => _peers;

    public bool Sending { get; private set; }

    public Instant Now => _clock.Now;

    /// <summary>Time spent with nothing to do, in Stopwatch ticks.</summary>
    public long Waiting => _waiting;

    public void Add(LoadPeer peer)
    {
        _poller.Add(peer.Fd, (ulong)_peers.Count);
        _peers.Add(peer);
        _queuedFor.Add(long.MaxValue);
        Queue(_peers.Count - 1, Now);
    }

    /// <summary>Runs until the peer has its keys.</summary>
    /// <exception cref="LoadException">It cannot, or not in time.</exception>
    public void Connect(LoadPeer peer)
    {
        Add(peer);
        Wait(() => peer.Transport.IsReady, peer, TimeSpan.FromSeconds(15));
    }

    public void StartSending()
    {
        Sending = true;
        Instant start = Now + TimeSpan.FromMilliseconds(20);
        for (int i = 0; i < _peers.Count; i++)
        {
            foreach (PacedMedia media in _peers[i].Media)
            {
                media.Due = start + media.Phase;
            }

            Queue(i, Now);
        }
    }

    public void StopSending() => Sending = false;

    /// <summary>Runs for this long. A server that dies meanwhile ends it.</summary>
    public void Run(TimeSpan time)
    {
        Instant end = Now + time;
        Instant look = Now;
        while (Now < end)
        {
            if (Now >= look)
            {
                ServerProcess.MustLive(plan.ServerPid);
                look = Now + TimeSpan.FromSeconds(0.5);
            }

            Turn(end);
        }
    }

    public void Dispose()
    {
        foreach (LoadPeer peer in _peers)
        {
            _poller.Remove(peer.Fd);
            peer.Dispose();
        }

        _poller.Dispose();
        _batch.Dispose();
        _output.Dispose();
    }

    private void Wait(Func<bool> until, LoadPeer peer, TimeSpan patience)
    {
        Instant end = Now + patience;
        while (!until())
        {
            if (peer.Transport.Failure is { } failure)
            {
                throw new LoadException($"Participant {peer.Participant} did not connect to {plan.Kind}: {failure}.");
            }

            if (Now >= end)
            {
                ServerProcess.MustLive(plan.ServerPid);
                throw new LoadException($"Participant {peer.Participant} did not connect to {plan.Kind} within {patience.TotalSeconds:F0} s.");
            }

            Turn(Now + TimeSpan.FromMilliseconds(20));
        }
    }

    private void Turn(Instant end)
    {
        // 1. Wait for whichever is first: a datagram, or something due. The last millisecond is spun, so that packets leave on time.
        Instant due = Instant.Min(end, _due.TryPeek(out _, out long next) ? new Instant(next) : Instant.Never);
        long before = Stopwatch.GetTimestamp();
        int milliseconds = (int)Math.Clamp((due - Now).TotalMilliseconds - 0.2, 0, 50);
        int ready = _poller.Wait(milliseconds);
        _waiting += Stopwatch.GetTimestamp() - before;

        // 2. What came.
        for (int i = 0; i < ready; i++)
        {
            int index = (int)_poller.Ready(i, out _, out _);
            LoadPeer peer = _peers[index];
            int count = _batch.Receive(peer.Fd);
            Instant now = Now;
            for (int k = 0; k < count; k++)
            {
                if (_batch.TryGet(k, out Span<byte> datagram, out TransportAddress from))
                {
                    peer.Take(datagram, from, now, _output, Meter);
                }
            }

            Queue(index, peer.NextDue(Sending));
        }

        // 3. What is due. An entry that was overtaken by an earlier one is stale.
        Instant turn = Now;
        while (_due.TryPeek(out int index, out long at) && at <= turn.Microseconds)
        {
            _due.Dequeue();
            if (at == _queuedFor[index])
            {
                _queuedFor[index] = long.MaxValue;
                _peers[index].Turn(Now, Sending, _output, Meter);
                // Never again in this turn: whatever a peer wants at once, the others come first.
                Instant again = _peers[index].NextDue(Sending);
                Queue(index, again > turn ? again : new Instant(turn.Microseconds + 1));
            }
        }
    }

    private void Queue(int index, Instant due)
    {
        if (due.Microseconds < _queuedFor[index])
        {
            _queuedFor[index] = due.Microseconds;
            _due.Enqueue(index, due.Microseconds);
        }
    }
}
