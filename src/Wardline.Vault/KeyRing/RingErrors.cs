namespace Wardline.Vault.KeyRing;

/// <summary>Why a key is not to be had.</summary>
internal static class RingErrors
{
    public const string ErasedCode = "vault.erased";

    public static VaultException UnknownTenant(string tenant) => new("vault.tenant-unknown", $"There are no keys of tenant {tenant}.");

    public static VaultException UnknownPatient(string tenant, string patient) =>
        new("vault.patient-unknown", $"There is no key of patient {patient} of tenant {tenant}: nothing was ever sealed for them.");

    public static VaultException Erased(string tenant, string? patient) => new(
        ErasedCode, patient is null ? $"Tenant {tenant} was erased: its keys are destroyed." : $"Patient {patient} of tenant {tenant} was erased: their key is destroyed.");

    public static VaultException UnknownVersion(string tenant, string purpose, int version) =>
        new("vault.key-version", $"Tenant {tenant} has no {purpose} key of version {version} here.");

    public static VaultException Damaged(string what, Exception? inner = null) =>
        new("vault.key-store-damaged", $"The record of {what} is not what was written.", inner);

    public static VaultException Contended(string tenant) =>
        new("vault.key-store-busy", $"The keys of tenant {tenant} are being changed all the time by others.");

    public static VaultException Closed() => new("vault.key-gone", "The key ring is closed.");

    /// <summary>What the operating system says about the files of a key store.</summary>
    public static VaultException OfStore(Exception thrown) => thrown is IOException { HResult: 27 or 28 or 122 } // EFBIG, ENOSPC, EDQUOT
        ? new("vault.key-store-full", "There is no room to keep wrapped keys.", thrown)
        : new("vault.key-store-away", $"The key store cannot be read or written: {thrown.Message}", thrown);
}
