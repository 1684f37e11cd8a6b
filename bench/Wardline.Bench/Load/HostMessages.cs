using System.Text.Json;
using System.Text.Json.Serialization;

namespace Wardline.Bench.Load;

/// <param name="Publisher">Whose it is, when it is subscribed to.</param>
internal sealed record HostSection(string Mid, bool Video, int Publisher);

/// <summary>One line to the host of the media engine.</summary>
/// <param name="Verb">open, join, offer or stats.</param>
internal sealed record HostRequest(string Verb)
{
    public int Session { get; init; }

    public int Participant { get; init; }

    /// <summary>How many a new session has room for.</summary>
    public int Participants { get; init; }

    public string Sdp { get; init; } = "";

    public IReadOnlyList<HostSection> Publish { get; init; } = [];

    public IReadOnlyList<HostSection> Subscribe { get; init; } = [];
}

/// <summary>One line back.</summary>
internal sealed record HostAnswer
{
    /// <summary>Of the new session or participant.</summary>
    public int Number { get; init; }

    public string? Sdp { get; init; }

    /// <summary>What has been counted since the process began: managed bytes allocated, packets dropped by reason.</summary>
    public Dictionary<string, long>? Counts { get; init; }

    public string? Error { get; init; }
}

internal static class LoadJson
{
    public const string AllocatedBytes = "allocatedBytes";

    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };
}
