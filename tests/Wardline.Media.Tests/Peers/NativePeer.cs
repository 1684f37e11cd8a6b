using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Security.Cryptography;
using Wardline.Rtc.Bwe;
using Wardline.Rtc.Dtls;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Rtcp;
using Wardline.Rtc.Rtp;
using Wardline.Rtc.Srtp;
using Wardline.Rtc;
using Wardline.Sfu;
using Wardline.Sockets;

namespace Wardline.Media.Tests.Peers;

/// <summary>
/// A whole participant in this process: controlling ICE, DTLS client, SRTP, a microphone and a simulcast camera that
/// look like a browser's to the server, and receivers that count. Driven by <see cref="Run"/>, on the test's thread.
/// </summary>
internal sealed class NativePeer : IDisposable
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ConsentInterval = TimeSpan.FromSeconds(2);
    private static readonly long Start = Stopwatch.GetTimestamp();

    private readonly IceCredentials _ice = IceCredentials.Create(new SystemRandom());
    private readonly OpenSslDtls _factory = CreateFactory();
    private readonly TwccRecorder _arrivals = new();
    private readonly List<PeerSection> _sections = [];
    private readonly List<PublishedSource> _sources = [];
    private readonly byte[] _scratch = new byte[2048];
    private readonly Random _random;
    private readonly MediaSession _session;
    private Dictionary<Ssrc, string> _midOf = [];
    private IDtlsEngine? _dtls;
    private SrtpSender? _sender;
    private SrtpReceiver? _receiver;
    private Instant _nextCheck;
    private ushort _transportSequence;

    private NativePeer(MediaSession session, ParticipantId id, int seed)
    {
        _session = session;
        Id = id;
        _random = new Random(seed);
    }

    public ParticipantId Id { get; }

    public string IceUfrag => _ice.Ufrag;

    public PeerSocket Socket { get; private set; } = null!;

    public IceChecker Checker { get; private set; } = null!;

    public string Answer { get; private set; } = "";

    public bool IsConnected => _sender is not null;

    public DtlsState Dtls => _dtls?.State ?? DtlsState.New;

    public SrtpProfile? Profile => _dtls?.Profile;

    public bool Publishing { get; set; } = true;

    public IReadOnlyList<PublishedSource> Sources => _sources;

    public Dictionary<string, Reception> Received { get; } = [];

    /// <summary>SRTP that did not open, or came from a source that the answer does not name.</summary>
    public int Unexpected { get; private set; }

    /// <summary>Every datagram from the server, STUN and DTLS too.</summary>
    public int Datagrams { get; private set; }

    public int TransportFeedbacks { get; private set; }

    /// <summary>Sees every datagram that this peer sends, as somebody on its path would.</summary>
    public List<byte[]>? Wiretap { get; set; }

    private static Instant Now => new((long)Stopwatch.GetElapsedTime(Start).TotalMicroseconds);

    /// <summary>Adds a participant to the session and offers a microphone and a camera for it.</summary>
    /// <param name="firstSequence">Where its RTP sequence numbers begin; anywhere when null.</param>
    public static async Task<NativePeer> JoinAsync(MediaSession session, int seed, bool tcp = false, ushort? firstSequence = null)
    {
        NativePeer peer = new(session, await session.AddParticipantAsync(default), seed);
        peer._sections.Add(new PeerSection("0", TrackSource.Microphone, null));
        peer._sections.Add(new PeerSection("1", TrackSource.Camera, null));
        peer._sources.Add(new PublishedSource("0", TrackSource.Microphone, null, peer._random, firstSequence));
        peer._sources.AddRange(from rid in (string[])["q", "h", "f"] select new PublishedSource("1", TrackSource.Camera, rid, peer._random, firstSequence));
        await peer.OfferAsync();
        IceCredentials server = new(PeerSdp.Attribute(peer.Answer, "ice-ufrag"), PeerSdp.Attribute(peer.Answer, "ice-pwd"));
        peer.Checker = new IceChecker(peer._ice, server);
        peer.Socket = peer.OpenSocket(tcp);
        return peer;
    }

    /// <summary>Asks for microphone and camera of somebody else and returns the mids.</summary>
    public async Task<(string Audio, string Video)> SubscribeAsync(NativePeer publisher)
    {
        string audio = $"{_sections.Count}";
        string video = $"{_sections.Count + 1}";
        _sections.Add(new PeerSection(audio, TrackSource.Microphone, publisher.Id));
        _sections.Add(new PeerSection(video, TrackSource.Camera, publisher.Id));
        Received[audio] = new Reception();
        Received[video] = new Reception();
        await OfferAsync();
        _midOf = PeerSdp.SourcesByMid(Answer);
        _session.SetView(Id, [.. _sections.Where(s => s.From is not null && !s.IsAudio).Select(s => new ViewSlot(s.Mid, 1280, 720))]);
        return (audio, video);
    }

    /// <summary>Turns all peers over until the condition holds.</summary>
    public static bool Run(Func<bool> until, TimeSpan patience, params ReadOnlySpan<NativePeer> peers)
    {
        long start = Stopwatch.GetTimestamp();
        List<Socket> sockets = [];
        while (!until())
        {
            if (Stopwatch.GetElapsedTime(start) > patience)
            {
                return false;
            }

            sockets.Clear();
            foreach (NativePeer peer in peers)
            {
                peer.Turn();
                sockets.Add(peer.Socket.Socket);
            }

            System.Net.Sockets.Socket.Select(sockets, null, null, TimeSpan.FromMilliseconds(3));
        }

        return true;
    }

    /// <summary>Whatever a participant may say with its own keys.</summary>
    public void SayRtcp(ReadOnlySpan<byte> compound)
    {
        compound.CopyTo(_scratch);
        SendRtcp(compound.Length);
    }

    /// <summary>The person's network changes.</summary>
    public PeerSocket SwitchSocket(bool tcp = false)
    {
        PeerSocket old = Socket;
        Socket = OpenSocket(tcp);
        _nextCheck = default;
        return old;
    }

    public void Dispose()
    {
        _sender?.Dispose();
        _receiver?.Dispose();
        _dtls?.Dispose();
        _factory.Dispose();
        Socket?.Dispose();
    }

    private async Task OfferAsync()
    {
        NegotiationResult result = await _session.NegotiateAsync(
            Id,
            PeerSdp.Offer(_ice, _factory.Fingerprint, _sections),
            [.. _sections.Where(s => s.From is null).Select(s => new PublishRequest(s.Mid, s.Source))],
            [.. _sections.Where(s => s.From is not null).Select(s => new SubscribeRequest(s.Mid, s.From!.Value, s.Source))],
            default);
        Assert.Null(result.Error);
        Answer = result.Answer!;
    }

    private PeerSocket OpenSocket(bool tcp)
    {
        string[] candidate = Answer.Split("\r\n").Where(l => l.StartsWith("a=candidate:", StringComparison.Ordinal))
            .Select(l => l.Split(' ')).First(w => w[2] == (tcp ? "tcp" : "udp"));
        int port = int.Parse(candidate[5]);
        return tcp ? PeerSocket.Tcp(port) : PeerSocket.Udp(port);
    }

    private void Turn()
    {
        // 1. Everything that has come.
        for (ReadOnlySpan<byte> packet = Socket.Receive(TimeSpan.Zero); packet.Length > 0; packet = Socket.Receive(TimeSpan.Zero))
        {
            Datagrams++;
            packet.CopyTo(_scratch);
            Take(_scratch.AsSpan(0, packet.Length));
        }

        // 2. Checks: often until the first answer, then as consent (RFC 7675).
        Instant now = Now;
        if (now >= _nextCheck)
        {
            Send(Checker.Check());
            _nextCheck = now + (Checker.Answers == 0 ? CheckInterval : ConsentInterval);
        }

        // 3. DTLS, once the path is proven.
        if (Checker.Answers > 0)
        {
            if (_dtls is null)
            {
                _dtls = _factory.CreateClient();
                Assert.True(DtlsFingerprint.TryParse("sha-256", PeerSdp.Attribute(Answer, "fingerprint").Split(' ')[1], out DtlsFingerprint server));
                _dtls.ExpectPeer(server);
                _dtls.Start(now);
            }
            else if (now >= _dtls.NextTimeout)
            {
                _dtls.HandleTimeout(now);
            }

            FlushDtls();
        }

        // 4. Media.
        if (_sender is null)
        {
            return;
        }

        foreach (PublishedSource source in _sources)
        {
            if (Publishing && now >= source.Due)
            {
                source.Frame(now, () => _transportSequence++, SendRtp);
            }
        }

        if (now >= _arrivals.NextFeedback && _arrivals.TryWriteFeedback(now, new Ssrc(1), new Ssrc(1), _scratch, out int length))
        {
            SendRtcp(length);
        }
    }

    private void Take(Span<byte> packet)
    {
        if (packet[0] < 4)
        {
            Checker.Take(packet);
        }
        else if (packet[0] is >= 20 and <= 63)
        {
            _dtls?.Handle(packet, Now);
            FlushDtls();
        }
        else if (_receiver is null)
        {
            Unexpected++;
        }
        else if (RtpHeader.LooksLikeRtcp(packet))
        {
            TakeRtcp(packet);
        }
        else
        {
            TakeRtp(packet);
        }
    }

    private void TakeRtp(Span<byte> packet)
    {
        if (!_receiver!.TryUnprotectRtp(packet, out int length))
        {
            Unexpected++;
            return;
        }

        ReadOnlySpan<byte> plain = packet[..length];
        if (RtpExtensions.TryReadTransportSequence(plain, PeerSdp.TransportCcId, out ushort sequence))
        {
            _arrivals.OnPacket(sequence, Now);
        }

        if (RtpHeader.PayloadType(plain) == PeerSdp.Vp8Rtx)
        {
            return;
        }

        if (_midOf.TryGetValue(RtpHeader.Ssrc(plain), out string? mid) && Received.TryGetValue(mid, out Reception? reception))
        {
            reception.Packet(plain);
        }
        else
        {
            Unexpected++;
        }
    }

    private void TakeRtcp(Span<byte> packet)
    {
        if (!_receiver!.TryUnprotectRtcp(packet, out int length))
        {
            Unexpected++;
            return;
        }

        RtcpReader reader = new(packet[..length]);
        while (reader.TryRead(out RtcpPacket part))
        {
            if (part.Kind == RtcpKind.TransportCc)
            {
                TransportFeedbacks++;
            }
            else if (part.Kind == RtcpKind.Pli && PliView.TryRead(part, out PliView pli))
            {
                _sources.Find(s => s.Ssrc == pli.Media)?.AskKeyFrame();
            }
        }
    }

    private void FlushDtls()
    {
        Span<byte> datagram = stackalloc byte[PacketTrains.SlotBytes];
        while (_dtls is not null && _dtls.TryTake(datagram, out int length))
        {
            Send(datagram[..length]);
        }

        if (_dtls is { State: DtlsState.Connected, Profile: { } profile } && _sender is null)
        {
            byte[] exported = new byte[profile.ExportedBytes()];
            _dtls.ExportKeyingMaterial(exported);
            using SrtpMasterKeys keys = new(profile, exported);
            _receiver = keys.CreateReceiver(fromClient: false);
            _sender = keys.CreateSender(asClient: true);
        }
    }

    private void SendRtp(Span<byte> buffer, int plainLength)
    {
        Assert.True(_sender!.TryProtectRtp(buffer, plainLength, out int length));
        Send(buffer[..length]);
    }

    private void SendRtcp(int plainLength)
    {
        Assert.True(_sender!.TryProtectRtcp(_scratch, plainLength, out int length));
        Send(_scratch.AsSpan(0, length));
    }

    private void Send(ReadOnlySpan<byte> datagram)
    {
        Wiretap?.Add(datagram.ToArray());
        Socket.Send(datagram);
    }

    private static OpenSslDtls CreateFactory()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = new CertificateRequest("CN=peer", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        return new OpenSslDtls(certificate.RawData, key.ExportECPrivateKey());
    }
}
