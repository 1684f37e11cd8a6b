using Wardline.Netem;
using Wardline.Rtc;
using Wardline.Rtc.Dtls;

namespace Wardline.Sfu.Tests.Harness;

/// <summary>
/// A session and simulated browsers with a perfect network of no length between them; time moves when a test says so.
/// </summary>
internal sealed class SfuKit : IDisposable
{
    private readonly OpenSslDtls _factory = Peer.CreateFactory();
    private readonly byte[] _datagram = new byte[2048];
    private readonly List<(KitPeer From, byte[] Bytes)> _toSession = [];

    public SfuKit(SfuSessionOptions? options = null) => Session = new SfuSession(options ?? new SfuSessionOptions(), _factory, new SeededRandom(42));

    public SfuSession Session { get; }

    public PacketTrains Output { get; } = new(2048);

    public Instant Now { get; set; } = Instant.FromMilliseconds(1000);

    public List<KitPeer> Peers { get; } = [];

    public List<SfuEvent> Events { get; } = [];

    public SfuCounters Counters => Session.Counters;

    /// <summary>Bytes that the session itself has allocated while it took datagrams and timeouts: no less than it can hold more than before.</summary>
    public long Allocated { get; private set; }

    /// <summary>When set, every datagram to the session, as it was on the wire.</summary>
    public List<(KitPeer From, byte[] Bytes)>? Wire { get; set; }

    /// <summary>A participant that is added but has not offered anything.</summary>
    public KitPeer Add(OfferBuilder? offer = null)
    {
        KitPeer? made = null;
        Peer peer = new(Peers.Count + 1) { Send = bytes => _toSession.Add((made!, bytes)) };
        made = new KitPeer(this, peer, offer ?? new OfferBuilder());
        Peers.Add(made);
        peer.Server = Session.AddParticipant(peer.Id, Now);
        return made;
    }

    /// <summary>Carries everything to and fro until nobody has more to say.</summary>
    public void Deliver()
    {
        for (int round = 0; round < 1000; round++)
        {
            foreach ((KitPeer from, byte[] bytes) in _toSession.ToArray())
            {
                Wire?.Add((from, bytes));
                bytes.CopyTo(_datagram, 0);
                long before = GC.GetAllocatedBytesForCurrentThread();
                Session.Handle(from.Id, _datagram.AsSpan(0, bytes.Length), from.Peer.Address, Now, Output);
                Allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            }

            _toSession.Clear();
            TakeEvents();
            if (Output.PacketCount == 0)
            {
                return;
            }

            List<(TransportAddress To, byte[] Bytes)> taken = [];
            foreach (PacketTrains.Train train in Output.Trains)
            {
                for (int i = train.First; i < train.First + train.Count; i++)
                {
                    taken.Add((train.To, Output.Bytes(Output.Packets[i]).ToArray()));
                }
            }

            Output.Clear();
            foreach ((TransportAddress to, byte[] bytes) in taken)
            {
                Peers.Find(peer => peer.Peer.Address == to)?.Peer.Receive(bytes, Now);
            }
        }

        Assert.Fail("session and peers never stop talking");
    }

    /// <summary>A datagram that somebody else put on the wire, as if it came from the peer.</summary>
    public void Inject(KitPeer from, byte[] bytes)
    {
        byte[] copy = [.. bytes];
        Session.Handle(from.Id, copy, from.Peer.Address, Now, Output);
        Deliver();
    }

    /// <summary>Lets time pass, with the session's timeouts on their way.</summary>
    public void Wait(double milliseconds)
    {
        Instant end = Now + TimeSpan.FromMilliseconds(milliseconds);
        int calls = 0;
        while (Session.NextTimeout <= end)
        {
            Assert.True(++calls < 100_000, "the session asks for a timeout again and again");
            Assert.True(Session.NextTimeout <= Session.ReckonNextTimeout(), "a deadline that came nearer was not told");
            Now = Session.NextTimeout > Now ? Session.NextTimeout : Now;
            long before = GC.GetAllocatedBytesForCurrentThread();
            Session.HandleTimeout(Now, Output);
            Allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            Deliver();
        }

        Now = end;
        Deliver();
    }

    public void Remove(KitPeer peer)
    {
        Session.RemoveParticipant(peer.Id, Now, Output);
        Deliver();
    }

    public void TakeEvents()
    {
        while (Session.TryTakeEvent(out SfuEvent e))
        {
            Events.Add(e);
        }
    }

    public void Dispose()
    {
        foreach (KitPeer peer in Peers)
        {
            peer.Peer.Dispose();
        }

        Session.Dispose();
        _factory.Dispose();
        Output.Dispose();
    }
}
