using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Wardline.Vault.SignedUrls;

/// <summary>A secret of 32 bytes that the keys of URLs are derived from, and what it is called in them.</summary>
/// <param name="Id">1 to 16 small letters and digits.</param>
public sealed record UrlRoot(string Id, ReadOnlyMemory<byte> Secret)
{
    // A record would print the secret.
    public override string ToString() => Id;
}

/// <summary>
/// The keys that URLs are signed with. Each period has its own, derived (HKDF-SHA-256) from the root and the number of the
/// period since 1970; so they turn by themselves, at the same moment on every node, and an old one is of no use: a key opens
/// URLs only as long as one that it signed can still be alive. A root that is not given any more kills its URLs at once.
/// </summary>
public sealed class UrlKeys
{
    private const int KeyBytes = 32;

    private readonly IReadOnlyList<UrlRoot> _roots;
    private readonly TimeSpan _turnEvery;

    /// <param name="roots">the first one signs; the others still open.</param>
    /// <param name="turnEvery">how long one key signs: 5 minutes to 90 days.</param>
    public UrlKeys(IReadOnlyList<UrlRoot> roots, TimeSpan turnEvery)
    {
        if (roots.Count == 0 || roots.DistinctBy(r => r.Id).Count() != roots.Count || roots.Any(r => r.Secret.Length != KeyBytes || !IsId(r.Id)))
        {
            throw new ArgumentException("Roots have 32 bytes, and identifiers of 1 to 16 small letters and digits that differ.", nameof(roots));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(turnEvery, TimeSpan.FromMinutes(5));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(turnEvery, TimeSpan.FromDays(90));
        _roots = roots;
        _turnEvery = turnEvery;
    }

    /// <summary>The key that signs now.</summary>
    internal UrlKey Current(DateTimeOffset now)
    {
        UrlRoot root = _roots[0];
        return Derive(root, Period(now));
    }

    /// <summary>The key of this name; null when there is none, or when nothing that it signed can be alive.</summary>
    internal UrlKey? Find(string id, DateTimeOffset now)
    {
        string[] parts = id.Split('.');
        return parts.Length == 2 && _roots.FirstOrDefault(r => r.Id == parts[0]) is { } root &&
            long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long period) &&
            period >= Period(now - UrlSigner.Lifetime) && period <= Period(now + UrlSigner.Skew)
            ? Derive(root, period)
            : null;
    }

    private static bool IsId(string id) => id.Length is > 0 and <= 16 && id.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c));

    private long Period(DateTimeOffset at) => at.UtcTicks / _turnEvery.Ticks - (DateTimeOffset.UnixEpoch.UtcTicks / _turnEvery.Ticks);

    private static UrlKey Derive(UrlRoot root, long period)
    {
        string id = string.Create(CultureInfo.InvariantCulture, $"{root.Id}.{period}");
        byte[] keys = HKDF.DeriveKey(HashAlgorithmName.SHA256, root.Secret.ToArray(), 2 * KeyBytes, salt: [], info: Encoding.ASCII.GetBytes($"wardline url 1\n{id}"));
        return new UrlKey(id, keys[..KeyBytes], keys[KeyBytes..]);
    }
}

/// <param name="Id">as it stands in a URL.</param>
/// <param name="Sign">HMAC key of the signature.</param>
/// <param name="Hold">HMAC key of the holder's mark.</param>
internal sealed record UrlKey(string Id, byte[] Sign, byte[] Hold);
