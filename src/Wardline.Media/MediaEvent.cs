using Wardline.Rtc;
using Wardline.Sfu;

namespace Wardline.Media;

/// <summary>What a session tells the server, in the order in which it happened.</summary>
public abstract record MediaEvent;

/// <summary>The participant's transport moved on: checking, handshaking, connected, failed, closed.</summary>
public sealed record MediaTransportChanged(ParticipantId Participant, TransportState State) : MediaEvent;

/// <summary>Packets go to another address of the participant: the first one, or a network switch.</summary>
public sealed record MediaPathChanged(ParticipantId Participant, TransportProtocol Protocol) : MediaEvent;

/// <summary>The first packet of a published track has come.</summary>
public sealed record MediaTrackStarted(ParticipantId Participant, TrackSource Source) : MediaEvent;

/// <summary>Once a second for everybody who receives something: how that goes.</summary>
public sealed record MediaDownlinkQuality(DownlinkQuality Quality) : MediaEvent;

/// <summary>The participant should offer again.</summary>
public sealed record MediaRenegotiationWanted(ParticipantId Participant, string Reason) : MediaEvent;

/// <summary>Media arrived within the last second; at most one a second.</summary>
public sealed record MediaActive : MediaEvent;

/// <summary>The session was closed because of an error of our own; nothing works in it any more. The last event.</summary>
public sealed record MediaFaulted : MediaEvent;
