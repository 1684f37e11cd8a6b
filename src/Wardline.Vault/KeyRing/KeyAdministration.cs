using Wardline.Vault.KeySources;

namespace Wardline.Vault.KeyRing;

/// <summary>What a version of a key is used for.</summary>
public enum KeyState
{
    /// <summary>Made a moment ago: read by all, writing soon (<see cref="KeyRingOptions.SettleAfter"/>).</summary>
    Coming,
    Writing,
    Reading,
}

/// <summary>What a key administrator sees of a key: never a byte of it, wrapped or not.</summary>
/// <param name="Purpose"><c>data</c>, <c>patients</c> or <c>index</c>.</param>
/// <param name="NextTurnAt">of the newest data key.</param>
/// <param name="WrappedUnder">the id of a key source.</param>
public sealed record TenantKeyStatus(string Tenant, string Purpose, int Version, KeyState State, DateTimeOffset CreatedAt, DateTimeOffset? NextTurnAt, string WrappedUnder);

/// <summary>
/// The key administrator's side of a key ring: sees ages and sources, turns and re-wraps. It has no way to a key, to a
/// patient's name or to anything sealed.
/// </summary>
public sealed class KeyAdministration
{
    private readonly RingStore _store;
    private readonly TenantCache _tenants;
    private readonly KeyTurner _turner;
    private readonly Rewrapper _rewrapper;
    private readonly KeyCare _care;
    private readonly KeySourceSet _sources;
    private readonly KeyRingOptions _options;
    private readonly TimeProvider _time;

    internal KeyAdministration(RingStore store, TenantCache tenants, KeyTurner turner, Rewrapper rewrapper, KeyCare care, KeySourceSet sources, KeyRingOptions options, TimeProvider time)
    {
        (_store, _tenants, _turner, _rewrapper, _care, _sources, _options, _time) = (store, tenants, turner, rewrapper, care, sources, options, time);
    }

    /// <summary>The id of the key source that wraps what is new.</summary>
    public string CurrentSource => _sources.Current.Id;

    /// <summary>What could not be done and is tried again: a due turn, an erasure, a source that is away or refuses.</summary>
    public IReadOnlyList<KeyProblem> Problems => _care.Problems;

    /// <summary>Asks each key source to wrap and unwrap a throw-away key.</summary>
    public async ValueTask<IReadOnlyList<KeyValuePair<string, KeySourceHealth>>> CheckSourcesAsync(CancellationToken cancel)
    {
        List<KeyValuePair<string, KeySourceHealth>> checks = [];
        foreach (IKeySource source in _sources.All)
        {
            checks.Add(new(source.Id, await source.CheckAsync(cancel)));
        }

        return checks;
    }

    /// <summary>The keys of one tenant, or of all (null), by tenant, purpose and version.</summary>
    public async ValueTask<IReadOnlyList<TenantKeyStatus>> ListAsync(string? tenant, CancellationToken cancel)
    {
        List<TenantKeyStatus> listed = [];
        if (tenant is not null)
        {
            VaultNames.Check("tenant", tenant);
            listed.AddRange(Describe((await _store.ReadTenantAsync(tenant, cancel) ?? throw RingErrors.UnknownTenant(tenant)).Record));
            return listed;
        }

        await foreach (string each in _store.TenantsAsync(cancel))
        {
            if (await _store.ReadTenantAsync(each, cancel) is { } kept)
            {
                listed.AddRange(Describe(kept.Record));
            }
        }

        return listed;
    }

    /// <summary>Makes another version of a tenant's data key, due or not. It writes from <see cref="KeyRingOptions.SettleAfter"/> later.</summary>
    /// <exception cref="VaultException"><c>vault.tenant-unknown</c>, <c>vault.erased</c>, or the key source's.</exception>
    public async ValueTask TurnAsync(string tenant, CancellationToken cancel)
    {
        VaultNames.Check("tenant", tenant);
        await _turner.TurnAsync(tenant, KeyPurpose.Data, onlyIfDue: false, cancel);
        await _tenants.ReloadAsync(tenant, cancel);
    }

    /// <summary>
    /// Wraps every tenant key under the current key source. Cancelled, it stops behind the key that it is at; called again, it
    /// goes on there. When it returns, no key of the ring needs another source.
    /// </summary>
    public ValueTask RewrapAsync(IProgress<KeyProgress>? progress, CancellationToken cancel) => _rewrapper.RewrapAsync(progress, cancel);

    /// <summary>
    /// Makes erasures final for copies of the key store too: see docs/how-to/keys.md. Stops and goes on as
    /// <see cref="RewrapAsync"/> does; <see cref="KeyProgress"/> counts patients.
    /// </summary>
    public ValueTask ShredAsync(string tenant, IProgress<KeyProgress>? progress, CancellationToken cancel)
    {
        VaultNames.Check("tenant", tenant);
        return _rewrapper.ShredAsync(tenant, progress, cancel);
    }

    /// <summary>
    /// Makes another version of a tenant's index key: new rows are indexed under it at once, and look-ups try all versions.
    /// Whoever keeps the rows then indexes all of them anew, and calls <see cref="RetireIndexKeysAsync"/>.
    /// </summary>
    public async ValueTask TurnIndexKeyAsync(string tenant, CancellationToken cancel)
    {
        VaultNames.Check("tenant", tenant);
        await _turner.TurnAsync(tenant, KeyPurpose.Index, onlyIfDue: false, cancel);
        await _tenants.ReloadAsync(tenant, cancel);
    }

    /// <summary>Destroys all index keys but the newest: indexes that were not written anew find nothing any more.</summary>
    public async ValueTask RetireIndexKeysAsync(string tenant, CancellationToken cancel)
    {
        VaultNames.Check("tenant", tenant);
        await _store.ChangeTenantAsync(
            tenant,
            record =>
            {
                int newest = TenantKeys.Newest(record, KeyPurpose.Index).Version;
                return ValueTask.FromResult<TenantRecord?>(record with { Keys = [.. record.Keys.Where(k => k.Purpose != KeyPurpose.Index || k.Version == newest)] });
            },
            cancel);
        await _tenants.ReloadAsync(tenant, cancel);
    }

    private IEnumerable<TenantKeyStatus> Describe(TenantRecord record)
    {
        DateTimeOffset now = _time.GetUtcNow();
        foreach (IGrouping<string, WrappedKey> purpose in record.Keys.GroupBy(k => k.Purpose).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            int newest = purpose.Max(k => k.Version);
            int writing = purpose.Key != KeyPurpose.Data ? newest
                : purpose.Where(k => k.Version == 1 || k.Created + _options.SettleAfter <= now).Select(k => k.Version).DefaultIfEmpty(newest).Max();
            foreach (WrappedKey key in purpose.OrderBy(k => k.Version))
            {
                KeyState state = key.Version == writing ? KeyState.Writing : key.Version > writing ? KeyState.Coming : KeyState.Reading;
                DateTimeOffset? next = key.Version == newest && key.Purpose == KeyPurpose.Data ? key.Created + _options.TurnAfter : null;
                yield return new(record.Tenant, key.Purpose, key.Version, state, key.Created, next, key.Source);
            }
        }
    }
}
