using System.Runtime.Versioning;
using System.Security.Cryptography;
using Wardline.Vault.BlobStores.Disk;
using Wardline.Vault.Fields;

namespace Wardline.Vault.KeySources;

/// <summary>
/// A key-encryption key in a file, for development: whoever reads that file and the wrapped keys reads everything, so there
/// are no two roles. It is not opened in production.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class FileKeySource : IKeySource
{
    private const UnixFileMode Others = ~(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    private readonly Lock _one = new();
    private readonly Xaes256Gcm _cipher;

    private FileKeySource(byte[] key)
    {
        // Not the key and not half of it: a digest tells two files apart.
        Id = $"file:{Convert.ToHexStringLower(SHA256.HashData([.. "wardline.vault/file-key-id/1"u8, .. key]).AsSpan(0, 8))}";
        _cipher = new Xaes256Gcm(key);
    }

    public string Id { get; }

    /// <summary>Reads the key, or draws and keeps one when the file is not there.</summary>
    /// <param name="production">whether this instance serves real patients.</param>
    /// <exception cref="VaultException">
    /// <c>vault.file-source-in-production</c>; <c>vault.key-file-open</c>: others than its owner can read the file;
    /// <c>vault.key-file-damaged</c>: it does not hold 32 bytes; <c>vault.key-source-away</c>: it cannot be read or written.
    /// </exception>
    public static FileKeySource Open(string path, bool production)
    {
        if (production)
        {
            throw new VaultException("vault.file-source-in-production", "In production the key-encryption key stands in an HSM (PKCS#11) or a key service, never in a file.");
        }

        byte[]? key = null;
        try
        {
            key = File.Exists(path) ? Read(path) : Create(path);
            return new FileKeySource(key);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw SourceErrors.Away($"The key file {path}", failure.Message, failure);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    public ValueTask<byte[]> WrapAsync(ReadOnlyMemory<byte> key, KeyContext context, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        byte[] wrapped = new byte[key.Length + Xaes256Gcm.OverheadBytes];
        lock (_one)
        {
            _cipher.Seal(key.Span, context.ToBytes(), wrapped);
        }

        return ValueTask.FromResult(wrapped);
    }

    public ValueTask<byte[]> UnwrapAsync(ReadOnlyMemory<byte> wrapped, KeyContext context, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        byte[] key = new byte[Math.Max(0, wrapped.Length - Xaes256Gcm.OverheadBytes)];
        lock (_one)
        {
            return _cipher.TryOpen(wrapped.Span, context.ToBytes(), key) ? ValueTask.FromResult(key) : throw SourceErrors.Wrapped(Id);
        }
    }

    public ValueTask<KeySourceHealth> CheckAsync(CancellationToken cancel) => KeySourceHealth.TryAsync(this, cancel);

    public ValueTask DisposeAsync()
    {
        _cipher.Dispose();
        return ValueTask.CompletedTask;
    }

    private static byte[] Read(string path)
    {
        if ((File.GetUnixFileMode(path) & Others) != UnixFileMode.None)
        {
            throw new VaultException("vault.key-file-open", $"Others than its owner can read {path}: chmod 600, and take another key.");
        }

        byte[] key = File.ReadAllBytes(path);
        if (key.Length == Xaes256Gcm.KeyBytes)
        {
            return key;
        }

        CryptographicOperations.ZeroMemory(key);
        throw new VaultException("vault.key-file-damaged", $"{path} holds {key.Length} bytes and not the {Xaes256Gcm.KeyBytes} of a key.");
    }

    // Whole or not at all: written beside, made durable, then named. Of two starts at once one gives its key the name, and
    // both use that.
    private static byte[] Create(string path)
    {
        DiskFiles files = new();
        path = Path.GetFullPath(path);
        string folder = Path.GetDirectoryName(path)!;
        string draft = Path.Combine(folder, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}");
        byte[] key = RandomNumberGenerator.GetBytes(Xaes256Gcm.KeyBytes);
        try
        {
            files.CreateFolder(folder);
            using (FileStream file = files.CreateFile(draft))
            {
                file.Write(key);
                files.Sync(file);
            }

            if (!files.TryLink(draft, path))
            {
                CryptographicOperations.ZeroMemory(key);
                key = Read(path);
            }

            files.SyncFolder(folder);
            return key;
        }
        finally
        {
            files.Delete(draft);
        }
    }
}
