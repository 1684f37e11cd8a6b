using System.Text.Json;
using System.Text.Json.Serialization;

namespace Wardline.Client.Signaling;

// The records of docs/protocol.md, flat as on the wire: what a type does not have is null and not written.

public sealed record SignalRequest(string Type)
{
    public int? Id { get; init; }

    public HelloKeys? E2ee { get; init; }

    public string? Sdp { get; init; }

    public IReadOnlyList<PublishSlot>? Publish { get; init; }

    public IReadOnlyList<SubscribeSlot>? Subscribe { get; init; }

    public IReadOnlyList<ViewSlot>? Slots { get; init; }

    public bool? Microphone { get; init; }

    public bool? Camera { get; init; }

    public string? To { get; init; }

    public string? Body { get; init; }

    public string? Participant { get; init; }

    public long? T { get; init; }
}

/// <summary>Base64url without padding: 65 bytes and 32 bytes.</summary>
public sealed record HelloKeys(string PublicKey, string Commitment);

public sealed record PublishSlot(string Mid, string Source);

public sealed record SubscribeSlot(string Mid, string Participant, string Source);

/// <summary>Device pixels; 0 × 0 is hidden.</summary>
public sealed record ViewSlot(string Mid, int Width, int Height);

public sealed record SignalEvent(string Type)
{
    public int? Re { get; init; }

    public int? Protocol { get; init; }

    public WelcomeVisit? Visit { get; init; }

    public WelcomeYou? You { get; init; }

    public bool? Resumed { get; init; }

    public string? Profile { get; init; }

    /// <summary>Of a welcome.</summary>
    public WelcomeE2ee? E2ee { get; init; }

    public WelcomeIdle? Idle { get; init; }

    public string? State { get; init; }

    public long? Version { get; init; }

    public IReadOnlyList<RosterEntry>? Participants { get; init; }

    public string? Sdp { get; init; }

    public string? Reason { get; init; }

    public string? From { get; init; }

    public string? Body { get; init; }

    public IReadOnlyList<ReceivedQuality>? Received { get; init; }

    public int? EstimateKbps { get; init; }

    public double? LossPercent { get; init; }

    public string? Level { get; init; }

    public int? SecondsLeft { get; init; }

    public string? Code { get; init; }

    public string? Message { get; init; }

    public long? T { get; init; }

    /// <summary>Annotations keep nulls out of members, not out of lists.</summary>
    internal bool IsWhole => Participants?.All(p => p is not null && p.Tracks?.All(t => t is not null) != false) != false && Received?.All(r => r is not null) != false;
}

public sealed record WelcomeVisit(string Id, string Type);

public sealed record WelcomeYou(string Participant, string Name, string Role);

public sealed record WelcomeE2ee(bool Required, double RotateSeconds);

public sealed record WelcomeIdle(double EndSeconds, double WarnSeconds);

public sealed record RosterEntry(string Participant, string Name, string Role, string State, long JoinedSeq, RosterKeys? E2ee = null, IReadOnlyList<RosterTrack>? Tracks = null);

public sealed record RosterKeys(int Member, string PublicKey, string Commitment);

public sealed record RosterTrack(string Source, bool On);

public sealed record ReceivedQuality(string Mid, string? Layer = null, int Kbps = 0);

internal sealed record LinkRequest(string Visit, string Secret);

internal sealed record LinkAnswer(LinkPerson Person, string Visit);

internal sealed record LinkPerson(string Id, string Name, string Role);

internal sealed record JoinRequest(string Instance);

internal sealed record JoinAnswer(string Ticket, int ExpiresInSeconds, string Socket);

internal sealed record TurnRequest(string Reason);

internal sealed record TurnAnswer(IReadOnlyList<IceServer> IceServers, int ExpiresInSeconds);

/// <summary>A relay and what opens it (draft-uberti-behave-turn-rest-00); <see cref="Credential"/> is a secret.</summary>
public sealed record IceServer(IReadOnlyList<string> Urls, string? Username = null, string? Credential = null)
{
    public override string ToString() => string.Join(' ', Urls);
}

internal sealed record Problem(string? Code = null, string? Title = null, string? Detail = null);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, MaxDepth = 16,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SignalRequest))]
[JsonSerializable(typeof(SignalEvent))]
[JsonSerializable(typeof(LinkRequest))]
[JsonSerializable(typeof(LinkAnswer))]
[JsonSerializable(typeof(JoinRequest))]
[JsonSerializable(typeof(JoinAnswer))]
[JsonSerializable(typeof(TurnRequest))]
[JsonSerializable(typeof(TurnAnswer))]
[JsonSerializable(typeof(Problem))]
internal sealed partial class SignalJson : JsonSerializerContext;
