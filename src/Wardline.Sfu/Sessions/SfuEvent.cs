using Wardline.Rtc;

namespace Wardline.Sfu;

/// <summary>What a session tells its shell; taken with <see cref="SfuSession.TryTakeEvent"/> after each call.</summary>
/// <param name="Participant">whom it is about.</param>
public abstract record SfuEvent(ParticipantId Participant);

/// <summary>The transport moved on: checking, handshaking, connected, failed, closed.</summary>
public sealed record TransportStateChanged(ParticipantId Participant, TransportState State) : SfuEvent(Participant);

/// <summary>
/// Packets of this participant now come from and go to <paramref name="Address"/> (first path, or the person changed
/// networks). The worker adds it to its address table; older addresses of the participant stay valid until removal.
/// </summary>
public sealed record AddressSelected(ParticipantId Participant, TransportAddress Address) : SfuEvent(Participant);

/// <summary>STUN checks whose USERNAME begins with this ufrag (<c>IceUfrag.Pack</c>) belong to this participant.</summary>
public sealed record UfragAdded(ParticipantId Participant, ulong PackedUfrag) : SfuEvent(Participant);

/// <summary>The ufrag is no longer answered: the participant left, or an ICE restart has replaced it.</summary>
public sealed record UfragRemoved(ParticipantId Participant, ulong PackedUfrag) : SfuEvent(Participant);

/// <summary>The first packet of a published track has come.</summary>
public sealed record TrackStarted(ParticipantId Participant, TrackSource Source) : SfuEvent(Participant);

/// <summary>
/// Once a second for each connected participant that receives something: its downlink as the session sees it.
/// </summary>
/// <param name="EstimateKbps">estimated capacity towards the participant, kbit/s.</param>
/// <param name="LossPercent">0 … 100, of what was sent to it lately.</param>
/// <param name="RoundTripMs">null before the first measurement.</param>
public sealed record DownlinkQuality(
    ParticipantId Participant,
    IReadOnlyList<ReceivedQuality> Received,
    double EstimateKbps,
    double LossPercent,
    double? RoundTripMs,
    QualityLevel Level) : SfuEvent(Participant);

/// <summary>What flows to one m-section: layer <c>q</c>, <c>h</c>, <c>f</c>, or null when nothing does (or audio).</summary>
public sealed record ReceivedQuality(string Mid, string? Layer, double Kbps);

public enum QualityLevel
{
    Good,
    Fair,
    Poor,
}

/// <summary>The participant should offer again, because an answer to it would now be another one.</summary>
/// <param name="Reason"><c>red</c>: the codec preference for audio has changed.</param>
public sealed record RenegotiationWanted(ParticipantId Participant, string Reason) : SfuEvent(Participant);
