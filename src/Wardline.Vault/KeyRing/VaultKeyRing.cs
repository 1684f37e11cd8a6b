using Wardline.Vault.KeySources;

namespace Wardline.Vault.KeyRing;

/// <summary>
/// The keys of all tenants and patients: README.md of the project tells the life of one. It gives out keys of objects; those
/// of fields stay inside (<see cref="Fields.FieldVault"/>). For many threads at once.
/// </summary>
public sealed class VaultKeyRing : IAsyncDisposable
{
    private readonly TenantCache _tenants;
    private readonly PatientKeys _patients;
    private readonly KeyTurner _turner;
    private readonly Eraser _eraser;
    private readonly KeyCare _care;
    private readonly KeyRingOptions _options;
    private readonly TimeProvider _time;

    private VaultKeyRing(IKeyStore store, KeySourceSet sources, ErasureRecorder onErase, KeyRingOptions options, TimeProvider time)
    {
        RingStore records = new(store);
        (_options, _time) = (options, time);
        _tenants = new(records, sources, options, time);
        _patients = new(records, _tenants, options, time);
        _turner = new(records, sources, options, time);
        _eraser = new(records, _tenants, _patients, onErase, time);
        _care = new(records, _tenants, _turner, _eraser, options, time);
        Administration = new(records, _tenants, _turner, new(records, _tenants, _patients, _turner, sources), _care, sources, options, time);
    }

    /// <summary>For the key administrator, who gets nothing else of this.</summary>
    public KeyAdministration Administration { get; }

    /// <summary>Opens a ring and begins to care for its keys: at once, and every <see cref="KeyRingOptions.CareEvery"/>.</summary>
    /// <param name="sources">stay the caller's.</param>
    /// <param name="onErase">writes an erasure down (the ledger) before its key is destroyed.</param>
    /// <exception cref="VaultException"><c>vault.ring-settings</c>. A source or store that is away is no reason not to open: see <see cref="KeyAdministration.Problems"/>.</exception>
    public static VaultKeyRing Open(IKeyStore store, KeySourceSet sources, ErasureRecorder onErase, TimeProvider time, KeyRingOptions? options = null)
    {
        VaultKeyRing ring = OpenWithoutCare(store, sources, onErase, time, options ?? new());
        ring._care.Start();
        return ring;
    }

    /// <summary>Makes the first keys of a tenant that has none.</summary>
    /// <exception cref="VaultException"><c>vault.erased</c>; the source's; the store's.</exception>
    public ValueTask EnsureTenantAsync(string tenant, CancellationToken cancel)
    {
        VaultNames.Check("tenant", tenant);
        return _turner.EnsureTenantAsync(tenant, cancel);
    }

    /// <summary>A key to seal a new object with; its version has to be kept beside the object.</summary>
    /// <param name="patient">whom the object is about; null when nobody. Erasing them makes it unreadable.</param>
    /// <param name="objectId">1 to 128 bytes in UTF-8; another one is another key.</param>
    public async ValueTask<ObjectKey> NewObjectKeyAsync(string tenant, string? patient, string objectId, CancellationToken cancel)
    {
        KeyScope scope = await ScopeAsync(tenant, patient, create: true, cancel);
        return scope.ObjectKey(objectId, scope.WritingVersion);
    }

    /// <summary>The key that an object was sealed with.</summary>
    /// <exception cref="VaultException"><c>vault.erased</c>, <c>vault.key-version</c>, <c>vault.patient-unknown</c>.</exception>
    public async ValueTask<ObjectKey> ObjectKeyAsync(string tenant, string? patient, string objectId, int version, CancellationToken cancel)
    {
        KeyScope scope = await ScopeAsync(tenant, patient, create: false, cancel);
        if (!scope.Knows(version))
        {
            await _tenants.ReloadAsync(tenant, cancel);
            scope = await ScopeAsync(tenant, patient, create: false, cancel);
        }

        return scope.ObjectKey(objectId, version);
    }

    /// <summary>
    /// Destroys the key of a patient, and with it all that was sealed under it, wherever copies of that are. Done and recorded
    /// when it returns; other servers notice within <see cref="KeyRingOptions.RefreshAfter"/>. Again is no error: a backup of
    /// the key store that was restored is brought up to date by erasing again whoever was erased since.
    /// </summary>
    /// <exception cref="VaultException"><c>vault.erasure-unrecorded</c>: begun, refused from now on, and finished by itself.</exception>
    public ValueTask<Erasure> ErasePatientAsync(string tenant, string patient, CancellationToken cancel) => _eraser.ErasePatientAsync(tenant, patient, cancel);

    /// <summary>Destroys all keys of a tenant.</summary>
    /// <inheritdoc cref="ErasePatientAsync"/>
    public ValueTask<Erasure> EraseTenantAsync(string tenant, CancellationToken cancel) => _eraser.EraseTenantAsync(tenant, cancel);

    public async ValueTask DisposeAsync()
    {
        await _care.DisposeAsync();
        _tenants.Dispose();
        _patients.Dispose();
    }

    /// <summary>For tests that say themselves when keys are cared for.</summary>
    internal static VaultKeyRing OpenWithoutCare(IKeyStore store, KeySourceSet sources, ErasureRecorder onErase, TimeProvider time, KeyRingOptions options)
    {
        options.Validate();
        return new(store, sources, onErase, options, time);
    }

    internal Task CareAsync(CancellationToken cancel) => _care.OnceAsync(cancel);

    /// <param name="create">make the patient's key when there is none.</param>
    internal async ValueTask<KeyScope> ScopeAsync(string tenant, string? patient, bool create, CancellationToken cancel)
    {
        TenantKeys keys = await _tenants.GetAsync(tenant, cancel);
        keys.EnsureAlive(patient);

        // First whether anything could be sealed at all: otherwise nobody is given a key.
        int writing = keys.Writing(KeyPurpose.Data, _time.GetUtcNow(), _options.SettleAfter);
        SecretBytes? own = patient is null ? null : await _patients.GetAsync(keys, patient, create, cancel);
        return new KeyScope(keys, patient, own, writing);
    }

    internal async ValueTask<TenantKeys> TenantAsync(string tenant, CancellationToken cancel)
    {
        TenantKeys keys = await _tenants.GetAsync(tenant, cancel);
        keys.EnsureAlive(null);
        return keys;
    }
}
