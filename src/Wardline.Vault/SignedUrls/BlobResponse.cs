using System.Globalization;

namespace Wardline.Vault.SignedUrls;

/// <summary>
/// How an object is given to whoever may have it: status, headers, and which of its bytes. Nothing on the way may keep it, no
/// other site may embed it, and a browser does not run what is in it.
/// </summary>
/// <param name="Status">200, 206 or 416; 403 for a URL that was refused.</param>
/// <param name="From">the first plain byte of the body.</param>
/// <param name="Count">bytes of the body; a HEAD request has the same headers and none of them.</param>
public sealed record BlobResponse(int Status, long From, long Count, IReadOnlyList<KeyValuePair<string, string>> Headers)
{
    private static readonly KeyValuePair<string, string>[] Always =
    [
        KeyValuePair.Create("Cache-Control", "no-store, private"),
        KeyValuePair.Create("Content-Security-Policy", "default-src 'none'; sandbox"),
        KeyValuePair.Create("Cross-Origin-Resource-Policy", "same-origin"),
        KeyValuePair.Create("Referrer-Policy", "no-referrer"),
        KeyValuePair.Create("X-Content-Type-Options", "nosniff"),
    ];

    /// <param name="length">plain bytes of the object.</param>
    /// <param name="range">the Range header, if there is one.</param>
    /// <param name="ifRange">the If-Range header: an object has no validators, so with it there is no range.</param>
    public static BlobResponse For(UrlPurpose purpose, string contentType, long length, string? range = null, string? ifRange = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        RangeRequest asked = ifRange is null ? RangeRequest.Read(range, length) : RangeRequest.All(length);
        List<KeyValuePair<string, string>> headers = [.. Always, KeyValuePair.Create("Accept-Ranges", "bytes")];
        if (!asked.IsSatisfiable)
        {
            // RFC 9110 §15.5.17
            headers.Add(KeyValuePair.Create("Content-Range", string.Create(CultureInfo.InvariantCulture, $"bytes */{length}")));
            headers.Add(KeyValuePair.Create("Content-Length", "0"));
            return new BlobResponse(416, 0, 0, headers);
        }

        headers.Add(KeyValuePair.Create("Content-Type", contentType));
        headers.Add(KeyValuePair.Create("Content-Disposition", purpose == UrlPurpose.Playback ? "inline" : "attachment"));
        headers.Add(KeyValuePair.Create("Content-Length", asked.Count.ToString(CultureInfo.InvariantCulture)));
        if (!asked.IsPartial)
        {
            return new BlobResponse(200, 0, length, headers);
        }

        // RFC 9110 §15.3.7
        headers.Add(KeyValuePair.Create("Content-Range", string.Create(CultureInfo.InvariantCulture, $"bytes {asked.From}-{asked.From + asked.Count - 1}/{length}")));
        return new BlobResponse(206, asked.From, asked.Count, headers);
    }

    /// <summary>The same for every reason: which one it was is for the audit trail, and for the page's message.</summary>
    public static BlobResponse Refused() => new(403, 0, 0, Always);
}

/// <summary>What a Range header asks for (RFC 9110 §14.2). One range, or everything: several at once nobody needs who plays or saves a file.</summary>
internal readonly record struct RangeRequest(bool IsSatisfiable, bool IsPartial, long From, long Count)
{
    private const string Unit = "bytes=";

    public static RangeRequest All(long length) => new(IsSatisfiable: true, IsPartial: false, 0, length);

    /// <summary>Never throws. What is no range is as if it were not there (RFC 9110 §14.2).</summary>
    public static RangeRequest Read(string? header, long length)
    {
        if (header is null || !header.StartsWith(Unit, StringComparison.OrdinalIgnoreCase))
        {
            return All(length);
        }

        ReadOnlySpan<char> range = header.AsSpan(Unit.Length).Trim(" \t");
        int dash = range.IndexOf('-');
        if (dash < 0 || !TryNumber(range[..dash], out long? first) || !TryNumber(range[(dash + 1)..], out long? last) || (first is null && last is null) || first > last)
        {
            return All(length);
        }

        if (first is null)
        {
            // The last so many bytes.
            long count = Math.Min(last!.Value, length);
            return last == 0 ? default : length == 0 ? All(0) : new RangeRequest(IsSatisfiable: true, IsPartial: true, length - count, count);
        }

        return first >= length
            ? default
            : new RangeRequest(IsSatisfiable: true, IsPartial: true, first.Value, Math.Min(last ?? long.MaxValue, length - 1) - first.Value + 1);
    }

    /// <summary>Digits, or nothing. A number that is too long for us is a long one all the same.</summary>
    private static bool TryNumber(ReadOnlySpan<char> text, out long? number)
    {
        number = null;
        if (text.IsEmpty)
        {
            return true;
        }

        if (text.ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        number = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : long.MaxValue;
        return true;
    }
}
