using System.Buffers.Binary;
using Wardline.Rtc;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Sdp;
using Wardline.Sfu.Forwarding;
using Wardline.Sfu.Layers;

namespace Wardline.Sfu.Sessions;

/// <summary>One offer, checked against what the client says its m-sections are for; nothing has changed yet.</summary>
internal sealed class Negotiation
{
    private readonly NegotiatedSection[] _sections;
    private readonly Dictionary<string, int> _indexOfMid = new(StringComparer.Ordinal);

    private Negotiation(SdpOffer offer, NegotiatedSection[] sections, IReadOnlyList<PublishRequest> publish, IReadOnlyList<SubscribeRequest> subscribe)
    {
        Offer = offer;
        _sections = sections;
        Publish = publish;
        Subscribe = subscribe;
        for (int i = 0; i < sections.Length; i++)
        {
            _indexOfMid[sections[i].Mid] = i;
        }
    }

    public SdpOffer Offer { get; }

    /// <summary>RFC 8829 §5.2.2: a section that the answer rejects has ended, as one that the offer stops; its place is free.</summary>
    public SdpOffer Agreed =>
        Offer with { Sections = [.. Offer.Sections.Select((section, i) => section with { Rejected = _sections[i].Rejected })] };

    public IReadOnlyList<PublishRequest> Publish { get; }

    public IReadOnlyList<SubscribeRequest> Subscribe { get; }

    /// <summary>Null when the offer has no audio that is used.</summary>
    public AudioOffer? Audio { get; private set; }

    public static bool TryRead(
        string sdp, IReadOnlyList<PublishRequest> publish, IReadOnlyList<SubscribeRequest> subscribe, SdpLimits limits,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Negotiation? negotiation, out SdpError error)
    {
        negotiation = null;
        if (!SdpOfferParser.TryParse(sdp, limits, out SdpOffer? offer, out SdpError? refusal))
        {
            error = refusal;
            return false;
        }

        error = null!;

        NegotiatedSection[] sections = [.. offer.Sections.Select(section => SdpNegotiator.Negotiate(section, SdpPolicy.Default))];
        Negotiation read = new(offer, sections, publish, subscribe);
        foreach (PublishRequest request in publish)
        {
            if (!read.Check(request.Mid, request.Source, out error))
            {
                return false;
            }
        }

        foreach (SubscribeRequest request in subscribe)
        {
            if (!read.Check(request.Mid, request.Source, out error))
            {
                return false;
            }
        }

        read.NarrowDirections();
        read.Audio = read.ReadAudio();
        negotiation = read;
        return true;
    }

    /// <summary>The tracks that the participant publishes now; those that have not changed stay the same objects.</summary>
    public PublishedTrack[] MakeTracks(Participant participant)
    {
        List<PublishedTrack> tracks = [];
        foreach (PublishRequest request in Publish)
        {
            NegotiatedSection section = Section(request.Mid);
            bool taken = tracks.Exists(track => track.Source == request.Source || track.Mid == request.Mid);
            if (taken || !section.AnswerDirection.Receives())
            {
                continue;
            }

            MediaFormat format = MediaFormat.From(section);
            PublishedTrack? same = null;
            foreach (PublishedTrack track in participant.Uplink.Tracks)
            {
                if (track.Mid == request.Mid && track.Source == request.Source && track.Format == format && track.Rids.SequenceEqual(section.Rids))
                {
                    same = track;
                }
            }

            tracks.Add(same ?? new PublishedTrack(participant.Id, request.Source, request.Mid, format, section.Rids, participant.Uplink.Clock));
        }

        return [.. tracks];
    }

    /// <summary>After the tracks are in place: SSRCs that the offer names for streams without RIDs.</summary>
    public void DeclareSources(Participant participant)
    {
        foreach (PublishedTrack track in participant.Uplink.Tracks)
        {
            NegotiatedSection section = Section(track.Mid);
            if (!track.IsSimulcast && section.Sources.Count > 0)
            {
                participant.Uplink.Binder.Declare(track, 0, section.Sources[0].Ssrc, section.Sources[0].Rtx);
            }
        }
    }

    /// <summary>
    /// The m-sections that the participant receives on. An m-section keeps its SSRCs while it is offered, also unused,
    /// so that its decoder goes on when it is used again; one whose place went to another mid does not come back.
    /// </summary>
    public Subscription[] MakeSubscriptions(Participant participant, IRandomSource random)
    {
        List<Subscription> all = [];
        foreach (Subscription subscription in participant.Downlink.Subscriptions)
        {
            if (_indexOfMid.ContainsKey(subscription.Mid))
            {
                all.Add(subscription);
            }
            else
            {
                subscription.Close();
            }
        }

        HashSet<Subscription> used = [];
        foreach (SubscribeRequest request in Subscribe)
        {
            NegotiatedSection section = Section(request.Mid);
            if (!section.AnswerDirection.Sends())
            {
                continue;
            }

            bool isVideo = section.Kind == MediaKind.Video;
            Subscription? subscription = all.Find(s => s.Mid == request.Mid && s.IsVideo == isVideo);
            if (subscription is null)
            {
                subscription = new Subscription(
                    participant.Downlink, request.Mid, isVideo, MediaFormat.From(section),
                    NewSsrc(random), NewSsrc(random), NewSequence(random), NewSequence(random));
                all.Add(subscription);
            }

            if (used.Add(subscription))
            {
                subscription.Assign(request.Publisher, request.Source, MediaFormat.From(section));
            }
        }

        foreach (Subscription subscription in all)
        {
            if (!used.Contains(subscription))
            {
                subscription.Suspend();
            }
        }

        return [.. all];
    }

    public string WriteAnswer(Participant participant, IceCredentials ice, Rtc.Dtls.DtlsFingerprint fingerprint, IReadOnlyList<string> candidateLines, bool preferRed)
    {
        Dictionary<string, SdpSendStream> send = new(StringComparer.Ordinal);
        foreach (Subscription subscription in participant.Downlink.Subscriptions)
        {
            if (subscription.IsAssigned && _indexOfMid.ContainsKey(subscription.Mid))
            {
                string person = Cname.Of(subscription.Publisher);
                Ssrc? rtx = subscription.Format.Vp8Rtx != 0 ? subscription.RtxSsrc : null;
                string track = $"{person}-{subscription.Source.ToString().ToLowerInvariant()}-{subscription.Mid}";
                send[subscription.Mid] = new SdpSendStream(subscription.Ssrc, rtx, person, track, person);
            }
        }

        return SdpAnswerWriter.Write(Offer, _sections, new SdpAnswerParameters
        {
            Ice = ice,
            Fingerprint = fingerprint,
            CandidateLines = candidateLines,
            SessionId = participant.SdpSession,
            Version = ++participant.SdpVersion,
            PreferRed = preferRed,
            Send = send,
        });
    }

    private NegotiatedSection Section(string mid) => _sections[_indexOfMid[mid]];

    private bool Check(string mid, TrackSource source, out SdpError error)
    {
        error = null!;
        MediaKind kind = source == TrackSource.Microphone ? MediaKind.Audio : MediaKind.Video;
        if (!_indexOfMid.TryGetValue(mid, out int index))
        {
            error = new SdpError(SdpCodes.UnknownMid, $"The offer has no section with mid {Shown(mid)}.", 0);
            return false;
        }

        NegotiatedSection section = _sections[index];
        if (section.Problem is not null)
        {
            error = section.Problem;
            return false;
        }

        if (section.Kind != kind)
        {
            error = new SdpError(SdpCodes.UnknownMid, $"The section with mid {Shown(mid)} cannot carry a {source.ToString().ToLowerInvariant()}.", 0);
            return false;
        }

        return true;
    }

    // A mid in an error message is the client's own word: shortened, so that it stays a message.
    private static string Shown(string mid) => mid.Length <= 16 ? mid : string.Concat(mid.AsSpan(0, 16), "…");

    /// <summary>A section is used for what the client named it for, and in no other direction.</summary>
    private void NarrowDirections()
    {
        for (int i = 0; i < _sections.Length; i++)
        {
            NegotiatedSection section = _sections[i];
            SdpDirection named = SdpDirection.Inactive;
            named |= Publish.Any(request => request.Mid == section.Mid) ? SdpDirection.RecvOnly : SdpDirection.Inactive;
            named |= Subscribe.Any(request => request.Mid == section.Mid) ? SdpDirection.SendOnly : SdpDirection.Inactive;
            _sections[i] = section with { AnswerDirection = section.AnswerDirection & named };
        }
    }

    private AudioOffer? ReadAudio()
    {
        AudioOffer? audio = null;
        foreach (NegotiatedSection section in _sections)
        {
            if (section.OpusPt is not { } opus || section.AnswerDirection == SdpDirection.Inactive)
            {
                continue;
            }

            bool red = section.RedPt is not null && (audio is not { } before || (before.Red && before.Opus == opus));
            audio = new AudioOffer(red, opus);
        }

        return audio;
    }

    private static Ssrc NewSsrc(IRandomSource random)
    {
        Span<byte> bytes = stackalloc byte[4];
        random.Fill(bytes);
        return new Ssrc(BinaryPrimitives.ReadUInt32BigEndian(bytes));
    }

    // RFC 3711 §3.3.1: not so high that the first packets, lost or late, could straddle a rollover.
    private static SequenceNumber NewSequence(IRandomSource random)
    {
        Span<byte> bytes = stackalloc byte[2];
        random.Fill(bytes);
        return new SequenceNumber((ushort)(BinaryPrimitives.ReadUInt16BigEndian(bytes) & 0x7FFF));
    }
}
