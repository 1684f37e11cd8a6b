using System.Collections.Concurrent;
using Wardline.Vault.BlobStores;

namespace Wardline.Vault.SignedUrls;

/// <summary>Takes back every URL of a kind that was minted before. One of <see cref="Url"/>, <see cref="Person"/> and <see cref="Blob"/> is set.</summary>
public sealed record UrlRevocation
{
    private UrlRevocation(string tenant, DateTimeOffset at) => (Tenant, At) = (tenant, at);

    public string Tenant { get; }

    /// <summary>URLs minted until then are taken back, and until <see cref="UrlSigner.Skew"/> later: another node's clock may be ahead.</summary>
    public DateTimeOffset At { get; }

    /// <summary>One URL, by its identifier.</summary>
    public string? Url { get; private init; }

    /// <summary>All URLs of a person.</summary>
    public string? Person { get; private init; }

    /// <summary>All URLs of an object.</summary>
    public BlobName? Blob { get; private init; }

    public static UrlRevocation OfUrl(string tenant, string id, DateTimeOffset at) => new(tenant, at) { Url = id };

    public static UrlRevocation OfPerson(string tenant, string person, DateTimeOffset at) => new(tenant, at) { Person = person };

    public static UrlRevocation OfBlob(string tenant, BlobName blob, DateTimeOffset at) => new(tenant, at) { Blob = blob };
}

/// <summary>
/// What was taken back, for as long as a URL lives. It knows of nothing from before it began, so a URL from before that is not
/// good any more: nobody gets by a restart what was taken from him. Thread-safe.
/// </summary>
/// <param name="knownSince">when this list began: now, or earlier when every revocation since then is added again.</param>
public sealed class UrlRevocations(TimeProvider time, DateTimeOffset? knownSince = null)
{
    private readonly ConcurrentDictionary<(string Tenant, string Kind, string Of), (DateTimeOffset At, long Stamp)> _revoked = new();
    private long _swept = time.GetTimestamp();

    /// <summary>URLs minted before are refused.</summary>
    public DateTimeOffset KnownSince { get; } = knownSince ?? time.GetUtcNow();

    /// <summary>Kept in mind now.</summary>
    public int Count => _revoked.Count;

    public void Add(UrlRevocation revocation)
    {
        (string, string, string) of = revocation switch
        {
            { Url: { } id } => (revocation.Tenant, "url", id),
            { Person: { } person } => (revocation.Tenant, "person", person),
            { Blob: { } blob } => (revocation.Tenant, "blob", blob.ToString()),
            _ => throw new ArgumentException("A revocation is of a URL, a person or an object.", nameof(revocation)),
        };
        long stamp = time.GetTimestamp();
        _revoked.AddOrUpdate(of, (revocation.At, stamp), (_, old) => (old.At > revocation.At ? old.At : revocation.At, stamp));
        Sweep(stamp);
    }

    internal bool IsRevoked(string tenant, string id, string person, BlobName blob, DateTimeOffset issued)
    {
        return Covers("url", id) || Covers("person", person) || Covers("blob", blob.ToString());

        bool Covers(string kind, string of) => _revoked.TryGetValue((tenant, kind, of), out (DateTimeOffset At, long) entry) && issued <= entry.At + UrlSigner.Skew;
    }

    private void Sweep(long stamp)
    {
        // By the clock that nobody sets: what is forgotten too early is not taken back any more.
        TimeSpan alive = UrlSigner.Lifetime + (2 * UrlSigner.Skew);
        if (time.GetElapsedTime(Interlocked.Read(ref _swept), stamp) < alive)
        {
            return;
        }

        Interlocked.Exchange(ref _swept, stamp);
        foreach (((string, string, string) of, (DateTimeOffset, long Stamp) entry) in _revoked)
        {
            if (time.GetElapsedTime(entry.Stamp, stamp) >= alive)
            {
                _revoked.TryRemove(KeyValuePair.Create(of, entry));
            }
        }
    }
}
