using System.Buffers.Binary;
using Wardline.Rtc;
using Wardline.Rtc.Dtls;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Rtp;
using Wardline.Rtc.Sdp;
using Wardline.Sfu.Forwarding;
using Wardline.Sfu.Layers;
using Wardline.Sfu.Sessions;

namespace Wardline.Sfu;

/// <summary>
/// One session: up to twelve participants, each stream received once and forwarded to whoever subscribed. No socket,
/// clock or thread: datagrams and time come in as arguments, packets leave through <see cref="PacketTrains"/>, news
/// through <see cref="TryTakeEvent"/>. Not thread-safe: one session has one thread. See docs/design/packet-path.md.
/// </summary>
public sealed class SfuSession : IDisposable
{
    /// <summary>RFC 7983 §7: from here on it claims to be RTP or RTCP.</summary>
    private const byte FirstMediaByte = 128;

    private readonly SfuSessionOptions _options;
    private readonly IDtlsEngineFactory _dtls;
    private readonly IRandomSource _random;
    private readonly SfuEvents _events = new();
    private readonly TransportWatch _transports;
    private readonly DropCounts _dropsOfLeft = new();
    private Participant[] _participants = [];

    public SfuSession(SfuSessionOptions options, IDtlsEngineFactory dtls, IRandomSource random)
    {
        _options = options;
        _dtls = dtls;
        _random = random;
        _transports = new TransportWatch(_events, random);
    }

    /// <summary>When a packet of somebody's microphone or camera last came; never for a session without media.</summary>
    public Instant LastMediaAt { get; private set; } = Moments.LongAgo;

    public SfuCounters Counters { get; } = new();

    public int ParticipantCount => _participants.Length;

    /// <summary>When <see cref="HandleTimeout"/> is to be called at the latest.</summary>
    public Instant NextTimeout
    {
        get
        {
            Instant next = Instant.Never;
            foreach (Participant participant in _participants)
            {
                next = Instant.Min(next, participant.NextTimeout);
            }

            return next;
        }
    }

    /// <summary>The same without remembering anything: what <see cref="NextTimeout"/> must never be later than.</summary>
    internal Instant ReckonNextTimeout() => _participants.Aggregate(Instant.Never, (next, participant) => Instant.Min(next, participant.ReckonTimeout()));

    /// <summary>Makes the participant's transport and answers with its ICE credentials.</summary>
    /// <exception cref="ArgumentException">The number is in use.</exception>
    /// <exception cref="InvalidOperationException">The session is full (<see cref="SfuSessionOptions.MaxParticipants"/>).</exception>
    public IceCredentials AddParticipant(ParticipantId id, Instant now)
    {
        if (Find(id) is not null)
        {
            throw new ArgumentException($"{id} is in the session.", nameof(id));
        }

        if (_participants.Length >= _options.MaxParticipants)
        {
            throw new InvalidOperationException("The session is full.");
        }

        IceCredentials local = IceCredentials.Create(_random);
        RtcTransport transport = new(local, _dtls, new RtcTransportOptions
        {
            MaxReceiveStreams = _options.MaxStreamsPerTransport,
            MaxSendStreams = _options.MaxStreamsPerTransport,
        });
        Span<byte> random = stackalloc byte[12];
        _random.Fill(random);
        Ssrc reporter = new(BinaryPrimitives.ReadUInt32BigEndian(random));
        Participant participant = new(id, transport, _options, Counters, reporter, BinaryPrimitives.ReadUInt64BigEndian(random[4..]) >> 2);
        _participants = [.. _participants, participant];
        _events.Add(new UfragAdded(id, IceUfrag.Pack(local.Ufrag)));
        return local;
    }

    /// <summary>Ends the participant's transport; what it still sends goes nowhere. Unknown numbers are ignored.</summary>
    public void RemoveParticipant(ParticipantId id, Instant now, PacketTrains output)
    {
        if (Find(id) is not { } leaving)
        {
            return;
        }

        _participants = Array.FindAll(_participants, participant => participant != leaving);
        foreach (PublishedTrack track in leaving.Uplink.Tracks)
        {
            track.Close();
        }

        foreach (Subscription subscription in leaving.Downlink.Subscriptions)
        {
            subscription.Close();
        }

        Rewire(now);
        leaving.Transport.Close(output);
        _transports.Forget(leaving);
        TellAboutRed(id);
        leaving.Dispose();
        SessionDrops.Add(leaving.Transport, _dropsOfLeft);
    }

    /// <summary>Takes an offer and makes the answer. When it is refused nothing has changed.</summary>
    /// <param name="candidateLines">What the shell listens on, as <see cref="IceCandidateLine"/> writes it.</param>
    /// <param name="error">With a code of docs/protocol.md.</param>
    /// <exception cref="ArgumentException">No such participant.</exception>
    public bool TryNegotiate(
        ParticipantId id, string sdpOffer, IReadOnlyList<PublishRequest> publish, IReadOnlyList<SubscribeRequest> subscribe,
        IReadOnlyList<string> candidateLines, Instant now, out string answer, out SdpError error)
    {
        Participant participant = Find(id) ?? throw new ArgumentException($"{id} is not in the session.", nameof(id));
        answer = "";

        // 1. Everything that can be refused.
        if (!Negotiation.TryRead(sdpOffer, publish, subscribe, _options.SdpLimits, out Negotiation? negotiation, out error) ||
            !_transports.TrySetRemote(participant, negotiation.Agreed, out error))
        {
            return false;
        }

        // 2. What is sent and received from now on.
        participant.Deadline.Move();
        PublishedTrack[] tracks = negotiation.MakeTracks(participant);
        foreach (PublishedTrack track in participant.Uplink.Tracks)
        {
            if (!tracks.Contains(track))
            {
                track.Close();
            }
        }

        participant.Uplink.Binder.SetTracks(tracks);
        negotiation.DeclareSources(participant);
        participant.Downlink.SetSubscriptions(negotiation.MakeSubscriptions(participant, _random));
        participant.Audio = negotiation.Audio;
        Rewire(now);

        // 3. The answer; whoever would now get another one is asked to offer again.
        participant.AnsweredWithRed = RedForAll;
        participant.ToldAboutRed = false;
        answer = negotiation.WriteAnswer(participant, participant.Transport.Ice.Local, _dtls.Fingerprint, [.. candidateLines.Select(line => IceCandidateLine.InGeneration(line, participant.IceGeneration))], RedForAll);
        TellAboutRed(id);
        return true;
    }

    /// <summary>How large each received video is shown; m-sections that are not named keep their size.</summary>
    public void SetView(ParticipantId id, IReadOnlyList<ViewSlot> slots, Instant now)
    {
        if (Find(id) is not { } participant)
        {
            return;
        }

        foreach (ViewSlot slot in slots)
        {
            participant.Downlink.Find(slot.Mid)?.Demand.SetView(slot.Width, slot.Height);
        }

        participant.Downlink.Allocate(now);
    }

    /// <summary>Takes one datagram of a participant; changes its bytes. Bytes from a peer never throw.</summary>
    /// <returns>
    /// False for media whose seal is not the participant's, or which came before: anybody who writes its address on an
    /// envelope may have sent that.
    /// </returns>
    public bool Handle(ParticipantId id, Span<byte> datagram, in TransportAddress from, Instant now, PacketTrains output)
    {
        if (Find(id) is not { } participant)
        {
            Counters.UnknownParticipant++;
            return true;
        }

        bool media = datagram.Length > 0 && datagram[0] >= FirstMediaByte;

        participant.Deadline.Move();
        switch (participant.Transport.Handle(datagram, from, now, output, out int length))
        {
            case TransportInput.Rtp:
                OnRtp(participant, datagram[..length], now, output);
                return true;
            case TransportInput.Rtcp:
                FeedbackReader.Handle(participant, datagram[..length], Counters, now, output);
                return true;
            default:
                Note(participant, now);
                return !media;
        }
    }

    public void HandleTimeout(Instant now, PacketTrains output)
    {
        foreach (Participant participant in _participants)
        {
            if (participant.NextTimeout > now)
            {
                continue;
            }

            participant.Deadline.Move();
            if (participant.Transport.NextTimeout <= now)
            {
                participant.Transport.HandleTimeout(now, output);
                Note(participant, now);
            }

            if (!participant.IsConnected)
            {
                continue;
            }

            UplinkFeedback.Send(participant.Uplink, participant.Transport, participant.Reporter, participant.RoundTrip, Counters, now, output);
            participant.Downlink.HandleTimeout(now, output);
            if (participant.NextReport <= now)
            {
                participant.NextReport = now + _options.ReportInterval;
                ReportWriter.Send(participant, now, output);
                _events.AddQuality(participant, now);
            }
        }
    }

    /// <summary>The next piece of news, in order.</summary>
    public bool TryTakeEvent(out SfuEvent e) => _events.TryTake(out e!);

    /// <summary>Adds why packets were dropped, of everybody who is or was in the session, also after its end. For the session's own thread.</summary>
    public void AddDrops(DropCounts to)
    {
        to.Add(_dropsOfLeft);
        SessionDrops.Add(Counters, to);
        foreach (Participant participant in _participants)
        {
            SessionDrops.Add(participant.Transport, to);
        }
    }

    /// <summary>How a participant's transport is; null for unknown ones. For the session's own thread; the counters in it may be read from any.</summary>
    public TransportReport? ReportOn(ParticipantId id) => Find(id)?.Transport is { } transport
        ? new TransportReport(
            transport.State, transport.Failure, transport.Selected, transport.Counters, transport.Ice.Counters, transport.Dtls, transport.Received, transport.Sent)
        : null;

    public void Dispose()
    {
        foreach (Participant participant in _participants)
        {
            participant.Dispose();
            SessionDrops.Add(participant.Transport, _dropsOfLeft);
        }

        _participants = [];
    }

    private bool RedForAll => Red.IsForAll(_participants);

    private Participant? Find(ParticipantId id)
    {
        foreach (Participant participant in _participants)
        {
            if (participant.Id == id)
            {
                return participant;
            }
        }

        return null;
    }

    private void OnRtp(Participant from, Span<byte> packet, Instant now, PacketTrains output)
    {
        Counters.RtpReceived++;
        if (!from.Uplink.TryReceive(packet, now, out InboundLayer layer, out PacketInfo info, out Span<byte> plain))
        {
            return;
        }

        PublishedTrack track = layer.Track;
        if (track.Source != TrackSource.Screen)
        {
            LastMediaAt = now;
        }

        if (!layer.Announced)
        {
            OnLayerStarted(layer, now);
        }

        foreach (Subscription subscription in track.Subscriptions)
        {
            subscription.Downlink.Forward(subscription, layer, info, plain, now, output);
        }

        if (info.StartsKeyFrame)
        {
            // Whoever waited, also those who only began to with this packet, is served.
            layer.KeyFrames.OnKeyFrameStart();
        }
    }

    /// <summary>Whoever waits for this layer gets its very first packet, which mostly begins a key frame.</summary>
    private void OnLayerStarted(InboundLayer layer, Instant now)
    {
        layer.Announced = true;
        PublishedTrack track = layer.Track;
        if (!track.Started)
        {
            track.Started = true;
            _events.Add(new TrackStarted(track.Publisher, track.Source));
        }

        foreach (Subscription subscription in track.Subscriptions)
        {
            if (track.IsVideo)
            {
                subscription.Downlink.Allocate(now);
            }
            else
            {
                subscription.Switcher.SetTarget(layer);
            }
        }
    }

    private void Note(Participant participant, Instant now)
    {
        TransportAddress? before = participant.ToldAddress;
        bool connected = _transports.HasJustConnected(participant);
        if (connected)
        {
            participant.NextReport = now + _options.ReportInterval;
        }

        // A new port after a pause or another address is another path; a new port alone is mostly a NAT that forgot.
        bool moved = participant.IsConnected && before is { } old && participant.ToldAddress is { } selected && selected != old &&
            (!selected.IsSameHost(old) || participant.Downlink.Estimator.IsUnanswered(now));
        if (connected || moved)
        {
            participant.Downlink.OnNewPath(now);
        }
    }

    /// <summary>Connects each subscription with what it is for, or disconnects it.</summary>
    private void Rewire(Instant now)
    {
        foreach (Participant participant in _participants)
        {
            foreach (Subscription subscription in participant.Downlink.Subscriptions)
            {
                subscription.Attach(subscription.IsAssigned ? Find(subscription.Publisher)?.FindTrack(subscription.Source) : null);
            }

            participant.Downlink.Allocate(now);
        }
    }

    private void TellAboutRed(ParticipantId cause)
    {
        bool red = RedForAll;
        foreach (Participant participant in _participants)
        {
            if (participant.Id != cause && participant.Audio is not null && participant.AnsweredWithRed != red && !participant.ToldAboutRed)
            {
                participant.ToldAboutRed = true;
                _events.Add(new RenegotiationWanted(participant.Id, "red"));
            }
        }
    }
}
