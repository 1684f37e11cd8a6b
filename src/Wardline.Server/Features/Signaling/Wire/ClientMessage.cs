using System.Text.Json;
using Wardline.Server.Features.Signaling.Media;

namespace Wardline.Server.Features.Signaling.Wire;

// docs/protocol.md §2, client → server. Ids are null when the client wants no answer.
internal abstract record ClientMessage(int? Id);

internal sealed record Hello(int? Id, MemberKeys? Keys) : ClientMessage(Id);

internal sealed record Offer(int? Id, string Sdp, IReadOnlyList<PublishedTrack> Publish, IReadOnlyList<Subscription> Subscribe) : ClientMessage(Id);

internal sealed record View(int? Id, IReadOnlyList<MediaView> Slots) : ClientMessage(Id);

internal sealed record MediaSwitches(int? Id, bool Microphone, bool Camera) : ClientMessage(Id);

internal sealed record SealedMessage(int? Id, string To, string Body) : ClientMessage(Id);

internal enum ClinicianAct
{
    Admit,
    Hold,
    Remove,
}

internal sealed record ActOn(int? Id, ClinicianAct Act, string Participant) : ClientMessage(Id);

internal sealed record EndVisit(int? Id) : ClientMessage(Id);

internal sealed record Activity(int? Id) : ClientMessage(Id);

internal sealed record Leave(int? Id) : ClientMessage(Id);

internal sealed record Ping(int? Id, JsonElement T) : ClientMessage(Id);

/// <summary>A member's ephemeral keys, passed on as they came.</summary>
/// <param name="PublicKey">base64url of 65 bytes: an uncompressed P-256 point.</param>
/// <param name="Commitment">base64url of 32 bytes.</param>
internal sealed record MemberKeys(string PublicKey, string Commitment);

internal sealed record Subscription(string Mid, string Participant, TrackSource Source);

/// <summary>Why a message is not taken, in a code of docs/protocol.md.</summary>
internal sealed record SignalError(string Code, string Message)
{
    public static SignalError Malformed { get; } = new("signal.malformed", "The message is not what docs/protocol.md describes.");

    public static SignalError UnknownType { get; } = new("signal.unknown-type", "There is no message of this type.");

    public static SignalError OutOfPlace { get; } = new("signal.out-of-place", "This message does not belong into this state.");

    public static SignalError TooLarge { get; } = new("signal.too-large", "The body is longer than 8,192 characters.");

    public static SignalError Rate { get; } = new("signal.rate", "Too many messages; this one was not looked at.");

    public static SignalError TooManyOffers { get; } = new("signal.rate", "Too many offers; this one was not looked at.");

    public static SignalError TooManySealed { get; } = new("signal.rate", "Too many messages for this participant; this one was not passed on.");

    public static SignalError NotAllowed { get; } = new("signal.not-allowed", "Only a clinician may do this.");

    public static SignalError UnknownParticipant { get; } = new("signal.unknown-participant", "There is no such participant here now.");

    public static SignalError E2eeRequired { get; } = new("e2ee.required", "This visit takes nobody without end-to-end encryption.");

    public static SignalError E2eeMalformed { get; } = new("e2ee.malformed", "The key or the commitment is not of the right shape.");

    /// <summary>Five of these in a row close the socket: the client does not speak this protocol.</summary>
    public bool IsProtocolFault => Code is "signal.malformed" or "signal.unknown-type" or "signal.out-of-place" or "signal.too-large" or "e2ee.malformed";
}
