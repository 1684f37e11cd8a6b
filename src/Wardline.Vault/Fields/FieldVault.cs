using Wardline.Vault.KeyRing;

namespace Wardline.Vault.Fields;

/// <summary>
/// Where fields are sealed, opened and found again. Waiting for keys and working with them are apart: a scope or an index is
/// got once for a piece of work (waiting for store and key source only when its keys are not in memory), then works without.
/// </summary>
public sealed class FieldVault(VaultKeyRing ring)
{
    /// <summary>The fields that are about one patient. Erasing them makes all of these unreadable.</summary>
    /// <exception cref="VaultException"><c>vault.erased</c>, <c>vault.tenant-unknown</c>, <c>vault.name</c>; the key source's; the store's.</exception>
    public async ValueTask<FieldScope> ForPatientAsync(string tenant, string patient, CancellationToken cancel) =>
        new(await ring.ScopeAsync(tenant, patient, create: true, cancel));

    /// <summary>The fields of a tenant that are about no patient (a clinician's name).</summary>
    /// <inheritdoc cref="ForPatientAsync"/>
    public async ValueTask<FieldScope> ForTenantAsync(string tenant, CancellationToken cancel) =>
        new(await ring.ScopeAsync(tenant, null, create: false, cancel));

    /// <summary>The blind indexes of a tenant.</summary>
    /// <inheritdoc cref="ForPatientAsync"/>
    public async ValueTask<BlindIndex> IndexAsync(string tenant, CancellationToken cancel) => new(await ring.TenantAsync(tenant, cancel));
}
