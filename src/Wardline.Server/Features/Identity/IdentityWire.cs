using System.Text.Json;
using System.Text.Json.Serialization;
using Wardline.Server.Features.Visits;

namespace Wardline.Server.Features.Identity;

// docs/protocol.md §1, POST /api/identity/link
internal sealed record LinkRequest(string Visit, string Secret);

internal sealed record LinkAnswer(LinkPerson Person, string Visit);

internal sealed record LinkPerson(string Id, string Name, Role Role);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, MaxDepth = 8, AllowDuplicateProperties = false, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, Converters = [typeof(RoleJson)])]
[JsonSerializable(typeof(LinkRequest))]
[JsonSerializable(typeof(LinkAnswer))]
internal sealed partial class IdentityJson : JsonSerializerContext;
