using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Security.Cryptography;
using Wardline.Media.Tests.Peers;
using Wardline.Media;
using Wardline.Rtc.Bwe;
using Wardline.Rtc.Dtls;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Rtcp;
using Wardline.Rtc.Rtp;
using Wardline.Rtc.Srtp;
using Wardline.Rtc;
using Wardline.Sfu;
using Wardline.Sockets;

namespace Wardline.Bench;

/// <summary>A participant without a socket, in virtual time; the scene carries its datagrams.</summary>
internal sealed class BenchPeer : IDisposable
{
    public const string VideoMid = "1";

    private readonly IceCredentials _ice = IceCredentials.Create(new SystemRandom());
    private readonly TwccRecorder _arrivals = new();
    private readonly byte[] _scratch = new byte[2048];
    private readonly OpenSslDtls _factory;
    private readonly IReadOnlyList<PeerSection> _sections;
    private IceChecker? _checker;
    private IDtlsEngine? _dtls;
    private SrtpReceiver? _receiver;
    private DtlsFingerprint _server;

    public BenchPeer(ParticipantId id, IReadOnlyList<PeerSection> sections)
    {
        Id = id;
        Address = TransportAddress.From(new IPEndPoint(IPAddress.Parse($"192.0.2.{id.Value}"), 4000));
        _sections = sections;
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = new CertificateRequest("CN=bench", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        _factory = new OpenSslDtls(certificate.RawData, key.ExportECPrivateKey());
    }

    /// <summary>Camera and microphone: its own, or what it wants of <paramref name="from"/>.</summary>
    public static IReadOnlyList<PeerSection> Media(ParticipantId? from = null, int firstMid = 1) =>
        [new PeerSection($"{firstMid}", TrackSource.Camera, from), new PeerSection($"{firstMid + 1}", TrackSource.Microphone, from)];

    public bool Publishes => _sections.Any(s => s.From is null);

    public ParticipantId Id { get; }

    public TransportAddress Address { get; }

    public SrtpSender? Sender { get; private set; }

    public int VideoPackets { get; private set; }

    /// <summary>The last forwarded video packet: what a NACK can ask for.</summary>
    public (Ssrc Ssrc, SequenceNumber Sequence) LastVideo { get; private set; }

    public int Retransmissions { get; private set; }

    public List<Ssrc> KeyFramesAsked { get; } = [];

    public void Join(SfuSession session, Instant now)
    {
        session.AddParticipant(Id, now);
        bool agreed = session.TryNegotiate(
            Id,
            PeerSdp.Offer(_ice, _factory.Fingerprint, _sections),
            [.. _sections.Where(s => s.From is null).Select(s => new PublishRequest(s.Mid, s.Source))],
            [.. _sections.Where(s => s.From is not null).Select(s => new SubscribeRequest(s.Mid, s.From!.Value, s.Source))],
            [],
            now,
            out string answer,
            out var error);
        if (!agreed || !DtlsFingerprint.TryParse("sha-256", PeerSdp.Attribute(answer, "fingerprint").Split(' ')[1], out _server))
        {
            throw new InvalidOperationException($"The offer was refused: {error?.Code}");
        }

        session.SetView(Id, [.. _sections.Where(s => s is { From: not null, IsAudio: false }).Select(s => new ViewSlot(s.Mid, 1280, 720))], now);

        _checker = new IceChecker(_ice, new IceCredentials(PeerSdp.Attribute(answer, "ice-ufrag"), PeerSdp.Attribute(answer, "ice-pwd")));
    }

    public byte[] Check() => _checker!.Check();

    /// <summary>A datagram from the server; what the peer says at once goes to <paramref name="say"/>.</summary>
    public void Take(ReadOnlySpan<byte> datagram, Instant now, Action<BenchPeer, byte[]> say)
    {
        if (datagram[0] < 4)
        {
            _checker!.Take(datagram);
            if (_dtls is null)
            {
                _dtls = _factory.CreateClient();
                _dtls.ExpectPeer(_server);
                _dtls.Start(now);
            }
        }
        else if (datagram[0] is >= 20 and <= 63)
        {
            _dtls?.Handle(datagram, now);
        }
        else
        {
            TakeMedia(datagram, now);
            return;
        }

        while (_dtls is not null && _dtls.TryTake(_scratch, out int length))
        {
            say(this, _scratch[..length]);
        }

        if (_dtls is { State: DtlsState.Connected, Profile: { } profile } && Sender is null)
        {
            byte[] exported = new byte[profile.ExportedBytes()];
            _dtls.ExportKeyingMaterial(exported);
            using SrtpMasterKeys keys = new(profile, exported);
            _receiver = keys.CreateReceiver(fromClient: false);
            Sender = keys.CreateSender(asClient: true);
        }
    }

    /// <summary>Transport-wide feedback when it is due; 0 when not. The packet is sealed.</summary>
    public int Feedback(Instant now, Span<byte> packet) =>
        Sender is not null && now >= _arrivals.NextFeedback && _arrivals.TryWriteFeedback(now, new Ssrc(1), new Ssrc(1), packet, out int plain) &&
        Sender.TryProtectRtcp(packet, plain, out int length) ? length : 0;

    /// <summary>A NACK for the last video packet, sealed.</summary>
    public int Nack(Span<byte> packet)
    {
        RtcpWriter writer = new(packet);
        return writer.TryWriteNack(new Ssrc(1), LastVideo.Ssrc, [LastVideo.Sequence]) && Sender!.TryProtectRtcp(packet, writer.Length, out int length) ? length : 0;
    }

    public void Dispose()
    {
        Sender?.Dispose();
        _receiver?.Dispose();
        _dtls?.Dispose();
        _factory.Dispose();
    }

    private void TakeMedia(ReadOnlySpan<byte> datagram, Instant now)
    {
        Span<byte> packet = _scratch.AsSpan(0, datagram.Length);
        datagram.CopyTo(packet);
        if (_receiver is null)
        {
            return;
        }

        if (RtpHeader.LooksLikeRtcp(packet))
        {
            if (_receiver.TryUnprotectRtcp(packet, out int rtcpLength))
            {
                RtcpReader reader = new(packet[..rtcpLength]);
                while (reader.TryRead(out RtcpPacket part))
                {
                    if (part.Kind == RtcpKind.Pli && PliView.TryRead(part, out PliView pli))
                    {
                        KeyFramesAsked.Add(pli.Media);
                    }
                }
            }

            return;
        }

        if (!_receiver.TryUnprotectRtp(packet, out int length))
        {
            return;
        }

        packet = packet[..length];
        if (RtpExtensions.TryReadTransportSequence(packet, PeerSdp.TransportCcId, out ushort sequence))
        {
            _arrivals.OnPacket(sequence, now);
        }

        if (RtpHeader.PayloadType(packet) == PeerSdp.Vp8)
        {
            VideoPackets++;
            LastVideo = (RtpHeader.Ssrc(packet), RtpHeader.Sequence(packet));
        }
        else if (RtpHeader.PayloadType(packet) == PeerSdp.Vp8Rtx)
        {
            Retransmissions++;
        }
    }
}
