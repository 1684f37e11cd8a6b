using Wardline.Rtc.Dtls;

namespace Wardline.Rtc.Sdp;

/// <summary>
/// What ICE and DTLS need, at session level or in a section. A section inherits from the session what it does not
/// say itself (Firefox writes the fingerprint once, at the top).
/// </summary>
internal sealed class SdpTransportReader
{
    public string? Ufrag { get; private set; }

    public string? Password { get; private set; }

    public DtlsFingerprint? Fingerprint { get; private set; }

    /// <summary>As written; judged for the tagged section.</summary>
    public string? Setup { get; private set; }

    public bool Lite { get; private set; }

    public bool Trickle { get; private set; }

    /// <summary>True when the attribute was one of these; <paramref name="code"/> is then null or why it is refused.</summary>
    public bool TryRead(ReadOnlySpan<char> name, ReadOnlySpan<char> value, out string? code)
    {
        code = null;
        switch (name)
        {
            case "ice-ufrag": Ufrag = value.ToString(); return true;
            case "ice-pwd": Password = value.ToString(); return true;
            case "ice-lite": Lite = true; return true;
            case "ice-options": Trickle |= value.Contains("trickle", StringComparison.Ordinal); return true;
            case "setup": Setup = value.ToString(); return true;
            case "fingerprint": code = ReadFingerprint(value); return true;
            case "crypto" or "key-mgmt": code = SdpCodes.Sdes; return true; // RFC 4568, RFC 4567
            default: return false;
        }
    }

    // RFC 8122 §5: "a=fingerprint:" hash-func SP fingerprint. Several are allowed; the strongest counts, and one that
    // is too weak refuses the offer, since nothing here could ever have a use for it.
    private string? ReadFingerprint(ReadOnlySpan<char> value)
    {
        if (!SdpText.TryWord(ref value, out ReadOnlySpan<char> function))
        {
            return SdpCodes.Malformed;
        }

        string algorithm = function.ToString().ToLowerInvariant();
        int bytes = DtlsFingerprint.HashBytes(algorithm);
        if (bytes == 0)
        {
            return SdpCodes.WeakFingerprint;
        }

        if (!DtlsFingerprint.TryParse(algorithm, value, out DtlsFingerprint fingerprint))
        {
            return SdpCodes.Malformed;
        }

        if (Fingerprint is not { } known || bytes > DtlsFingerprint.HashBytes(known.Algorithm))
        {
            Fingerprint = fingerprint;
        }

        return null;
    }
}
