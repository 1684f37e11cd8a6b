using System.Text.Json;
using System.Text.Json.Serialization;

namespace Wardline.Server.Features.Signaling.Wire;

// docs/protocol.md §1, POST /api/visits/{visit}/join
internal sealed record JoinRequest(string Instance);

internal sealed record JoinAnswer(string Ticket, int ExpiresInSeconds, string Socket);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, MaxDepth = 8, AllowDuplicateProperties = false, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(JoinRequest))]
[JsonSerializable(typeof(JoinAnswer))]
internal sealed partial class JoinJson : JsonSerializerContext;
