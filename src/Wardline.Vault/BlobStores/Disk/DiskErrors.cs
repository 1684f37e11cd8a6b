namespace Wardline.Vault.BlobStores.Disk;

/// <summary>What the operating system says, as a code of the vault.</summary>
internal static class DiskErrors
{
    public static VaultException From(Exception thrown) => thrown switch
    {
        VaultException coded => coded,
        UnauthorizedAccessException => StoreErrors.Denied(thrown),

        // errno: EFBIG, ENOSPC, EDQUOT; EROFS
        IOException { HResult: 27 or 28 or 122 } => StoreErrors.Full(thrown),
        IOException { HResult: 30 } => StoreErrors.Denied(thrown),
        _ => StoreErrors.Away(thrown),
    };

    /// <summary>What a file operation throws; anything else is a mistake of ours and passes as it is.</summary>
    public static bool IsOfTheDisk(Exception thrown) => thrown is IOException or UnauthorizedAccessException;
}
