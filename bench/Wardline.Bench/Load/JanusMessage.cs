using System.Text.Json;

namespace Wardline.Bench.Load;

/// <summary>What Janus answers: to a request at once, or later as an event that carries the request's transaction.</summary>
/// <param name="Kind">success, ack, event, error, keepalive, webrtcup, …</param>
/// <param name="Id">Of the session or handle that was made; 0: none.</param>
/// <param name="Error">In words; null: none.</param>
/// <param name="Sdp">Of the offer or answer that came along; null: none.</param>
/// <param name="PublisherId">What the room calls a participant that has joined; 0: it does not say.</param>
internal sealed record JanusMessage(string Kind, string? Transaction, ulong Id, string? Error, string? Sdp, ulong PublisherId)
{
    /// <exception cref="LoadException">It is not JSON, or not of Janus.</exception>
    public static JanusMessage Parse(string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return Of(document.RootElement);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new LoadException($"Janus said something else than its API promises: {json[..Math.Min(json.Length, 200)]}");
        }
    }

    /// <summary>Of a long poll: one event, or a list of them.</summary>
    /// <exception cref="LoadException">It is not JSON, or not of Janus.</exception>
    public static IReadOnlyList<JanusMessage> ParseEvents(string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Array ? [.. document.RootElement.EnumerateArray().Select(Of)] : [Of(document.RootElement)];
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new LoadException($"Janus said something else than its API promises: {json[..Math.Min(json.Length, 200)]}");
        }
    }

    private static JanusMessage Of(JsonElement message)
    {
        JsonElement plugin = Member(Member(message, "plugindata"), "data");
        string? error = Member(message, "error") is { ValueKind: JsonValueKind.Object } outer
            ? $"{outer.GetProperty("code").GetInt32()} {outer.GetProperty("reason").GetString()}"
            : Member(plugin, "error").ValueKind == JsonValueKind.String ? $"{Member(plugin, "error_code")} {Member(plugin, "error").GetString()}" : null;
        return new JanusMessage(
            message.GetProperty("janus").GetString()!,
            Member(message, "transaction") is { ValueKind: JsonValueKind.String } transaction ? transaction.GetString() : null,
            Number(Member(Member(message, "data"), "id")),
            error,
            Member(Member(message, "jsep"), "sdp") is { ValueKind: JsonValueKind.String } sdp ? sdp.GetString() : null,
            Number(Member(plugin, "id")));
    }

    private static JsonElement Member(JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out JsonElement member) ? member : default;

    private static ulong Number(JsonElement element) => element.ValueKind == JsonValueKind.Number ? element.GetUInt64() : 0;
}
