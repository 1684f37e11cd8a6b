using System.Text.Json;
using System.Text.Json.Serialization;

namespace Wardline.Server.Features.Visits;

// docs/protocol.md §1, GET /api/visits/{visit}
internal sealed record VisitAnswer(string Id, string Type, string Status, DateTimeOffset StartsAt, IReadOnlyList<VisitPerson> People, VisitYou You, VisitE2ee E2ee);

internal sealed record VisitPerson(string Name, Role Role);

internal sealed record VisitYou(string Id, string Name, Role Role);

internal sealed record VisitE2ee(bool Required);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, Converters = [typeof(RoleJson)])]
[JsonSerializable(typeof(VisitAnswer))]
internal sealed partial class VisitsJson : JsonSerializerContext;

/// <summary>Roles are lower case on the wire.</summary>
internal sealed class RoleJson() : JsonStringEnumConverter<Role>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);
