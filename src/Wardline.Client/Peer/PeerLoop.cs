using System.Collections.Concurrent;
using System.Net;
using Wardline.Client.Relay;
using Wardline.Rtc;
using Wardline.Rtc.Dtls;
using Wardline.Sockets;

namespace Wardline.Client.Peer;

/// <summary>
/// One thread that drives the media of many participants: each has a UDP socket of its own, and everything else is shared.
/// Work from other threads comes by <see cref="InvokeAsync"/>.
/// </summary>
internal sealed class PeerLoop : IDisposable
{
    private const int SocketBufferBytes = 256 * 1024;

    /// <summary>Batches read from one socket before the others have their turn.</summary>
    private const int BatchesInARow = 4;

    /// <summary>The poller does not wake more often.</summary>
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(1);

    private readonly MonotonicClock _clock = new(TimeProvider.System);
    private readonly Poller _poller = new();
    private readonly DatagramBatch _batch = new();
    private readonly DatagramWriter _writer = new();
    private readonly PacketTrains _output = new(512);
    private PacketTrains? _relayed;
    private readonly ConcurrentQueue<Action> _commands = new();
    private readonly PriorityQueue<(LoopPeer Peer, Instant At), long> _timers = new();
    private readonly Dictionary<ulong, LoopPeer> _peers = [];
    private readonly Thread _thread;
    private volatile bool _stopping;
    private ulong _nextTag;

    public PeerLoop(OpenSslDtls dtls, int number)
    {
        Dtls = dtls;
        _thread = new Thread(Run) { Name = $"wardline-client-{number}", IsBackground = true };
        _thread.Start();
    }

    public OpenSslDtls Dtls { get; }

    public SystemRandom Random { get; } = new();

    public Instant Now => _clock.Now;

    public PeerBuffers Buffers { get; } = new();

    /// <summary>Datagrams that the kernel did not take.</summary>
    public long Refused => _writer.Refused;

    /// <summary>Runs on the loop's thread, between two batches.</summary>
    public Task<TResult> InvokeAsync<TResult>(Func<Instant, TResult> work)
    {
        TaskCompletionSource<TResult> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_stopping)
        {
            done.SetException(new ObjectDisposedException(nameof(PeerLoop)));
            return done.Task;
        }

        _commands.Enqueue(() =>
        {
            try
            {
                done.SetResult(work(_clock.Now));
            }
#pragma warning disable CA1031 // whatever it is, it belongs to whoever asked
            catch (Exception e)
#pragma warning restore CA1031
            {
                done.SetException(e);
            }
        });
        _poller.WakeUp();
        return done.Task;
    }

    /// <summary>On the loop's thread: a peer begins to be driven.</summary>
    public LoopPeer Add(MediaPeer peer)
    {
        LoopPeer added = new(peer, Open(), _nextTag++);
        _peers.Add(added.Tag, added);
        _poller.Add(added.Socket.Fd, added.Tag);
        return added;
    }

    /// <summary>On the loop's thread: something about the peer has changed that it may want to act on at once.</summary>
    public void Turn(LoopPeer peer)
    {
        if (!_peers.ContainsKey(peer.Tag))
        {
            return;
        }

        Instant now = _clock.Now;
        peer.Peer.HandleTimeout(now, _output);
        Send(peer);
        Schedule(peer);
    }

    /// <summary>On the loop's thread: says goodbye and lets go of the socket.</summary>
    public void Remove(LoopPeer peer)
    {
        if (!_peers.Remove(peer.Tag))
        {
            return;
        }

        peer.Peer.Close(_output);
        Send(peer);
        CloseRelay(peer);
        peer.Peer.Dispose();
        _poller.Remove(peer.Socket.Fd);
        peer.Socket.Dispose();
    }

    /// <summary>On the loop's thread: whole messages of the stream to the peer's relay.</summary>
    public void TakeRelayed(LoopPeer peer, RelayPath relay, Span<byte> messages)
    {
        if (!_peers.ContainsKey(peer.Tag))
        {
            return;
        }

        Instant now = _clock.Now;
        for (int length; (length = TurnFraming.Measure(messages)) > 0; messages = messages[length..])
        {
            peer.Peer.HandleRelayed(relay, messages[..length], now, _output);
        }

        Send(peer);
        Schedule(peer);
    }

    /// <summary>On the loop's thread: gives the relay's allocation back.</summary>
    public void CloseRelay(LoopPeer peer)
    {
        if (peer.Peer.Relay is { } relay)
        {
            relay.Close(_relayed ??= new PacketTrains(_output.Capacity));
            SendRelayed(peer);
            peer.Peer.Relay = null;
        }
    }

    /// <summary>Ends the thread and everything that it drives.</summary>
    public void Dispose()
    {
        _stopping = true;
        _poller.WakeUp();
        _thread.Join();
        while (_commands.TryDequeue(out Action? command))
        {
            command();
        }

        foreach (LoopPeer peer in _peers.Values.ToArray())
        {
            Remove(peer);
        }

        _poller.Dispose();
        _batch.Dispose();
        _writer.Dispose();
        _output.Dispose();
        _relayed?.Dispose();
    }

    /// <summary>For IPv6 and IPv4 at once; where a machine has no IPv6, for IPv4.</summary>
    private static BoundSocket Open()
    {
        try
        {
            return BoundSocket.Udp(IPAddress.IPv6Any, 0, SocketBufferBytes);
        }
        catch (IOException)
        {
            return BoundSocket.Udp(IPAddress.Any, 0, SocketBufferBytes);
        }
    }

    private void Run()
    {
        while (!_stopping)
        {
            // 1. Sleep until a datagram, a command, or the next timer.
            int ready = _poller.Wait(_commands.IsEmpty ? Patience() : 0);

            // 2. What others want done.
            while (_commands.TryDequeue(out Action? command))
            {
                command();
            }

            // 3. Datagrams.
            for (int i = 0; i < ready; i++)
            {
                if (_peers.TryGetValue(_poller.Ready(i, out _, out _), out LoopPeer? peer))
                {
                    Receive(peer);
                }
            }

            // 4. Time.
            Instant now = _clock.Now;
            while (_timers.TryPeek(out (LoopPeer Peer, Instant At) timer, out long due) && due <= now.Microseconds)
            {
                _timers.Dequeue();
                if (timer.Peer.Scheduled == timer.At && _peers.ContainsKey(timer.Peer.Tag))
                {
                    timer.Peer.Scheduled = Instant.Never;
                    timer.Peer.Peer.HandleTimeout(now, _output);
                    Send(timer.Peer);
                    // Not again in this turn, whatever it says: one peer's timer must not stop all others.
                    Schedule(timer.Peer, now + s_tick);
                }
            }
        }
    }

    private int Patience()
    {
        if (!_timers.TryPeek(out _, out long due))
        {
            return -1;
        }

        // Rounded up: waking before the timer would only mean to sleep again.
        return (int)Math.Clamp((due - _clock.Now.Microseconds + 999) / 1000, 0, 60_000);
    }

    private void Receive(LoopPeer peer)
    {
        Instant now = _clock.Now;
        for (int round = 0; round < BatchesInARow; round++)
        {
            int count = _batch.Receive(peer.Socket.Fd);
            for (int i = 0; i < count; i++)
            {
                if (_batch.TryGet(i, out Span<byte> datagram, out TransportAddress from))
                {
                    peer.Peer.Handle(datagram, from, now, _output);
                }
            }

            Send(peer);
            if (count < DatagramBatch.Capacity)
            {
                break;
            }
        }

        Schedule(peer);
    }

    private void Send(LoopPeer peer)
    {
        if (peer.Peer.Relay is { } relay)
        {
            _relayed ??= new PacketTrains(_output.Capacity);
            relay.Collect(_clock.Now, _output, _relayed);
            SendRelayed(peer);
        }

        if (_output.PacketCount > 0)
        {
            _writer.Send(peer.Socket, _output);
            _output.Clear();
        }
    }

    private void SendRelayed(LoopPeer peer)
    {
        if (_relayed is { PacketCount: > 0 } relayed)
        {
            _writer.Send(peer.Socket, relayed);
            relayed.Clear();
        }
    }

    private void Schedule(LoopPeer peer, Instant earliest = default)
    {
        Instant next = peer.Peer.NextTimeout;
        next = next < earliest ? earliest : next;
        if (next < peer.Scheduled)
        {
            // The entry of before stays in the queue and is passed over when it comes.
            peer.Scheduled = next;
            _timers.Enqueue((peer, next), next.Microseconds);
        }
    }
}

/// <summary>A peer and its socket; touched by its loop's thread alone.</summary>
internal sealed class LoopPeer(MediaPeer peer, BoundSocket socket, ulong tag)
{
    public MediaPeer Peer => peer;

    public BoundSocket Socket => socket;

    public ulong Tag => tag;

    /// <summary>When its timer rings.</summary>
    public Instant Scheduled { get; set; } = Instant.Never;
}
