namespace Wardline.Vault.BlobStores;

/// <summary>What every store says in the same words; the codes are those of <see cref="IBlobStore"/>.</summary>
internal static class StoreErrors
{
    public static VaultException Missing(BlobName name) => new("vault.blob-missing", $"There is no blob {name}.");

    public static VaultException Exists(BlobName name) => new("vault.blob-exists", $"There is a blob {name} already.");

    public static VaultException Replaced(BlobName name) => new("vault.blob-replaced", $"Another blob took the name {name} while it was read.");

    public static VaultException Away(Exception? cause = null) => new("vault.store-away", "The blob store cannot be reached, or failed.", cause);

    public static VaultException Slow(TimeSpan limit, Exception? cause = null) => new("vault.store-slow", $"The blob store did not answer within {limit}.", cause);

    public static VaultException Full(Exception? cause = null) => new("vault.store-full", "The blob store has no room.", cause);

    public static VaultException Denied(Exception? cause = null) => new("vault.store-denied", "The blob store does not let us do this.", cause);

    public static VaultException Public(string how) => new("vault.store-public", $"Strangers can read the blob store: {how}. Nothing is kept there.");

    public static VaultException Lied(string how) => new("vault.store-lied", $"The blob store did not keep to what it said: {how}.");
}
