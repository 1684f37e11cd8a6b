using Wardline.Client.E2ee;
using Wardline.Client.Media;
using Wardline.Client.Negotiation;
using Wardline.Client.Relay;
using Wardline.Rtc;
using Wardline.Rtc.Bwe;
using Wardline.Rtc.Dtls;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Rtp;

namespace Wardline.Client.Peer;

/// <summary>
/// One peer connection, sans-IO: offers and answers on one side, datagrams and time on the other. Calls come from one thread
/// at a time; <see cref="PeerLoop"/> sees to it.
/// </summary>
/// <remarks>
/// <code>
/// source ─► seal ─► packets ─► SRTP ─► PacketTrains            datagram ─► SRTP ─► stream ─► whole frame ─► open ─► receiver
///             (SentLayer, history)                                          └─ NACK, PLI, RR, transport-cc ─► PacketTrains
/// </code>
/// </remarks>
internal sealed partial class MediaPeer : IDisposable
{
    /// <summary>RFC 8445 §5.1.2.1: a host candidate over UDP, and a relayed one.</summary>
    public const uint HostPriority = 126u << 24;
    public const uint RelayPriority = 2u << 24;

    private readonly IRandomSource _random;
    private readonly MemberSession? _keys;
    private readonly FrameReceiver? _receiver;
    private readonly DtlsFingerprint _fingerprint;
    private readonly ulong _sdpSession;
    private readonly List<MediaSection> _sections = [];
    private readonly List<Publication> _publications = [];
    private readonly List<ReceivedStream> _streams = [];
    private readonly TwccRecorder _arrivals = new(1024);
    private readonly PeerBuffers _buffers;
    private string? _shortCode;
    private int _sdpVersion;
    private int _nextMid;

    /// <param name="buffers">Shared by all peers of one loop.</param>
    /// <param name="keys">Null in a visit without end-to-end encryption, which only tests have. Not disposed here.</param>
    public MediaPeer(OpenSslDtls dtls, IRandomSource random, PeerBuffers buffers, MemberSession? keys, FrameReceiver? receiver)
    {
        _random = random;
        _buffers = buffers;
        _keys = keys;
        _receiver = receiver;
        _fingerprint = dtls.Fingerprint;
        Transport = new ClientTransport(new IceAgent(IceCredentials.Create(random), random), dtls, new RtcTransportOptions());
        _uplink = new Uplink(Transport);
        _layers = new LayerControl(_publications);
        Span<byte> session = stackalloc byte[8];
        random.Fill(session);
        _sdpSession = BitConverter.ToUInt64(session);
    }

    public ClientTransport Transport { get; }

    /// <summary>Sends an <c>e2ee</c> message through the signaling.</summary>
    public Action<string, string>? OnKeyMessage { get; init; }

    /// <summary>As the keys last said it; may be read from any thread.</summary>
    public string? ShortCode => Volatile.Read(ref _shortCode);

    public IReadOnlyList<Publication> Publications => _publications;

    public IReadOnlyList<ReceivedStream> Streams => _streams;

    public IReadOnlyList<MediaSection> Sections => _sections;

    /// <summary>Adds a section for a source of our own.</summary>
    public void Publish(IFrameSource source)
    {
        string mid = $"{_nextMid++}";
        _sections.Add(new MediaSection(mid, source.Kind, null));
        _publications.Add(new Publication(source, mid, _random) { LayersSent = Adapts ? 1 : source.Layers });
    }

    /// <summary>Whom to receive from now on: one section for each source, kept at its place when its owner goes.</summary>
    /// <returns>Something changed, so that a new offer is due.</returns>
    public bool Receive(IReadOnlyCollection<(string Participant, MediaSource Source)> wanted)
    {
        bool changed = false;
        foreach (MediaSection section in _sections)
        {
            bool idle = section.From is { } from && !wanted.Contains((from, section.Source));
            changed |= section.IsIdle != idle;
            section.IsIdle = idle;
        }

        foreach ((string participant, MediaSource source) in wanted)
        {
            if (!_sections.Exists(s => s.From == participant && s.Source == source))
            {
                _sections.Add(new MediaSection($"{_nextMid++}", source, participant));
                changed = true;
            }
        }

        return changed;
    }

    public string WriteOffer()
    {
        int layers = _publications.Find(p => p.Source.Kind == MediaSource.Camera)?.Source.Layers ?? 1;
        return ClientOffer.Write(_sdpSession, ++_sdpVersion, Transport.Ice.Local, _fingerprint, _sections, layers > 1 ? ClientOffer.Rids[..layers] : []);
    }

    /// <summary>New ICE credentials for the next offer.</summary>
    public void RestartIce() => Transport.Ice.Restart(IceCredentials.Create(_random));

    /// <returns>False for an answer with another certificate than the one before: nothing changes.</returns>
    public bool TakeAnswer(ServerAnswer answer)
    {
        if (!Transport.SetRemote(answer.Ice, answer.Fingerprint))
        {
            return false;
        }

        // Streams that go on keep what they have counted.
        for (int i = _streams.Count - 1; i >= 0; i--)
        {
            if (!answer.Sections.Any(s => s.Source == _streams[i].Ssrc))
            {
                _streams.RemoveAt(i);
            }
        }

        foreach (AnswerSection answered in answer.Sections)
        {
            if (answered.Source is { } ssrc && !_streams.Exists(s => s.Ssrc == ssrc) &&
                _sections.Find(s => s.Mid == answered.Mid && s.From is not null) is { From: { } from } section)
            {
                _streams.Add(new ReceivedStream(from, section.Source, section.Mid, ssrc, answered.Repair));
            }
        }

        return true;
    }

    public Instant NextTimeout
    {
        get
        {
            Instant next = Instant.Min(Transport.NextTimeout, _keys?.NextTimeout ?? Instant.Never);
            next = Instant.Min(next, Relay?.NextTimeout ?? Instant.Never);
            if (Transport.State != TransportState.Connected)
            {
                return next;
            }

            next = Instant.Min(next, Instant.Min(_arrivals.NextFeedback, _nextReport));
            next = Instant.Min(next, NextUplinkTimeout);
            foreach (Publication publication in _publications)
            {
                next = Instant.Min(next, publication.NextDue);
            }

            foreach (ReceivedStream stream in _streams)
            {
                next = Instant.Min(next, stream.Video?.NextAsk ?? Instant.Never);
            }

            return next;
        }
    }

    public void Handle(Span<byte> datagram, in TransportAddress from, Instant now, PacketTrains output)
    {
        if (Relay is { } relay && relay.IsFrom(from))
        {
            HandleRelayed(relay, datagram, now, output);
        }
        else
        {
            HandleDirect(datagram, from, now, output);
        }
    }

    private void HandleDirect(Span<byte> datagram, in TransportAddress from, Instant now, PacketTrains output)
    {
        switch (Transport.Handle(datagram, from, now, output, out int length))
        {
            case TransportInput.Rtp:
                TakeRtp(datagram[..length], now, output);
                break;
            case TransportInput.Rtcp:
                TakeRtcp(datagram[..length], now, output);
                break;
            default:
                WatchTransport();
                break;
        }
    }

    public void HandleTimeout(Instant now, PacketTrains output)
    {
        Transport.HandleTimeout(now, output);
        WatchTransport();
        if (_keys is { } keys && now >= keys.NextTimeout)
        {
            keys.HandleTimeout(now);
            AfterKeys(now);
        }

        if (Transport.State != TransportState.Connected)
        {
            return;
        }

        SendMedia(now, output);
        SendFeedback(now, output);
        ControlUplink(now, output);
    }

    public void Close(PacketTrains output) => Transport.Close(output);

    public void Dispose() => Transport.Dispose();

    private void TakeRtp(Span<byte> packet, Instant now, PacketTrains output)
    {
        if (RtpExtensions.TryReadTransportSequence(packet, ClientOffer.TransportCcId, out ushort sequence))
        {
            _arrivals.OnPacket(sequence, now);
        }

        Ssrc ssrc = RtpHeader.Ssrc(packet);
        foreach (ReceivedStream stream in _streams)
        {
            if (stream.Ssrc == ssrc)
            {
                stream.OnPacket(packet, now);
                Deliver(stream, packet, now, output);
                return;
            }

            if (stream.Repair == ssrc)
            {
                if (Rtx.TryUnwrap(packet, ClientOffer.Vp8, stream.Ssrc, out Span<byte> restored))
                {
                    stream.OnRepaired(restored, now);
                    Deliver(stream, restored, now, output);
                }

                return;
            }
        }

        Strangers++;
    }

    private void Deliver(ReceivedStream stream, ReadOnlySpan<byte> packet, Instant now, PacketTrains output)
    {
        if (stream.Video is not { } video)
        {
            Take(stream, RtpHeader.Payload(packet), true, RtpHeader.Timestamp(packet), now);
            return;
        }

        while (video.TryTake(now, _buffers.Whole, out int length, out bool keyFrame, out RtpTimestamp timestamp))
        {
            Take(stream, _buffers.Whole.AsSpan(0, length), keyFrame, timestamp, now);
        }

        if (stream.TakesKeyFrameRequest(now))
        {
            SendKeyFrameRequest(stream.Ssrc, output);
        }
    }

    private void Take(ReceivedStream stream, ReadOnlySpan<byte> frame, bool keyFrame, RtpTimestamp timestamp, Instant now)
    {
        stream.Frames++;
        if (_keys is not { } keys)
        {
            Opened++;
            _receiver?.Invoke(new ReceivedFrame(stream.Participant, stream.Source, keyFrame, timestamp.Value), frame);
            return;
        }

        // The tag brings a held frame's timestamp back, and whether it is a key frame.
        OpenResult result = keys.Open(stream.Participant, stream.Source, frame, _buffers.Opened, out int length, now, (long)timestamp.Value << 1 | (keyFrame ? 1L : 0));
        if (result == OpenResult.Opened)
        {
            Opened++;
            stream.OnOpened(keyFrame);
            _receiver?.Invoke(new ReceivedFrame(stream.Participant, stream.Source, keyFrame, timestamp.Value), _buffers.Opened.AsSpan(0, length));
        }
        else if (result != OpenResult.Held)
        {
            Refused++;
            stream.OnRefused();
        }

        AfterKeys(now);
    }

    /// <summary>After anything that keys may have come by, or time has passed for: frames that waited for them, and what the keys have to say.</summary>
    public void AfterKeys(Instant now)
    {
        if (_keys is not { } keys)
        {
            return;
        }

        Volatile.Write(ref _shortCode, keys.ShortCode);
        while (keys.TryTakeMessage(out string to, out string body))
        {
            OnKeyMessage?.Invoke(to, body);
        }

        while (keys.TryTakeHeld(_buffers.Opened, now, out HeldFrame frame))
        {
            if (frame.Result == OpenResult.Opened)
            {
                Opened++;
                _receiver?.Invoke(new ReceivedFrame(frame.Participant, frame.Source, (frame.Tag & 1) != 0, (uint)(frame.Tag >> 1)), _buffers.Opened.AsSpan(0, frame.Length));
            }
            else
            {
                Refused++;
                _streams.Find(s => s.Participant == frame.Participant && s.Source == frame.Source)?.OnRefused();
            }
        }
    }

    /// <summary>SRTP that opened but belongs to no stream of the answer.</summary>
    public long Strangers { get; private set; }

    /// <summary>Frames opened end to end.</summary>
    public long Opened { get; private set; }

    /// <summary>Whole frames that did not open.</summary>
    public long Refused { get; private set; }

    private void SendMedia(Instant now, PacketTrains output)
    {
        foreach (Publication publication in _publications)
        {
            publication.Begin(now);
            for (int layer = 0; layer < publication.Layers.Count; layer++)
            {
                while (publication.TryNext(layer, now, _buffers.Frame, out int length, out TimeSpan at))
                {
                    ReadOnlySpan<byte> frame = _buffers.Frame.AsSpan(0, length);
                    if (_keys is { } keys)
                    {
                        if (!keys.TrySeal(publication.Source.Kind, frame, _buffers.Sealed, out int sealedLength))
                        {
                            continue; // nobody has a key of ours yet: it would be sent for nobody
                        }

                        frame = _buffers.Sealed.AsSpan(0, sealedLength);
                    }

                    publication.Layers[layer].Send(frame, at, now, _uplink, output);
                }
            }
        }
    }
}
