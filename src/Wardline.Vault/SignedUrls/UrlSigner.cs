using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Wardline.Vault.BlobStores;

namespace Wardline.Vault.SignedUrls;

/// <summary>
/// URLs that give one object to one person for one purpose for five minutes (README.md of this folder: what is signed, and
/// against whom that holds). Thread-safe.
/// </summary>
public sealed class UrlSigner(UrlKeys keys, UrlRevocations revocations, TimeProvider time)
{
    /// <summary>Of every URL.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    /// <summary>How far the clock of the node that minted may be ahead of the one that checks.</summary>
    public static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    /// <summary>How soon after it was made a decision is used.</summary>
    public static readonly TimeSpan DecisionLife = TimeSpan.FromSeconds(10);

    private readonly UrlClock _clock = new(time, Lifetime + Skew);

    /// <summary>Mints a URL for what was decided.</summary>
    /// <exception cref="VaultException">
    /// <c>vault.url-no-access</c>: the decision was to deny; <c>vault.url-stale-decision</c>: it is older than <see cref="DecisionLife"/>, or from the future.
    /// </exception>
    public SignedUrl Mint(AccessDecision decision)
    {
        ArgumentNullException.ThrowIfNull(decision);
        if (!decision.IsPermitted)
        {
            throw new VaultException("vault.url-no-access", $"{decision.Rule} does not permit this.");
        }

        DateTimeOffset now = _clock.Now();
        if (decision.DecidedAt < now - DecisionLife || decision.DecidedAt > now + Skew)
        {
            throw new VaultException("vault.url-stale-decision", $"The decision of {decision.DecidedAt:O} is not one of now: access has to be decided again.");
        }

        Expect(decision.Holder);
        UrlKey key = keys.Current(now);
        long issued = now.ToUnixTimeMilliseconds();
        UrlFields fields = new(
            key.Id,
            Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(UrlFields.IdBytes)),
            issued,
            issued + (long)Lifetime.TotalMilliseconds,
            Text(decision.Purpose),
            Base64Url.EncodeToString(Mark(key, decision.Holder)));
        byte[] signature = Sign(key, fields, decision.Holder.Tenant, decision.Blob);
        return new SignedUrl(fields.Id, decision.Blob, fields.Signed(signature), DateTimeOffset.FromUnixTimeMilliseconds(fields.ExpiresMs));
    }

    /// <summary>Checks a URL that somebody presents. Never throws for what is in it.</summary>
    /// <param name="blob">what the path names.</param>
    /// <param name="query">behind the question mark, as it was sent.</param>
    /// <param name="purpose">what the endpoint serves.</param>
    /// <param name="holder">who is signed in where the request comes from.</param>
    public UrlVerdict Check(BlobName blob, string? query, UrlPurpose purpose, UrlHolder holder)
    {
        ArgumentNullException.ThrowIfNull(blob);
        Expect(holder);

        // 1. Is it one at all, and signed by a key that can have signed it?
        if (UrlFields.Read(query, out byte[] signature) is not { } fields)
        {
            return UrlVerdict.Refused("vault.url-malformed", id: null);
        }

        DateTimeOffset now = _clock.Now();
        if (keys.Find(fields.Key, now) is not { } key)
        {
            return UrlVerdict.Refused("vault.url-key", fields.Id);
        }

        // 2. Is it for this object of this tenant, as it was minted? Everything below was signed.
        if (!CryptographicOperations.FixedTimeEquals(Sign(key, fields, holder.Tenant, blob), signature))
        {
            return UrlVerdict.Refused("vault.url-signature", fields.Id);
        }

        // 3. For this purpose, now, and for whoever presents it?
        DateTimeOffset issued = DateTimeOffset.FromUnixTimeMilliseconds(fields.IssuedMs);
        DateTimeOffset expires = DateTimeOffset.FromUnixTimeMilliseconds(fields.ExpiresMs);
        if (fields.Purpose != Text(purpose))
        {
            return UrlVerdict.Refused("vault.url-purpose", fields.Id);
        }

        if (now >= expires || expires - issued > Lifetime)
        {
            return UrlVerdict.Refused("vault.url-expired", fields.Id);
        }

        if (issued > now + Skew)
        {
            return UrlVerdict.Refused("vault.url-early", fields.Id);
        }

        if (!CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Base64Url.EncodeToString(Mark(key, holder))), Encoding.ASCII.GetBytes(fields.Mark)))
        {
            return UrlVerdict.Refused("vault.url-holder", fields.Id);
        }

        // 4. Was it taken back? Whether it was before this list began, nobody knows.
        if (issued < revocations.KnownSince)
        {
            return UrlVerdict.Refused("vault.url-forgotten", fields.Id);
        }

        return revocations.IsRevoked(holder.Tenant, fields.Id, holder.Person, blob, issued)
            ? UrlVerdict.Refused("vault.url-revoked", fields.Id)
            : UrlVerdict.Valid(fields.Id, expires);
    }

    private static string Text(UrlPurpose purpose) => purpose switch
    {
        UrlPurpose.Playback => "playback",
        UrlPurpose.Download => "download",
        UrlPurpose.Export => "export",
        _ => throw new ArgumentOutOfRangeException(nameof(purpose)),
    };

    private static byte[] Sign(UrlKey key, UrlFields fields, string tenant, BlobName blob) =>
        HMACSHA256.HashData(key.Sign, Encoding.ASCII.GetBytes($"wardline url 1\n{tenant}\n{blob}\n{fields.Unsigned}"));

    /// <summary>Says who, without saying it to anybody who has no key.</summary>
    private static byte[] Mark(UrlKey key, UrlHolder holder)
    {
        byte[] person = Encoding.UTF8.GetBytes(holder.Person);
        byte[] session = Encoding.UTF8.GetBytes(holder.Session);
        byte[] said = new byte[4 + person.Length + session.Length];
        BinaryPrimitives.WriteInt32BigEndian(said, person.Length);
        person.CopyTo(said, 4);
        session.CopyTo(said, 4 + person.Length);
        return HMACSHA256.HashData(key.Hold, said)[..UrlFields.MarkBytes];
    }

    private static void Expect(UrlHolder holder)
    {
        ArgumentNullException.ThrowIfNull(holder);
        if (holder.Tenant.Length is 0 or > 64 || !holder.Tenant.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') || holder.Person.Length == 0 || holder.Session.Length == 0)
        {
            throw new ArgumentException("A holder has a tenant of letters, digits, '-' and '_', a person and a session.", nameof(holder));
        }
    }
}

/// <param name="Code">Null when it is good; else why it is not, for the audit trail and for the page.</param>
/// <param name="Id">of the URL, when it could be read.</param>
public sealed record UrlVerdict(string? Code, string? Id, DateTimeOffset? ExpiresAt)
{
    public bool IsValid => Code is null;

    internal static UrlVerdict Refused(string code, string? id) => new(code, id, null);

    internal static UrlVerdict Valid(string id, DateTimeOffset expires) => new(null, id, expires);
}
