using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using Wardline.Vault.BlobStores;

namespace Wardline.Vault.SignedUrls;

/// <summary>A URL that was minted. It is no secret: it is good for nobody but the person and the browser session it was minted for.</summary>
/// <param name="Id">by which it can be revoked, and is known in the audit trail.</param>
/// <param name="Query">what stands behind the question mark.</param>
public sealed record SignedUrl(string Id, BlobName Blob, string Query, DateTimeOffset ExpiresAt)
{
    /// <param name="prefix">the path that the endpoint is mapped to, such as <c>/api/objects/</c>.</param>
    public string PathAndQuery(string prefix) => $"{prefix}{string.Join('/', Blob.Parts.Select(Uri.EscapeDataString))}?{Query}";
}

// v=1 & k=<key> & n=<id> & t=<issued> & e=<expires> & p=<purpose> & h=<holder's mark> & s=<signature>
//
// In this order, nothing else, nothing percent-encoded: one URL has one way to be written.

/// <summary>What stands in the query of a signed URL.</summary>
internal sealed record UrlFields(string Key, string Id, long IssuedMs, long ExpiresMs, string Purpose, string Mark)
{
    public const int IdBytes = 16;
    public const int MarkBytes = 16;
    public const int SignatureBytes = 32;

    /// <summary>More than any real one.</summary>
    private const int MaxLength = 400;

    private static readonly string[] Names = ["v", "k", "n", "t", "e", "p", "h", "s"];

    /// <summary>What is signed, but for what the request itself says.</summary>
    public string Unsigned => string.Create(CultureInfo.InvariantCulture, $"v=1&k={Key}&n={Id}&t={IssuedMs}&e={ExpiresMs}&p={Purpose}&h={Mark}");

    public string Signed(ReadOnlySpan<byte> signature) => $"{Unsigned}&s={Base64Url.EncodeToString(signature)}";

    /// <summary>Reads a query, without its question mark. Never throws.</summary>
    public static UrlFields? Read(string? query, out byte[] signature)
    {
        signature = [];
        if (query is null || query.Length > MaxLength)
        {
            return null;
        }

        string[] parts = query.Split('&');
        if (parts.Length != Names.Length)
        {
            return null;
        }

        string[] values = new string[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!parts[i].StartsWith(Names[i] + "=", StringComparison.Ordinal))
            {
                return null;
            }

            values[i] = parts[i][2..];
        }

        if (values[1].Length is 0 or > 40 || values[5].Length is 0 or > 32 || !values[1].All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '.') || !values[5].All(char.IsAsciiLetterLower) ||
            !long.TryParse(values[3], NumberStyles.None, CultureInfo.InvariantCulture, out long issued) || !long.TryParse(values[4], NumberStyles.None, CultureInfo.InvariantCulture, out long expires) ||
            !IsBytes(values[2], IdBytes, out _) || !IsBytes(values[6], MarkBytes, out _) || !IsBytes(values[7], SignatureBytes, out signature))
        {
            return null;
        }

        UrlFields fields = new(values[1], values[2], issued, expires, values[5], values[6]);
        return fields.Signed(signature) == query ? fields : null;
    }

    /// <summary>Base64url without padding of exactly so many bytes.</summary>
    private static bool IsBytes(string text, int count, out byte[] bytes)
    {
        bytes = [];
        if (text.Length != Base64Url.GetEncodedLength(count) || !text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
        {
            return false;
        }

        bytes = new byte[count];
        return Base64Url.DecodeFromChars(text, bytes, out _, out int written) == OperationStatus.Done && written == count && Base64Url.EncodeToString(bytes) == text;
    }
}
