using System.Security.Cryptography;

namespace Wardline.Rtc.Dtls;

/// <summary>
/// The hash of a DTLS certificate as SDP carries it (RFC 8122 §5): what ties the media path to the signaling.
/// </summary>
/// <param name="Algorithm"><c>sha-256</c>, <c>sha-384</c> or <c>sha-512</c>, lower case; nothing weaker exists here.</param>
/// <param name="Value">Upper-case hexadecimal bytes with colons: <c>AA:BB:…</c>.</param>
public readonly record struct DtlsFingerprint(string Algorithm, string Value)
{
    public const string Sha256 = "sha-256";

    /// <summary>Bytes of the named hash, 0 when it is unknown or too weak.</summary>
    public static int HashBytes(string algorithm) => algorithm switch
    {
        Sha256 => SHA256.HashSizeInBytes,
        "sha-384" => SHA384.HashSizeInBytes,
        "sha-512" => SHA512.HashSizeInBytes,
        _ => 0,
    };

    /// <summary>The SHA-256 fingerprint of a certificate in DER form.</summary>
    public static DtlsFingerprint Of(ReadOnlySpan<byte> certificateDer)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(certificateDer, hash);
        return new(Sha256, Format(hash));
    }

    /// <summary>Whether a certificate (DER) is the one that this fingerprint names. False for a default value.</summary>
    public bool Matches(ReadOnlySpan<byte> certificateDer)
    {
        Span<byte> hash = stackalloc byte[SHA512.HashSizeInBytes];
        switch (Algorithm)
        {
            case Sha256: hash = hash[..SHA256.HashData(certificateDer, hash)]; break;
            case "sha-384": hash = hash[..SHA384.HashData(certificateDer, hash)]; break;
            case "sha-512": hash = hash[..SHA512.HashData(certificateDer, hash)]; break;
            default: return false;
        }

        return string.Equals(Format(hash), Value, StringComparison.Ordinal);
    }

    /// <summary>Reads the hexadecimal part; upper-cases it (RFC 8122 says upper, some write lower).</summary>
    public static bool TryParse(string algorithm, ReadOnlySpan<char> value, out DtlsFingerprint fingerprint)
    {
        fingerprint = default;
        int bytes = HashBytes(algorithm);
        if (bytes == 0 || value.Length != bytes * 3 - 1)
        {
            return false;
        }

        for (int i = 0; i < value.Length; i++)
        {
            if (i % 3 == 2 ? value[i] != ':' : !char.IsAsciiHexDigit(value[i]))
            {
                return false;
            }
        }

        fingerprint = new(algorithm, value.ToString().ToUpperInvariant());
        return true;
    }

    public override string ToString() => $"{Algorithm} {Value}";

    private static string Format(ReadOnlySpan<byte> hash) =>
        string.Create(hash.Length * 3 - 1, hash, static (text, bytes) =>
        {
            text.Fill(':');
            for (int i = 0; i < bytes.Length; i++)
            {
                bytes[i].TryFormat(text[(i * 3)..], out _, "X2");
            }
        });
}
