namespace Wardline.Vault.KeyRing;

/// <summary>A key of a tenant in memory, or why it is not there.</summary>
internal readonly record struct HeldKey(WrappedKey Wrapped, SecretBytes? Key, VaultException? Failure);

/// <summary>The keys of a tenant as they were at one moment. Never changes; the next moment is another one.</summary>
internal sealed class TenantKeys(Kept<TenantRecord> kept, IReadOnlyList<HeldKey> keys)
{
    public string Tenant => Record.Tenant;

    public TenantRecord Record => kept.Record;

    public long Revision => kept.Revision;

    public IReadOnlyList<HeldKey> Keys => keys;

    public static WrappedKey Newest(TenantRecord record, string purpose) =>
        record.Keys.Where(k => k.Purpose == purpose).MaxBy(k => k.Version) ?? throw RingErrors.UnknownVersion(record.Tenant, purpose, 1);

    /// <exception cref="VaultException"><c>vault.key-version</c>, or why the key could not be unwrapped.</exception>
    public SecretBytes Get(string purpose, int version)
    {
        foreach (HeldKey held in keys)
        {
            if (held.Wrapped.Version == version && held.Wrapped.Purpose == purpose)
            {
                return held.Key ?? throw Again(held.Failure!);
            }
        }

        throw RingErrors.UnknownVersion(Tenant, purpose, version);
    }

    /// <summary>The newest version that is settled and can be used; the first one needs no settling, as nobody was before it.</summary>
    public int Writing(string purpose, DateTimeOffset now, TimeSpan settleAfter)
    {
        HeldKey best = default;
        foreach (HeldKey held in keys)
        {
            bool settled = held.Wrapped.Version == 1 || held.Wrapped.Created + settleAfter <= now;
            if (held.Wrapped.Purpose == purpose && settled && (best.Wrapped is null || Better(held, best)))
            {
                best = held;
            }
        }

        return best.Wrapped is null ? throw RingErrors.UnknownVersion(Tenant, purpose, 1) : best.Key is null ? throw Again(best.Failure!) : best.Wrapped.Version;

        static bool Better(in HeldKey a, in HeldKey b) => (a.Key is null) == (b.Key is null) ? a.Wrapped.Version > b.Wrapped.Version : a.Key is not null;
    }

    /// <exception cref="VaultException"><c>vault.erased</c>.</exception>
    public void EnsureAlive(string? patient)
    {
        if (Record.Erased is not null)
        {
            throw RingErrors.Erased(Tenant, null);
        }

        if (patient is not null && Record.Erasing.Any(e => e.Patient == patient))
        {
            throw RingErrors.Erased(Tenant, patient);
        }
    }

    // One failure is told to many callers: each gets an exception of its own.
    private static VaultException Again(VaultException failure) => new(failure.Code, failure.Message, failure);
}
