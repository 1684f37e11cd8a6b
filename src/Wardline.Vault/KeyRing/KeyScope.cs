using System.Text;

namespace Wardline.Vault.KeyRing;

/// <summary>The keys of one patient, or of the tenant itself, at one moment.</summary>
internal sealed class KeyScope(TenantKeys tenant, string? patient, SecretBytes? patientKey, int writingVersion)
{
    private const int LongestObjectId = 128;

    public string Tenant => tenant.Tenant;

    public string? Patient => patient;

    public int WritingVersion => writingVersion;

    public bool Knows(int version) => tenant.Keys.Any(k => k.Wrapped.Version == version && k.Wrapped.Purpose == KeyPurpose.Data);

    /// <summary>The key under which everything of this scope and version is derived; the caller wipes it.</summary>
    /// <exception cref="VaultException"><c>vault.key-version</c>, <c>vault.key-gone</c>, or why the version could not be unwrapped.</exception>
    public SecretBytes Derive(int version, string label, params ReadOnlySpan<string> values)
    {
        SecretBytes tenantKey = tenant.Get(KeyPurpose.Data, version);
        using SecretBytes scope = patientKey is null
            ? KeyDerivation.Derive(tenantKey, KeyDerivation.TenantScope, tenant.Tenant)
            : KeyDerivation.Derive(tenantKey, patientKey, KeyDerivation.PatientScope, tenant.Tenant, patient!);
        return KeyDerivation.Derive(scope, label, values);
    }

    /// <exception cref="VaultException"><c>vault.key-gone</c>: erased or withdrawn since.</exception>
    public void EnsureNotWiped(int version)
    {
        tenant.Get(KeyPurpose.Data, version).EnsureNotWiped();
        patientKey?.EnsureNotWiped();
    }

    public ObjectKey ObjectKey(string objectId, int version)
    {
        if (Encoding.UTF8.GetByteCount(objectId) is 0 or > LongestObjectId)
        {
            throw new VaultException("vault.name", $"The id of an object has 1 to {LongestObjectId} bytes.");
        }

        return new ObjectKey(version, Derive(version, KeyDerivation.Object, objectId));
    }
}

/// <summary>The key of one object (a blob). Wiped when it is disposed of.</summary>
public sealed class ObjectKey : IDisposable
{
    private readonly SecretBytes _key;

    internal ObjectKey(int version, SecretBytes key) => (Version, _key) = (version, key);

    /// <summary>Which version of the tenant's key it came from: kept beside the object, and no secret.</summary>
    public int Version { get; }

    /// <summary>32 bytes of key material, for this object alone.</summary>
    /// <exception cref="VaultException"><c>vault.key-gone</c>: disposed of.</exception>
    public ReadOnlyMemory<byte> Key
    {
        get
        {
            _key.EnsureNotWiped();
            return _key.Memory;
        }
    }

    public void Dispose() => _key.Dispose();
}
