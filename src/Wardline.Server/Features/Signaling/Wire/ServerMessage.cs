using System.Text.Json;
using System.Text.Json.Serialization;
using Wardline.Server.Features.Signaling.Media;
using Wardline.Server.Features.Visits;

namespace Wardline.Server.Features.Signaling.Wire;

// docs/protocol.md §2, server → client
internal abstract record ServerMessage(string Type)
{
    public byte[] ToUtf8() => JsonSerializer.SerializeToUtf8Bytes(this, SignalJson.Default.GetTypeInfo(GetType())!);
}

internal sealed record Welcome(int Protocol, WelcomeVisit Visit, WelcomeYou You, bool Resumed, WelcomeE2ee E2ee, WelcomeIdle Idle, string Profile) : ServerMessage("welcome");

internal sealed record WelcomeVisit(string Id, string Type);

internal sealed record WelcomeYou(string Participant, string Name, Role Role);

internal sealed record WelcomeE2ee(bool Required, int RotateSeconds);

internal sealed record WelcomeIdle(int EndSeconds, int WarnSeconds);

internal sealed record StateChanged(string State) : ServerMessage("state");

internal sealed record Roster(int Version, IReadOnlyList<RosterEntry> Participants) : ServerMessage("roster");

internal sealed record RosterEntry(string Participant, string Name, Role Role, string State, int JoinedSeq, RosterKeys? E2ee, IReadOnlyList<RosterTrack> Tracks);

internal sealed record RosterKeys(byte Member, string PublicKey, string Commitment);

internal sealed record RosterTrack(TrackSource Source, bool On);

internal sealed record Answer([property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Re, string Sdp) : ServerMessage("answer");

internal sealed record Ok(int Re) : ServerMessage("ok");

internal sealed record Renegotiate(string Reason) : ServerMessage("renegotiate");

internal sealed record PassedOn(string From, string Body) : ServerMessage("e2ee");

internal sealed record Quality(IReadOnlyList<ReceivedTrack> Received, int EstimateKbps, double LossPercent, string Level) : ServerMessage("quality");

internal sealed record IdleWarning(int SecondsLeft) : ServerMessage("idle-warning");

internal sealed record IdleCleared() : ServerMessage("idle-cleared");

internal sealed record Pong(JsonElement T) : ServerMessage("pong");

internal sealed record Error([property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Re, string Code, string Message) : ServerMessage("error");

internal sealed class SourceJson() : JsonStringEnumConverter<TrackSource>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, Converters = [typeof(RoleJson), typeof(SourceJson)])]
[JsonSerializable(typeof(Welcome))]
[JsonSerializable(typeof(StateChanged))]
[JsonSerializable(typeof(Roster))]
[JsonSerializable(typeof(Answer))]
[JsonSerializable(typeof(Ok))]
[JsonSerializable(typeof(Renegotiate))]
[JsonSerializable(typeof(PassedOn))]
[JsonSerializable(typeof(Quality))]
[JsonSerializable(typeof(IdleWarning))]
[JsonSerializable(typeof(IdleCleared))]
[JsonSerializable(typeof(Pong))]
[JsonSerializable(typeof(Error))]
internal sealed partial class SignalJson : JsonSerializerContext;
