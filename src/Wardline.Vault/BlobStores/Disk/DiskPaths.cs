using System.Security.Cryptography;
using System.Text;

namespace Wardline.Vault.BlobStores.Disk;

/// <summary>
/// Where a blob lies below the root:
/// <code>
///   new/4f1c…                                   being written; what a crash left there is taken away at the next start
///   blobs/default/recordings/~3a/~f1/4Vt0c…     default/recordings/4Vt0c…
/// </code>
/// The two folders with a tilde are the first bytes of the name's SHA-256, so that no folder grows without bound. No part of
/// a name can have a tilde, so a part and such a folder are never the same.
/// </summary>
internal sealed class DiskPaths(string root)
{
    public string Root { get; } = root;

    public string New { get; } = Path.Combine(root, "new");

    public string Blobs { get; } = Path.Combine(root, "blobs");

    public string NewFile() => Path.Combine(New, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));

    public string Of(BlobName name) => Path.Combine([Blobs, .. Steps(name)]);

    /// <summary>Folders and file below <see cref="Blobs"/>.</summary>
    public static string[] Steps(BlobName name)
    {
        byte[] hash = SHA256.HashData(Encoding.ASCII.GetBytes(name.ToString()));
        return [.. name.Parts.SkipLast(1), $"~{hash[0]:x2}", $"~{hash[1]:x2}", name.Parts[^1]];
    }

    /// <summary>The name of what lies at these steps; null when no blob lies so.</summary>
    public static BlobName? NameAt(IReadOnlyList<string> steps) =>
        BlobName.TryParse(string.Join('/', steps.Where(s => !s.StartsWith('~'))), out BlobName? name) && Steps(name).SequenceEqual(steps, StringComparer.Ordinal)
            ? name
            : null;
}
