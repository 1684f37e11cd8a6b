using Wardline.Media.Tests.Peers;
using Wardline.Rtc.Dtls;
using Wardline.Rtc;
using Wardline.Sfu;
using Wardline.Sockets;

namespace Wardline.Bench;

/// <summary>One session with its people on a perfect link, in virtual time.</summary>
internal sealed class VirtualScene : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private readonly PacketTrains _output = new(4096);
    private readonly List<(BenchPeer Peer, PublishedSource Source)> _sources = [];
    private readonly Queue<(BenchPeer From, byte[] Datagram)> _said = new();
    private readonly Dictionary<TransportAddress, BenchPeer> _byAddress;
    private readonly byte[] _packet = new byte[2048];
    private BenchPeer? _sender;
    private ushort _transportSequence;

    /// <param name="peers">Who publishes sends a camera in three layers and a microphone, under the mids 1 and 2.</param>
    public VirtualScene(SfuSessionOptions options, IDtlsEngineFactory dtls, IReadOnlyList<BenchPeer> peers)
    {
        Session = new SfuSession(options, dtls, new SystemRandom());
        Peers = peers;
        _byAddress = peers.ToDictionary(p => p.Address);
        Random random = new(1);
        foreach (BenchPeer peer in peers.Where(p => p.Publishes))
        {
            _sources.AddRange(from rid in (string[])["q", "h", "f"] select (peer, new PublishedSource(BenchPeer.VideoMid, TrackSource.Camera, rid, random)));
            _sources.Add((peer, new PublishedSource("2", TrackSource.Microphone, null, random)));
        }
    }

    public SfuSession Session { get; }

    public IReadOnlyList<BenchPeer> Peers { get; }

    public Instant Now { get; private set; } = Instant.FromMilliseconds(1);

    /// <summary>Hands over a packet of media or feedback; null hands it over plainly.</summary>
    public Action<BenchPeer, Memory<byte>>? Deliver { get; set; }

    /// <summary>Everybody joins, checks, shakes hands.</summary>
    public void Connect()
    {
        foreach (BenchPeer peer in Peers)
        {
            peer.Join(Session, Now);
            Hand(peer, peer.Check());
        }

        for (int i = 0; i < 5000 && Peers.Any(p => p.Sender is null); i++)
        {
            Step();
        }

        if (Peers.Any(p => p.Sender is null))
        {
            throw new InvalidOperationException("A handshake did not end.");
        }
    }

    public void Run(TimeSpan duration)
    {
        Instant end = Now + duration;
        Instant nextCheck = Now;
        while (Now < end)
        {
            if (Now >= nextCheck)
            {
                nextCheck = Now + TimeSpan.FromSeconds(2);
                foreach (BenchPeer peer in Peers)
                {
                    Hand(peer, peer.Check());
                }
            }

            foreach ((BenchPeer peer, PublishedSource source) in _sources)
            {
                if (peer.KeyFramesAsked.Remove(source.Ssrc))
                {
                    source.AskKeyFrame();
                }

                if (Now >= source.Due)
                {
                    _sender = peer;
                    source.Frame(Now, () => _transportSequence++, Send);
                }
            }

            Step();
        }
    }

    /// <summary>To the session, and its output to the peers.</summary>
    public void Hand(BenchPeer from, Memory<byte> datagram)
    {
        Session.Handle(from.Id, datagram.Span, from.Address, Now, _output);
        Carry();
    }

    /// <summary>To the session; its output waits for <see cref="Carry"/>.</summary>
    public void HandOnly(BenchPeer from, Memory<byte> datagram) => Session.Handle(from.Id, datagram.Span, from.Address, Now, _output);

    public void Carry()
    {
        foreach (PacketTrains.Train train in _output.Trains)
        {
            BenchPeer to = _byAddress[train.To];
            for (int i = 0; i < train.Count; i++)
            {
                to.Take(_output.Bytes(_output.Packets[train.First + i]), Now, (peer, datagram) => _said.Enqueue((peer, datagram)));
            }
        }

        _output.Clear();
    }

    public void Dispose()
    {
        Session.Dispose();
        DisposePeers();
    }

    /// <summary>The people go and the session stays: what it alone holds can be weighed.</summary>
    public void DisposePeers()
    {
        foreach (BenchPeer peer in Peers)
        {
            peer.Dispose();
        }

        _output.Dispose();
    }

    /// <summary>One millisecond: deadlines, feedback, and what was said at once.</summary>
    private void Step()
    {
        Now += Tick;
        if (Session.NextTimeout <= Now)
        {
            // Timers are apart from the packet budget: once a second they write a quality report for people.
            Session.HandleTimeout(Now, _output);
            Carry();
        }

        foreach (BenchPeer peer in Peers)
        {
            int length = peer.Feedback(Now, _packet);
            if (length > 0)
            {
                Offer(peer, _packet.AsMemory(0, length));
            }
        }

        while (_said.TryDequeue(out (BenchPeer From, byte[] Datagram) next))
        {
            Hand(next.From, next.Datagram);
        }

        while (Session.TryTakeEvent(out _))
        {
            // The shell would read them; here they only must not pile up.
        }
    }

    private void Send(Span<byte> buffer, int plainLength)
    {
        if (!_sender!.Sender!.TryProtectRtp(buffer, plainLength, out int length))
        {
            throw new InvalidOperationException("The publisher cannot seal.");
        }

        buffer[..length].CopyTo(_packet);
        Offer(_sender, _packet.AsMemory(0, length));
    }

    private void Offer(BenchPeer from, Memory<byte> datagram)
    {
        if (Deliver is null)
        {
            Hand(from, datagram);
        }
        else
        {
            Deliver(from, datagram);
        }
    }
}
