using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Wardline.Client.Media;
using Wardline.Client.Negotiation;
using Wardline.Client.Peer;
using Wardline.Netem;
using Wardline.Rtc;
using Wardline.Rtc.Dtls;
using Wardline.Rtc.Sdp;
using Wardline.Sfu;

namespace Wardline.Client.Tests.Peer;

/// <summary>
/// Peers of this client around the real SFU in virtual time, each behind a bad link in each direction. Minutes pass in a moment,
/// and a handler that is never done fails instead of hanging.
/// </summary>
internal sealed class VirtualCall : IDisposable
{
    private static readonly TransportAddress s_server = TransportAddress.Udp([192, 0, 2, 200], 9000);
    private readonly OpenSslDtls _serverDtls = CreateDtls();
    private readonly OpenSslDtls _clientDtls = CreateDtls();
    private readonly PacketTrains _output = new(2048);
    private readonly PeerBuffers _buffers = new();
    private readonly byte[] _datagram = new byte[Link.MaxDatagramBytes];
    private readonly SfuSession _session;
    private readonly ulong _seed;

    public VirtualCall(ulong seed = 1)
    {
        _seed = seed;
        _session = new SfuSession(new SfuSessionOptions(), _serverDtls, new SeededRandom(4711 + seed));
    }

    public Instant Now { get; private set; } = Instant.FromMilliseconds(10_000);

    public List<Seat> Seats { get; } = [];

    public Seat Add(LinkConditions up, LinkConditions down, params IFrameSource[] sources) => Add(up, down, adapts: true, sources);

    public Seat Add(LinkConditions up, LinkConditions down, bool adapts, params IFrameSource[] sources)
    {
        int number = Seats.Count + 1;
        Seat seat = new(number, new Link(up, _seed * 1000 + (ulong)number), new Link(down, _seed * 2000 + (ulong)number), new SeededRandom(_seed * 3000 + (ulong)number));
        seat.Peer = new MediaPeer(_clientDtls, new SeededRandom(_seed * 4000 + (ulong)number), _buffers, null, seat.Take)
        {
            Adapts = adapts, OnTransportLost = () => seat.TimesLost++,
        };
        foreach (IFrameSource source in sources)
        {
            seat.Peer.Publish(source);
        }

        _session.AddParticipant(seat.Id, Now);
        Seats.Add(seat);
        return seat;
    }

    /// <summary>An offer, and its answer at once: signaling is not what is under test.</summary>
    public void Negotiate(Seat seat, bool restart = false)
    {
        if (restart)
        {
            seat.Peer.RestartIce();
        }

        string offer = seat.Peer.WriteOffer();
        MediaSection[] sections = [.. seat.Peer.Sections];
        bool agreed = _session.TryNegotiate(
            seat.Id,
            offer,
            [.. sections.Where(s => s.Sends).Select(s => new PublishRequest(s.Mid, Kind(s.Source)))],
            [.. sections.Where(s => s is { From: not null, IsIdle: false }).Select(s => new SubscribeRequest(s.Mid, Find(s.From!).Id, Kind(s.Source)))],
            ["candidate:1 1 udp 2130706431 192.0.2.200 9000 typ host"], Now, out string answer, out SdpError error);
        Assert.True(agreed, error?.Code);
        ServerAnswer parsed = ServerAnswer.Parse(answer);
        Assert.True(seat.Peer.TakeAnswer(parsed));
        seat.Peer.AddPaths(parsed, direct: true, Now);
        _session.SetView(seat.Id, [.. sections.Where(s => s is { From: not null, IsAudio: false }).Select(s => new Sfu.ViewSlot(s.Mid, 1280, 720))], Now);
    }

    /// <summary>The first seat publishes, the others receive everything of it.</summary>
    public void Begin()
    {
        Negotiate(Seats[0]);
        foreach (Seat seat in Seats.Skip(1))
        {
            seat.Peer.Receive([.. Seats[0].Peer.Publications.Select(p => (Seats[0].Name, p.Source.Kind))]);
            Negotiate(seat);
        }
    }

    public void Run(TimeSpan time, Action? each = null)
    {
        Instant end = Now + time;
        int standing = 0;
        while (true)
        {
            Instant next = _session.NextTimeout;
            foreach (Seat seat in Seats)
            {
                next = Instant.Min(next, Instant.Min(seat.Peer.NextTimeout, Instant.Min(seat.Up.NextTimeout, seat.Down.NextTimeout)));
            }

            if (next > end)
            {
                Now = end;
                return;
            }

            standing = next > Now ? 0 : standing + 1;
            Assert.True(standing < 10_000, "time stands still");
            Now = next > Now ? next : Now;
            Step();
            each?.Invoke();
        }
    }

    public void Dispose()
    {
        foreach (Seat seat in Seats)
        {
            seat.Peer.Dispose();
        }

        _session.Dispose();
        _serverDtls.Dispose();
        _clientDtls.Dispose();
        _output.Dispose();
    }

    private void Step()
    {
        foreach (Seat seat in Seats)
        {
            while (seat.Up.TryDequeue(Now, _datagram, out int length))
            {
                _session.Handle(seat.Id, _datagram.AsSpan(0, length), seat.Address, Now, _output);
                FlushServer();
            }
        }

        if (_session.NextTimeout <= Now)
        {
            _session.HandleTimeout(Now, _output);
            FlushServer();
        }

        while (_session.TryTakeEvent(out SfuEvent e))
        {
            if (e is TransportStateChanged { State: TransportState.Failed } failed)
            {
                Find(failed.Participant).ServerLost++;
            }
        }

        foreach (Seat seat in Seats)
        {
            while (seat.Down.TryDequeue(Now, _datagram, out int length))
            {
                seat.Peer.Handle(_datagram.AsSpan(0, length), s_server, Now, _output);
                seat.Send(_output, Now);
            }

            if (seat.Peer.NextTimeout <= Now)
            {
                seat.Peer.HandleTimeout(Now, _output);
                seat.Send(_output, Now);
            }
        }
    }

    private void FlushServer()
    {
        foreach (ref readonly PacketTrains.Train train in _output.Trains)
        {
            foreach (Seat seat in Seats)
            {
                for (int i = 0; train.To == seat.Address && i < train.Count; i++)
                {
                    seat.Deliver(seat.Down, _output.Bytes(_output.Packets[train.First + i]), Now);
                }
            }
        }

        _output.Clear();
    }

    private Seat Find(string name) => Seats.Single(s => s.Name == name);

    private Seat Find(ParticipantId id) => Seats.Single(s => s.Id == id);

    private static TrackSource Kind(MediaSource source) => source switch
    {
        MediaSource.Microphone => TrackSource.Microphone,
        MediaSource.Camera => TrackSource.Camera,
        _ => TrackSource.Screen,
    };

    private static OpenSslDtls CreateDtls()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return new OpenSslDtls(certificate.RawData, key.ExportECPrivateKey());
    }
}

/// <summary>One peer, its links, and what it has received.</summary>
internal sealed class Seat(int number, Link up, Link down, SeededRandom random)
{
    public ParticipantId Id => new(number);

    public string Name => $"p{number}";

    public TransportAddress Address { get; } = TransportAddress.Udp([203, 0, 113, (byte)number], (ushort)(5000 + number));

    public Link Up => up;

    public Link Down => down;

    public MediaPeer Peer { get; set; } = null!;

    /// <summary>Share of datagrams that come twice, 0 … 1.</summary>
    public double Duplicates { get; set; }

    public int TimesLost { get; set; }

    public int ServerLost { get; set; }

    /// <summary>Pictures as they were delivered: the source's own number and the layer.</summary>
    public List<(int Number, int Layer, bool KeyFrame)> Pictures { get; } = [];

    public List<int> Sounds { get; } = [];

    public void Take(in ReceivedFrame frame, ReadOnlySpan<byte> bytes)
    {
        int frameNumber = BinaryPrimitives.ReadInt32LittleEndian(bytes[10..]);
        Assert.False(bytes[14..].ContainsAnyExcept(bytes[^1]), "a frame with bytes of another");
        if (frame.Source == MediaSource.Microphone)
        {
            Assert.Equal(80, bytes.Length);
            Sounds.Add(frameNumber);
            return;
        }

        int layer = bytes[^1] - 0x40;
        Assert.Equal(frame.KeyFrame ? 6000 << layer : 1500 << layer, bytes.Length);
        Pictures.Add((frameNumber, layer, frame.KeyFrame));
    }

    public void Send(PacketTrains output, Instant now)
    {
        foreach (ref readonly PacketTrains.Packet packet in output.Packets)
        {
            Deliver(up, output.Bytes(packet), now);
        }

        output.Clear();
    }

    public void Deliver(Link link, ReadOnlySpan<byte> datagram, Instant now)
    {
        link.Enqueue(datagram, now);
        if (random.NextDouble() < Duplicates)
        {
            link.Enqueue(datagram, now);
        }
    }
}
