using System.Text;
using Wardline.Rtc;
using Wardline.Rtc.Rtp;
using Wardline.Sfu.Layers;
using Wardline.Sfu.Sessions;

namespace Wardline.Sfu.Forwarding;

/// <summary>
/// One m-section that a client receives on: its own SSRCs for its whole life, whoever is forwarded in it.
/// </summary>
internal sealed class Subscription
{
    /// <summary>Packets that carry the MID after a change, until the receiver surely knows the SSRC.</summary>
    private const int PacketsWithMid = 50;

    private int _withMid = PacketsWithMid;

    public Subscription(Downlink downlink, string mid, bool isVideo, MediaFormat format, Ssrc ssrc, Ssrc rtxSsrc, SequenceNumber first, SequenceNumber firstRtx)
    {
        Downlink = downlink;
        Mid = mid;
        IsVideo = isVideo;
        Format = format;
        Ssrc = ssrc;
        RtxSsrc = rtxSsrc;
        RtxSequence = firstRtx;
        Switcher = new Switcher(isVideo, isVideo ? 90_000 : 48_000, first);
        Retransmissions = isVideo ? new RetransmissionLog() : null;
        Plan = BuildPlan(null);
    }

    public Downlink Downlink { get; }

    public string Mid { get; }

    public bool IsVideo { get; }

    public MediaFormat Format { get; private set; }

    public Ssrc Ssrc { get; }

    public Ssrc RtxSsrc { get; }

    public SequenceNumber RtxSequence { get; private set; }

    /// <summary>Whose source this m-section is for; it may not be published (yet).</summary>
    public ParticipantId Publisher { get; private set; }

    public TrackSource Source { get; private set; }

    /// <summary>What is forwarded; null while nobody publishes it.</summary>
    public PublishedTrack? Track { get; private set; }

    public Switcher Switcher { get; }

    public RetransmissionLog? Retransmissions { get; }

    public RtpExtensionPlan Plan { get; private set; }

    public RateMeter Rate { get; } = new();

    public uint PacketCount { get; private set; }

    public uint OctetCount { get; private set; }

    /// <summary>When a packet last left; SRs are sent for streams that flow.</summary>
    public Instant LastSentAt { get; private set; } = Moments.LongAgo;

    public Instant? ReportedAt { get; set; }

    public Allocation.SubscriptionDemand Demand { get; } = new();

    public bool Closed { get; private set; }

    /// <summary>The client wants something on this m-section.</summary>
    public bool IsAssigned { get; private set; }

    public int ClockRate => IsVideo ? 90_000 : 48_000;

    /// <summary>The client named another source for this m-section, or negotiated other numbers.</summary>
    public void Assign(ParticipantId publisher, TrackSource source, in MediaFormat format)
    {
        bool sameSource = IsAssigned && publisher == Publisher && source == Source;
        IsAssigned = true;
        Publisher = publisher;
        Source = source;
        Format = format;
        if (!sameSource)
        {
            Attach(null);
        }

        Plan = BuildPlan(Track);
        _withMid = PacketsWithMid;
    }

    /// <summary>What is forwarded from now on; the stream itself goes on (docs/design/forwarding.md, 1.6).</summary>
    public void Attach(PublishedTrack? track)
    {
        if (ReferenceEquals(track, Track))
        {
            return;
        }

        Track?.Remove(this);
        Switcher.ForgetPublisher();
        Track = track;
        track?.Add(this);
        Plan = BuildPlan(track);
        _withMid = PacketsWithMid;
        Demand.Reset();
        if (!IsVideo && track?.Layers[0] is { Closed: false } audio)
        {
            Switcher.SetTarget(audio);
        }
    }

    /// <summary>The m-section is not used now; numbers and SSRCs stay for the next time.</summary>
    public void Suspend()
    {
        IsAssigned = false;
        Attach(null);
    }

    public void Close()
    {
        Suspend();
        Closed = true;
    }

    /// <summary>The receiver's payload type for a packet, 0 when it has none.</summary>
    public byte PayloadTypeFor(in PacketInfo packet) => IsVideo ? Format.Vp8 : packet.IsRed ? Format.Red : Format.Opus;

    public bool TakeMidOmission() => _withMid == 0 || _withMid-- == 0;

    public SequenceNumber TakeRtxSequence()
    {
        SequenceNumber taken = RtxSequence;
        RtxSequence = taken.Next;
        return taken;
    }

    public void OnSent(int payloadBytes, int wireBytes, bool retransmission, Instant now)
    {
        Rate.Add(wireBytes, now);
        if (retransmission)
        {
            return;
        }

        PacketCount++;
        OctetCount += (uint)payloadBytes;
        LastSentAt = now;
    }

    private RtpExtensionPlan BuildPlan(PublishedTrack? track)
    {
        // The numbers come from the offer of a stranger: one that is used twice is used once.
        byte transportCc = Format.TransportCcExtension;
        byte mid = Encoding.ASCII.GetByteCount(Mid) <= 16 && Format.MidExtension != transportCc ? Format.MidExtension : (byte)0;
        byte sendTime = transportCc == 0 && Format.AbsSendTimeExtension != mid ? Format.AbsSendTimeExtension : (byte)0;
        byte level = Format.AudioLevelExtension;
        byte levelIn = track?.Format.AudioLevelExtension ?? 0;
        bool keepsLevel = !IsVideo && level != 0 && levelIn != 0 && level != transportCc && level != mid && level != sendTime;
        return keepsLevel
            ? new RtpExtensionPlan(mid, Encoding.ASCII.GetBytes(Mid), transportCc, sendTime, new RtpExtensionMapping(levelIn, level))
            : new RtpExtensionPlan(mid, Encoding.ASCII.GetBytes(Mid), transportCc, sendTime);
    }
}
