using Wardline.Rtc;
using Wardline.Rtc.Sdp;
using Wardline.Sfu.Forwarding;
using Wardline.Sfu.Layers;

namespace Wardline.Sfu.Sessions;

/// <summary>One peer of the session: its transport, what it sends and what it receives.</summary>
internal sealed class Participant : IDisposable
{
    public Participant(ParticipantId id, RtcTransport transport, SfuSessionOptions options, SfuCounters counters, Ssrc reporter, ulong sdpSession)
    {
        Id = id;
        Transport = transport;
        Reporter = reporter;
        SdpSession = sdpSession;
        Uplink = new Uplink(options, Deadline, counters);
        Downlink = new Downlink(transport, options, Deadline, counters);
    }

    public ParticipantId Id { get; }

    public RtcTransport Transport { get; }

    public Deadline Deadline { get; } = new();

    public Uplink Uplink { get; }

    public Downlink Downlink { get; }

    /// <summary>The SSRC under which the server reports to this participant.</summary>
    public Ssrc Reporter { get; }

    /// <summary>RFC 8866 §5.2: the same in all answers, with a rising version.</summary>
    public ulong SdpSession { get; }

    public int SdpVersion { get; set; }

    /// <summary>The offer that was accepted last, as it was agreed on, which the next one is measured by; null before the first.</summary>
    public SdpOffer? LastOffer { get; set; }

    /// <summary>The last offer whose answer the participant has shown to have, by an offer that follows it; null before that.</summary>
    public SdpOffer? SettledOffer { get; set; }

    /// <summary>ICE restarts so far.</summary>
    public int IceGeneration { get; set; }

    /// <summary>What its last offer said about audio; null before the first offer, or without audio.</summary>
    public AudioOffer? Audio { get; set; }

    /// <summary>RED came first in its last answer.</summary>
    public bool AnsweredWithRed { get; set; }

    /// <summary>It has been asked to offer again because of RED, and has not yet.</summary>
    public bool ToldAboutRed { get; set; }

    public bool IsConnected => Transport.State == TransportState.Connected;

    /// <summary>What the shell was last told.</summary>
    public TransportState ToldState { get; set; }

    public TransportAddress? ToldAddress { get; set; }

    /// <summary>The ufrag of before an ICE restart that is still answered; 0 when there is none.</summary>
    public ulong RetiringUfrag { get; set; }

    public Instant NextReport { get; set; } = Instant.Never;

    /// <summary>For asking this publisher again: measured on the way down, or a cautious guess.</summary>
    public TimeSpan RoundTrip => Downlink.Estimator.RoundTrip ?? TimeSpan.FromMilliseconds(100);

    public Instant NextTimeout => Deadline.Of(this);

    /// <summary>Asks everything that has a deadline.</summary>
    public Instant ReckonTimeout() => IsConnected
        ? Instant.Min(Instant.Min(Transport.NextTimeout, NextReport), Instant.Min(Uplink.NextTimeout, Downlink.NextTimeout))
        : Transport.NextTimeout;

    public PublishedTrack? FindTrack(TrackSource source)
    {
        foreach (PublishedTrack track in Uplink.Tracks)
        {
            if (track.Source == source)
            {
                return track;
            }
        }

        return null;
    }

    public void Dispose()
    {
        foreach (PublishedTrack track in Uplink.Tracks)
        {
            track.Close();
        }

        Transport.Dispose();
    }
}

/// <param name="Red">Every audio section offers RED.</param>
/// <param name="Opus">The payload type of Opus, which RED's sealed block headers name.</param>
internal readonly record struct AudioOffer(bool Red, byte Opus);
