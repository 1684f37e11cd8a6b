using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Wardline.Vault.KeyRing;

/// <summary>A record as the ring works with it, and the revision that a change replaces.</summary>
internal readonly record struct Kept<T>(T Record, long Revision)
    where T : class;

/// <summary>Records of an <see cref="IKeyStore"/>, read and written as what they are.</summary>
internal sealed class RingStore(IKeyStore store)
{
    public async ValueTask<Kept<TenantRecord>?> ReadTenantAsync(string tenant, CancellationToken cancel) =>
        await ReadAsync(tenant, null, RingJson.Default.TenantRecord, r => r.Format == 1 && r.Tenant == tenant && r.Keys.All(IsWhole), cancel);

    public async ValueTask<Kept<PatientRecord>?> ReadPatientAsync(string tenant, string patient, CancellationToken cancel) =>
        await ReadAsync(tenant, patient, RingJson.Default.PatientRecord, r => r.Format == 1 && r.Tenant == tenant && r.Patient == patient && r.Wrapped is null == r.Erased is not null, cancel);

    public ValueTask<bool> TryWriteAsync(TenantRecord record, long replaces, CancellationToken cancel) =>
        store.TryWriteAsync(record.Tenant, null, JsonSerializer.SerializeToUtf8Bytes(record, RingJson.Default.TenantRecord), replaces, cancel);

    public ValueTask<bool> TryWriteAsync(PatientRecord record, long replaces, CancellationToken cancel) =>
        store.TryWriteAsync(record.Tenant, record.Patient, JsonSerializer.SerializeToUtf8Bytes(record, RingJson.Default.PatientRecord), replaces, cancel);

    public IAsyncEnumerable<string> TenantsAsync(CancellationToken cancel) => store.TenantsAsync(cancel);

    public IAsyncEnumerable<string> PatientsAsync(string tenant, string? after, CancellationToken cancel) => store.PatientsAsync(tenant, after, cancel);

    /// <summary>Reads, changes and writes a tenant's record, again while others are first. <paramref name="change"/> returns null for "leave it".</summary>
    /// <returns>The record as it is now.</returns>
    public async ValueTask<Kept<TenantRecord>> ChangeTenantAsync(string tenant, Func<TenantRecord, ValueTask<TenantRecord?>> change, CancellationToken cancel)
    {
        for (int tries = 0; tries < 100; tries++)
        {
            Kept<TenantRecord> kept = await ReadTenantAsync(tenant, cancel) ?? throw RingErrors.UnknownTenant(tenant);
            TenantRecord? changed = await change(kept.Record);
            if (changed is null)
            {
                return kept;
            }

            if (await TryWriteAsync(changed, kept.Revision, cancel))
            {
                return await ReadTenantAsync(tenant, cancel) ?? throw RingErrors.UnknownTenant(tenant);
            }
        }

        throw RingErrors.Contended(tenant);
    }

    private static bool IsWhole(WrappedKey key) =>
        key is { Version: >= 1, Purpose.Length: > 0, Source.Length: > 0, Wrapped.Length: > 0, Check.Length: KeyDerivation.CheckBytes };

    private async ValueTask<Kept<T>?> ReadAsync<T>(string tenant, string? patient, JsonTypeInfo<T> type, Predicate<T> right, CancellationToken cancel)
        where T : class
    {
        if (await store.ReadAsync(tenant, patient, cancel) is not { } found)
        {
            return null;
        }

        string what = patient is null ? $"tenant {tenant}" : $"patient {patient} of tenant {tenant}";
        try
        {
            return JsonSerializer.Deserialize(found.Content.Span, type) is { } record && right(record) ? new(record, found.Revision) : throw RingErrors.Damaged(what);
        }
        catch (JsonException failure)
        {
            throw RingErrors.Damaged(what, failure);
        }
    }
}
