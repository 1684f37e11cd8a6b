using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Wardline.Server.Platform;

/// <summary>Reads the small JSON bodies of the API: bounded in size and depth, and never by throwing.</summary>
internal static class ApiJson
{
    private const int MaxBodyBytes = 4096;

    /// <returns>Null when the body is missing, too large, of another media type, or not of this shape.</returns>
    public static async Task<T?> ReadAsync<T>(HttpRequest request, JsonTypeInfo<T> type, CancellationToken cancel)
        where T : class
    {
        if (!request.HasJsonContentType() || request.ContentLength > MaxBodyBytes)
        {
            return null;
        }

        byte[] buffer = new byte[MaxBodyBytes + 1];
        int length = await request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancel);
        if (length > MaxBodyBytes)
        {
            return null;
        }

        return Parse(buffer.AsSpan(0, length), type);
    }

    internal static T? Parse<T>(ReadOnlySpan<byte> utf8, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(utf8, type);
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return null; // InvalidOperationException: half a surrogate pair in an escape
        }
    }
}
