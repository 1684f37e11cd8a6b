using Wardline.Vault.Fields;

namespace Wardline.Vault.KeyRing;

/// <summary>
/// One drawn key a patient, wrapped under the tenant's <see cref="KeyPurpose.Patients"/> key and kept in a record of its own:
/// destroyed, nothing of that patient opens any more.
/// </summary>
internal sealed class PatientKeys(RingStore store, TenantCache tenants, KeyRingOptions options, TimeProvider time) : IDisposable
{
    private readonly PatientCache _cache = new(options.PatientsInMemory);

    /// <param name="create">draw a key when there is none yet.</param>
    /// <exception cref="VaultException"><c>vault.erased</c>, <c>vault.patient-unknown</c>, <c>vault.wrapped-key</c>.</exception>
    public ValueTask<SecretBytes> GetAsync(TenantKeys tenant, string patient, bool create, CancellationToken cancel)
    {
        VaultNames.Check("patient", patient);
        tenant.EnsureAlive(patient);
        return _cache.TryGet(tenant.Tenant, patient, out PatientCache.Entry entry) && time.GetElapsedTime(entry.AskedAt) < options.RefreshAfter
            ? ValueTask.FromResult(entry.Key)
            : AskAsync(tenant, patient, create, cancel);
    }

    /// <summary>Wipes the key of an erased patient (null: of all of the tenant), also from under whoever is reading it now.</summary>
    public void Erase(string tenant, string? patient) => _cache.Erase(tenant, patient);

    public void Dispose() => _cache.Clear();

    /// <summary>Wraps one patient's key under the newest wrapping key. False when it is already, or there is no key.</summary>
    public async ValueTask<bool> RewrapAsync(TenantKeys tenant, string patient, CancellationToken cancel)
    {
        int newest = TenantKeys.Newest(tenant.Record, KeyPurpose.Patients).Version;
        for (int tries = 0; tries < 100; tries++)
        {
            if (await store.ReadPatientAsync(tenant.Tenant, patient, cancel) is not { Record: { Wrapped: not null } record } kept || record.WrappedUnder == newest)
            {
                return false;
            }

            using SecretBytes key = Unwrap(tenant, record);
            if (await store.TryWriteAsync(Wrap(tenant, patient, newest, key), kept.Revision, cancel))
            {
                return true;
            }
        }

        throw RingErrors.Contended(tenant.Tenant);
    }

    private async ValueTask<SecretBytes> AskAsync(TenantKeys tenant, string patient, bool create, CancellationToken cancel)
    {
        for (int tries = 0; tries < 100; tries++)
        {
            long asked = time.GetTimestamp();
            int erasures = _cache.Erasures;
            if (await store.ReadPatientAsync(tenant.Tenant, patient, cancel) is { } kept)
            {
                if (await HoldAsync(tenant, patient, kept, asked, erasures, cancel) is { } key)
                {
                    return key;
                }

                continue; // somebody was erased while this was read
            }

            _cache.Drop(tenant.Tenant, patient);
            if (!create)
            {
                throw RingErrors.UnknownPatient(tenant.Tenant, patient);
            }

            // Whoever is first has made the key; everybody reads it again.
            using SecretBytes drawn = SecretBytes.Draw(KeyDerivation.KeyBytes);
            PatientRecord made = Wrap(tenant, patient, TenantKeys.Newest(tenant.Record, KeyPurpose.Patients).Version, drawn);
            if (await store.TryWriteAsync(made, replaces: 0, cancel))
            {
                tenant = await EnsureNotBehindAsync(made, drawn, cancel);
            }
        }

        throw RingErrors.Contended(tenant.Tenant);
    }

    private async ValueTask<SecretBytes?> HoldAsync(TenantKeys tenant, string patient, Kept<PatientRecord> kept, long asked, int erasures, CancellationToken cancel)
    {
        if (kept.Record.Erased is not null)
        {
            _cache.Drop(tenant.Tenant, patient);
            throw RingErrors.Erased(tenant.Tenant, patient);
        }

        if (!_cache.TryGet(tenant.Tenant, patient, out PatientCache.Entry known) || known.Revision != kept.Revision)
        {
            // Another server may have turned the wrapping key a moment ago.
            if (!tenant.Record.Keys.Any(k => k.Purpose == KeyPurpose.Patients && k.Version == kept.Record.WrappedUnder))
            {
                tenant = await tenants.ReloadAsync(tenant.Tenant, cancel);
                tenant.EnsureAlive(patient);
            }

            known = new(tenant.Tenant, patient, Unwrap(tenant, kept.Record), kept.Revision, asked);
        }

        return _cache.TryPut(known with { AskedAt = asked }, erasures);
    }

    // While this key was being made the wrapping key may have been turned, and the work that wraps the others anew may be past
    // this patient. It turned before this look at it, and the key is wrapped anew here; or it turns after it, and the work finds it.
    private async ValueTask<TenantKeys> EnsureNotBehindAsync(PatientRecord made, SecretBytes key, CancellationToken cancel)
    {
        for (int tries = 0; tries < 100; tries++)
        {
            TenantKeys now = await tenants.ReloadAsync(made.Tenant, cancel);
            now.EnsureAlive(made.Patient);
            int newest = TenantKeys.Newest(now.Record, KeyPurpose.Patients).Version;
            if (made.WrappedUnder == newest)
            {
                return now;
            }

            if (await store.ReadPatientAsync(made.Tenant, made.Patient, cancel) is not { Record: { Wrapped: { } wrapped } record } kept ||
                record.WrappedUnder != made.WrappedUnder || !wrapped.AsSpan().SequenceEqual(made.Wrapped))
            {
                return now; // somebody has been there since
            }

            made = Wrap(now, made.Patient, newest, key);
            if (await store.TryWriteAsync(made, kept.Revision, cancel))
            {
                return now;
            }
        }

        throw RingErrors.Contended(made.Tenant);
    }

    private static PatientRecord Wrap(TenantKeys tenant, string patient, int version, SecretBytes key)
    {
        using SecretBytes wrapping = KeyDerivation.Derive(tenant.Get(KeyPurpose.Patients, version), KeyDerivation.PatientWrap, tenant.Tenant);
        using Xaes256Gcm cipher = new(wrapping.Span);
        byte[] wrapped = new byte[KeyDerivation.KeyBytes + Xaes256Gcm.OverheadBytes];
        cipher.Seal(key.Span, Binding(tenant.Tenant, patient), wrapped);
        key.EnsureNotWiped();
        return new(Format: 1, tenant.Tenant, patient, version, wrapped, Erased: null);
    }

    private static SecretBytes Unwrap(TenantKeys tenant, PatientRecord record)
    {
        using SecretBytes wrapping = KeyDerivation.Derive(tenant.Get(KeyPurpose.Patients, record.WrappedUnder), KeyDerivation.PatientWrap, tenant.Tenant);
        using Xaes256Gcm cipher = new(wrapping.Span);
        SecretBytes key = new(KeyDerivation.KeyBytes);
        return record.Wrapped!.Length == KeyDerivation.KeyBytes + Xaes256Gcm.OverheadBytes && cipher.TryOpen(record.Wrapped, Binding(tenant.Tenant, record.Patient), key.Span)
            ? key
            : throw RingErrors.Damaged($"patient {record.Patient} of tenant {tenant.Tenant}");
    }

    private static byte[] Binding(string tenant, string patient)
    {
        Span<byte> binding = stackalloc byte[256];
        return binding[..KeyDerivation.WriteContext(binding, KeyDerivation.PatientWrap, tenant, patient)].ToArray();
    }
}
