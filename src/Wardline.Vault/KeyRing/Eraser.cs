using System.Security.Cryptography;

namespace Wardline.Vault.KeyRing;

/// <summary>Told of an erasure before the key is destroyed, once or, after a crash, once more with the same id. Throws when it cannot be recorded.</summary>
public delegate ValueTask ErasureRecorder(Erasure erasure, CancellationToken cancel);

/// <summary>
/// Destroys keys. Four steps, each durable before the next one:
/// <list type="number">
/// <item>the tenant's record names the erasure: from here on no server gives out the key any more;</item>
/// <item>the recorder has it (the ledger): what cannot be recorded is not destroyed, and stays refused;</item>
/// <item>the key is replaced by the erasure;</item>
/// <item>the tenant's record no longer names it.</item>
/// </list>
/// A crash between two of them leaves an erasure that <see cref="ResumeAsync"/> finishes.
/// </summary>
internal sealed class Eraser(RingStore store, TenantCache tenants, PatientKeys patients, ErasureRecorder record, TimeProvider time)
{
    public async ValueTask<Erasure> ErasePatientAsync(string tenant, string patient, CancellationToken cancel)
    {
        VaultNames.Check("tenant", tenant);
        VaultNames.Check("patient", patient);
        if (await store.ReadPatientAsync(tenant, patient, cancel) is { Record.Erased: { } done })
        {
            await ForgetAsync(done, cancel);
            return done;
        }

        Kept<TenantRecord> kept = await store.ChangeTenantAsync(
            tenant,
            before => before.Erased is not null ? throw RingErrors.Erased(tenant, null)
                : ValueTask.FromResult(before.Erasing.Any(e => e.Patient == patient) ? null : before with { Erasing = [.. before.Erasing, New(tenant, patient)] }),
            cancel);
        return await FinishAsync(kept.Record.Erasing.First(e => e.Patient == patient), cancel);
    }

    public async ValueTask<Erasure> EraseTenantAsync(string tenant, CancellationToken cancel)
    {
        VaultNames.Check("tenant", tenant);
        Kept<TenantRecord> kept = await store.ChangeTenantAsync(
            tenant, before => ValueTask.FromResult(before.Erased is null ? before with { Erased = New(tenant, null) } : null), cancel);
        Erasure erasure = kept.Record.Erased!;
        return kept.Record.Keys.Count == 0 ? erasure : await FinishAsync(erasure, cancel);
    }

    /// <summary>Goes on with what a crash, or a recorder that was away, has left.</summary>
    public async ValueTask ResumeAsync(string tenant, CancellationToken cancel)
    {
        if (await store.ReadTenantAsync(tenant, cancel) is not { Record: { } before })
        {
            return;
        }

        if (before.Erased is { } erased)
        {
            if (before.Keys.Count > 0)
            {
                await FinishAsync(erased, cancel);
            }

            return;
        }

        foreach (Erasure begun in before.Erasing)
        {
            await FinishAsync(begun, cancel);
        }
    }

    private async ValueTask<Erasure> FinishAsync(Erasure erasure, CancellationToken cancel)
    {
        await tenants.ReloadAsync(erasure.Tenant, cancel);
        patients.Erase(erasure.Tenant, erasure.Patient);
        try
        {
            await record(erasure, cancel);
        }
        catch (Exception failure) when (!cancel.IsCancellationRequested)
        {
            throw new VaultException(
                "vault.erasure-unrecorded", "The erasure has begun and nothing opens any more, but it could not be recorded; the key is destroyed when it is.", failure);
        }

        if (erasure.Patient is null)
        {
            await store.ChangeTenantAsync(erasure.Tenant, before => ValueTask.FromResult<TenantRecord?>(before with { Keys = [], Erasing = [] }), cancel);
            await tenants.ReloadAsync(erasure.Tenant, cancel);
            return erasure;
        }

        await DestroyAsync(erasure, cancel);
        await ForgetAsync(erasure, cancel);
        return erasure;
    }

    // A patient of whom nothing was ever sealed is erased too: nothing will be.
    private async ValueTask DestroyAsync(Erasure erasure, CancellationToken cancel)
    {
        PatientRecord erased = new(Format: 1, erasure.Tenant, erasure.Patient!, WrappedUnder: 0, Wrapped: null, erasure);
        for (int tries = 0; tries < 100; tries++)
        {
            Kept<PatientRecord>? kept = await store.ReadPatientAsync(erasure.Tenant, erasure.Patient!, cancel);
            if (kept is { Record.Erased: not null } || await store.TryWriteAsync(erased, kept?.Revision ?? 0, cancel))
            {
                patients.Erase(erasure.Tenant, erasure.Patient);
                return;
            }
        }

        throw RingErrors.Contended(erasure.Tenant);
    }

    private async ValueTask ForgetAsync(Erasure erasure, CancellationToken cancel)
    {
        await store.ChangeTenantAsync(
            erasure.Tenant,
            before => ValueTask.FromResult(before.Erasing.Any(e => e.Patient == erasure.Patient) ? before with { Erasing = [.. before.Erasing.Where(e => e.Patient != erasure.Patient)] } : null),
            cancel);
        await tenants.ReloadAsync(erasure.Tenant, cancel);
    }

    private Erasure New(string tenant, string? patient) =>
        new(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), tenant, patient, DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds()));
}
