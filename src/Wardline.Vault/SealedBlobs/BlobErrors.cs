namespace Wardline.Vault.SealedBlobs;

/// <summary>Why a blob does not open. Bytes that do not belong together are told apart only where that helps to find the cause.</summary>
internal static class BlobErrors
{
    public static VaultException Header() => new("vault.blob-header", "This does not begin as a sealed blob does.");

    public static VaultException Segment(long segment) => new(
        "vault.blob-segment",
        $"Segment {segment} of the blob does not authenticate: it was changed or stands in another place, or key or associated data are not those that it was sealed with.");

    public static VaultException Truncated() => new("vault.blob-truncated", "The blob ends before its last segment.");

    public static VaultException TooLong() => new("vault.blob-too-long", "A sealed blob has at most 2³² segments.");
}
