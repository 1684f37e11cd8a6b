namespace Wardline.Vault.KeyRing;

/// <summary>How far a piece of work over all keys is.</summary>
/// <param name="Done">keys that need nothing more.</param>
/// <param name="Total">keys there are; new ones may come while the work runs.</param>
public readonly record struct KeyProgress(long Done, long Total);

/// <summary>
/// Work over all keys of the ring. Each key is a step of its own and durable when it is done; stopped anywhere (cancelled, or
/// by a crash) and begun again, the work goes on with what is left, since each record says under what its key is wrapped.
/// </summary>
internal sealed class Rewrapper(RingStore store, TenantCache tenants, PatientKeys patients, KeyTurner turner, KeySources.KeySourceSet sources)
{
    /// <summary>Wraps every tenant key under the current key source. No sealed byte changes.</summary>
    public async ValueTask RewrapAsync(IProgress<KeyProgress>? progress, CancellationToken cancel)
    {
        List<TenantRecord> all = [];
        await foreach (string tenant in store.TenantsAsync(cancel))
        {
            if (await store.ReadTenantAsync(tenant, cancel) is { } kept)
            {
                all.Add(kept.Record);
            }
        }

        long total = all.Sum(r => (long)r.Keys.Count), done = 0;
        progress?.Report(new(done, total));
        foreach (TenantRecord record in all)
        {
            foreach (WrappedKey key in record.Keys)
            {
                cancel.ThrowIfCancellationRequested();
                if (key.Source != sources.Current.Id)
                {
                    await RewrapAsync(record.Tenant, key, cancel);
                }

                progress?.Report(new(++done, total));
            }
        }
    }

    /// <summary>
    /// Turns the key that wraps the patients' keys, wraps all of them anew and destroys its earlier versions: remains of
    /// erased patients' keys in backups or on worn-out blocks of a disk open under none that is left.
    /// </summary>
    public async ValueTask ShredAsync(string tenant, IProgress<KeyProgress>? progress, CancellationToken cancel)
    {
        Kept<TenantRecord> before = await store.ReadTenantAsync(tenant, cancel) ?? throw RingErrors.UnknownTenant(tenant);

        // More than one version: an earlier run was stopped, and goes on.
        if (before.Record.Keys.Count(k => k.Purpose == KeyPurpose.Patients) <= 1)
        {
            await turner.TurnAsync(tenant, KeyPurpose.Patients, onlyIfDue: false, cancel);
        }

        TenantKeys keys = await tenants.ReloadAsync(tenant, cancel);
        keys.EnsureAlive(null);
        int newest = TenantKeys.Newest(keys.Record, KeyPurpose.Patients).Version;
        long total = 0, done = 0;
        await foreach (string _ in store.PatientsAsync(tenant, after: null, cancel))
        {
            total++;
        }

        progress?.Report(new(done, total));
        await foreach (string patient in store.PatientsAsync(tenant, after: null, cancel))
        {
            cancel.ThrowIfCancellationRequested();
            await patients.RewrapAsync(keys, patient, cancel);
            progress?.Report(new(++done, Math.Max(done, total)));
        }

        await store.ChangeTenantAsync(
            tenant,
            record => ValueTask.FromResult<TenantRecord?>(record with { Keys = [.. record.Keys.Where(k => k.Purpose != KeyPurpose.Patients || k.Version >= newest)] }),
            cancel);
        await tenants.ReloadAsync(tenant, cancel);
    }

    private async ValueTask RewrapAsync(string tenant, WrappedKey key, CancellationToken cancel)
    {
        using SecretBytes unwrapped = await tenants.UnwrapAsync(tenant, key, cancel);
        WrappedKey anew = await KeyTurner.WrapAsync(sources.Current, tenant, key.Purpose, key.Version, key.Created, unwrapped, cancel);

        // The key may be gone meanwhile (erased), or have been wrapped anew by another server.
        await store.ChangeTenantAsync(
            tenant,
            record => ValueTask.FromResult(record.Keys.Any(k => IsSame(k, key)) ? record with { Keys = [.. record.Keys.Select(k => IsSame(k, key) ? anew : k)] } : null),
            cancel);
    }

    private static bool IsSame(WrappedKey a, WrappedKey b) => a.Purpose == b.Purpose && a.Version == b.Version && a.Source == b.Source;
}
