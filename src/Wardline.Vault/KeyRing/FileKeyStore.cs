using System.Runtime.CompilerServices;
using System.Runtime.Versioning;
using Wardline.Vault.BlobStores.Disk;

namespace Wardline.Vault.KeyRing;

/// <summary>
/// Wrapped keys on disk, for one server: a file a record, <c>tenants/{tenant}/keys</c> and
/// <c>tenants/{tenant}/patients/{patient}</c>, none of which is ever written in place.
/// </summary>
/// <remarks>
/// A write is durable, in four steps: whole in a file of <c>new/</c>; synced; renamed over the record; the folder synced. What
/// is renamed and not yet synced could be gone after a power cut, and somebody could have sealed with a key that it held; so
/// nothing is read from a folder whose last sync failed, or that this process has not synced yet.
/// </remarks>
[SupportedOSPlatform("linux")]
public sealed class FileKeyStore : IKeyStore, IDisposable
{
    private const string TenantFile = "keys";

    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly HashSet<string> _durable = new(StringComparer.Ordinal);
    private readonly List<string> _leftOver = [];
    private readonly string _tenants;
    private readonly string _new;
    private readonly IDiskFiles _files;
    private readonly FileStream _lock;

    private FileKeyStore(string folder, IDiskFiles files, FileStream held)
    {
        (_tenants, _new, _files, _lock) = (Path.Combine(folder, "tenants"), Path.Combine(folder, "new"), files, held);
    }

    /// <summary>Opens the store in a folder, which it makes when it is not there.</summary>
    /// <exception cref="VaultException"><c>vault.key-store-in-use</c>: another process has it open; <c>vault.key-store-away</c>, <c>vault.key-store-full</c>.</exception>
    public static FileKeyStore Open(string folder) => Open(folder, new DiskFiles());

    /// <inheritdoc/>
    public async ValueTask<KeyRecord?> ReadAsync(string tenant, string? patient, CancellationToken cancel)
    {
        string path = PathOf(tenant, patient);
        await _one.WaitAsync(cancel);
        try
        {
            return await Task.Run(() => Read(path), cancel);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> TryWriteAsync(string tenant, string? patient, ReadOnlyMemory<byte> content, long replaces, CancellationToken cancel)
    {
        string path = PathOf(tenant, patient);
        await _one.WaitAsync(cancel);
        try
        {
            return await Task.Run(() => TryWrite(path, content, replaces), cancel);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<string> TenantsAsync(CancellationToken cancel) =>
        ListAsync(() => Directory.Exists(_tenants) ? Directory.EnumerateDirectories(_tenants) : [], after: null, cancel);

    /// <inheritdoc/>
    public IAsyncEnumerable<string> PatientsAsync(string tenant, string? after, CancellationToken cancel)
    {
        string folder = Path.GetDirectoryName(PathOf(tenant, "-"))!;
        return ListAsync(() => Directory.Exists(folder) ? Directory.EnumerateFiles(folder) : [], after, cancel);
    }

    public void Dispose()
    {
        _lock.Dispose();
        _one.Dispose();
    }

    internal static FileKeyStore Open(string folder, IDiskFiles files)
    {
        folder = Path.GetFullPath(folder);
        return Guard(() =>
        {
            foreach (string each in (string[])[folder, Path.Combine(folder, "tenants"), Path.Combine(folder, "new")])
            {
                files.CreateFolder(each);
            }

            FileStream held = Hold(Path.Combine(folder, "lock"));
            try
            {
                files.SyncFolder(Path.GetDirectoryName(folder)!);
                files.SyncFolder(folder);
                foreach (string draft in Directory.EnumerateFiles(Path.Combine(folder, "new")))
                {
                    files.Delete(draft);
                }

                return new FileKeyStore(folder, files, held);
            }
            catch
            {
                held.Dispose();
                throw;
            }
        });
    }

    private static FileStream Hold(string path)
    {
        try
        {
            return new FileStream(path, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        }
        catch (IOException taken) when (File.Exists(path))
        {
            throw new VaultException("vault.key-store-in-use", $"Another process has the key store of {path} open.", taken);
        }
    }

    private static T Guard<T>(Func<T> act)
    {
        try
        {
            return act();
        }
        catch (Exception failure) when (DiskErrors.IsOfTheDisk(failure))
        {
            throw RingErrors.OfStore(failure);
        }
    }

    private string PathOf(string tenant, string? patient)
    {
        VaultNames.Check("tenant", tenant);
        if (patient is null)
        {
            return Path.Combine(_tenants, tenant, TenantFile);
        }

        VaultNames.Check("patient", patient);
        return Path.Combine(_tenants, tenant, "patients", patient);
    }

    private KeyRecord? Read(string path) => Guard(() =>
    {
        string folder = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(folder))
        {
            return (KeyRecord?)null;
        }

        EnsureDurable(folder);
        if (!File.Exists(path))
        {
            return null;
        }

        using Microsoft.Win32.SafeHandles.SafeFileHandle file = _files.OpenFile(path);
        byte[] bytes = new byte[RandomAccess.GetLength(file)];
        for (int at = 0, got = -1; at < bytes.Length && got != 0; at += got)
        {
            got = _files.ReadAsync(file, at, bytes.AsMemory(at), CancellationToken.None).AsTask().GetAwaiter().GetResult();
        }

        return KeyFile.TryRead(bytes, out KeyRecord record) ? record : throw RingErrors.Damaged($"the file {path}");
    });

    private bool TryWrite(string path, ReadOnlyMemory<byte> content, long replaces) => Guard(() =>
    {
        // A draft that could not be deleted may hold a key that is erased now.
        foreach (string draft in _leftOver.ToArray())
        {
            _files.Delete(draft);
            _leftOver.Remove(draft);
        }

        if ((Read(path)?.Revision ?? 0) != replaces)
        {
            return false;
        }

        string folder = MakeFolder(Path.GetDirectoryName(path)!);
        string temporary = Path.Combine(_new, Guid.NewGuid().ToString("N"));
        _leftOver.Add(temporary);
        using (FileStream file = _files.CreateFile(temporary))
        {
            _files.WriteAsync(file, KeyFile.Write(new KeyRecord(content, replaces + 1)), CancellationToken.None).AsTask().GetAwaiter().GetResult();
            _files.Sync(file);
        }

        _durable.Remove(folder);
        _files.Rename(temporary, path);
        _leftOver.Remove(temporary);
        EnsureDurable(folder);
        return true;
    });

    private string MakeFolder(string folder)
    {
        if (folder == _tenants || Directory.Exists(folder))
        {
            return folder;
        }

        string parent = MakeFolder(Path.GetDirectoryName(folder)!);
        _durable.Remove(parent);
        _files.CreateFolder(folder);
        EnsureDurable(parent);
        return folder;
    }

    // A folder is as durable as the ones above it.
    private void EnsureDurable(string folder)
    {
        if (folder != _tenants)
        {
            EnsureDurable(Path.GetDirectoryName(folder)!);
        }

        if (!_durable.Contains(folder))
        {
            _files.SyncFolder(folder);
            _durable.Add(folder);
        }
    }

    private async IAsyncEnumerable<string> ListAsync(Func<IEnumerable<string>> paths, string? after, [EnumeratorCancellation] CancellationToken cancel)
    {
        List<string> names = await Task.Run(
            () => Guard(() => paths().Select(p => Path.GetFileName(p)).Where(n => string.CompareOrdinal(n, after) > 0).Order(StringComparer.Ordinal).ToList()), cancel);
        foreach (string name in names)
        {
            cancel.ThrowIfCancellationRequested();
            yield return name;
        }
    }
}
