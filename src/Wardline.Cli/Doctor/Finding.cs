using System.Text.Json;
using System.Text.Json.Serialization;

namespace Wardline.Cli.Doctor;

internal enum Verdict
{
    Ok,

    /// <summary>Works, but somebody should know.</summary>
    Warning,
    Failed,
}

/// <summary>What one check found.</summary>
/// <param name="Check">udp, tcp, certificate, address, relay, clock, disk or secrets.</param>
/// <param name="Found">What is so, in one sentence.</param>
/// <param name="Advice">What to do; null when nothing has to be done.</param>
internal sealed record Finding(string Check, Verdict Verdict, string Found, string? Advice = null);

internal sealed record Report(bool Healthy, IReadOnlyList<Finding> Findings);

internal sealed class VerdictJson() : JsonStringEnumConverter<Verdict>(JsonNamingPolicy.CamelCase);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true, Converters = [typeof(VerdictJson)])]
[JsonSerializable(typeof(Report))]
[JsonSerializable(typeof(InstanceNote))]
internal sealed partial class DoctorJson : JsonSerializerContext;
