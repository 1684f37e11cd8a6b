using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using Wardline.Vault.SealedBlobs;

namespace Wardline.Vault.BlobStores.Disk;

/// <summary>
/// Blobs as files below one folder that nobody else may read (<see cref="DiskPaths"/>). A blob is written beside, made
/// durable, and then given its name in one step; so whatever fails, and whenever the power goes, a name leads to a whole blob
/// or to none.
/// </summary>
public sealed class DiskBlobStore : IBlobStore
{
    private const int MostFoldersKept = 100_000;

    private readonly IDiskFiles _files;
    private readonly DiskPaths _paths;

    /// <summary>Folders of which it is known that they outlast a power cut.</summary>
    private readonly ConcurrentDictionary<string, bool> _durable = new(StringComparer.Ordinal);

    private DiskBlobStore(IDiskFiles files, DiskPaths paths)
    {
        _files = files;
        _paths = paths;
    }

    /// <summary>Opens the store at <paramref name="root"/>, and makes it when it is not there. Takes away what unfinished writes left.</summary>
    /// <exception cref="VaultException">As <see cref="IBlobStore"/> says.</exception>
    public static DiskBlobStore Open(string root) => Open(root, new DiskFiles());

    internal static DiskBlobStore Open(string root, IDiskFiles files)
    {
        DiskBlobStore store = new(files, new DiskPaths(Path.GetFullPath(root)));
        try
        {
            files.CreateFolder(store._paths.Root);
            if (!OperatingSystem.IsWindows())
            {
                // One that was there may have been open to others.
                File.SetUnixFileMode(store._paths.Root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            store.EnsureFolder(store._paths.New);
            store.EnsureFolder(store._paths.Blobs);
            store.RemoveLeftovers();
            return store;
        }
        catch (Exception thrown) when (DiskErrors.IsOfTheDisk(thrown))
        {
            throw DiskErrors.From(thrown);
        }
    }

    public async Task<BlobWriter> CreateAsync(BlobName name, BlobWrite write, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (write == BlobWrite.CreateOnly && await FindAsync(name, cancel) is not null)
        {
            throw StoreErrors.Exists(name);
        }

        string temporary = _paths.NewFile();
        try
        {
            return new DiskBlobWriter(this, name, write, temporary, _files, await Task.Run(() => _files.CreateFile(temporary), cancel));
        }
        catch (Exception thrown) when (DiskErrors.IsOfTheDisk(thrown))
        {
            throw DiskErrors.From(thrown);
        }
    }

    public async Task<IRangeSource> OpenAsync(BlobName name, CancellationToken cancel)
    {
        try
        {
            SafeFileHandle file = await Task.Run(() => _files.OpenFile(_paths.Of(name)), cancel);
            return new DiskRangeSource(_files, file);
        }
        catch (Exception thrown) when (thrown is FileNotFoundException or DirectoryNotFoundException)
        {
            throw StoreErrors.Missing(name);
        }
        catch (Exception thrown) when (DiskErrors.IsOfTheDisk(thrown))
        {
            throw DiskErrors.From(thrown);
        }
    }

    public Task<BlobInfo?> FindAsync(BlobName name, CancellationToken cancel) => Task.Run(() => Find(name), cancel);

    public Task<bool> DeleteAsync(BlobName name, CancellationToken cancel) => Task.Run(
        () =>
        {
            string path = _paths.Of(name);
            try
            {
                if (!_files.Delete(path))
                {
                    return false;
                }

                _files.SyncFolder(Path.GetDirectoryName(path)!);
                return true;
            }
            catch (DirectoryNotFoundException)
            {
                return false;
            }
            catch (Exception thrown) when (DiskErrors.IsOfTheDisk(thrown))
            {
                throw DiskErrors.From(thrown);
            }
        },
        cancel);

    public IAsyncEnumerable<BlobInfo> ListAsync(BlobName? under = null, BlobName? after = null, CancellationToken cancel = default)
    {
        BlobName.ExpectUnder(under, after);
        return WalkAsync(new DiskWalk(_paths.Blobs, under is null ? [] : [.. under.Parts], after is null ? null : DiskPaths.Steps(after)), cancel);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Gives a written file its name. The file is durable already.</summary>
    internal BlobInfo Publish(string temporary, BlobName name, BlobWrite write)
    {
        string path = _paths.Of(name);
        string folder = Path.GetDirectoryName(path)!;
        EnsureFolder(folder);
        if (write == BlobWrite.Replace)
        {
            _files.Rename(temporary, path);
            _files.SyncFolder(folder);
        }
        else
        {
            // 1. One of those who want the name gets it.
            if (!_files.TryLink(temporary, path))
            {
                throw StoreErrors.Exists(name);
            }

            // 2. It stays. A blob of which that is not known is taken back, so that whoever tries again can.
            try
            {
                _files.SyncFolder(folder);
            }
            catch
            {
                _files.Delete(path);
                throw;
            }

            // 3. The first name of the file means nothing any more, and the next start would remove it too.
            try
            {
                _files.Delete(temporary);
            }
            catch (Exception thrown) when (DiskErrors.IsOfTheDisk(thrown))
            {
            }
        }

        FileInfo written = new(path);
        return new BlobInfo(name, written.Length, new DateTimeOffset(written.LastWriteTimeUtc));
    }

    private static async IAsyncEnumerable<BlobInfo> WalkAsync(DiskWalk walk, [EnumeratorCancellation] CancellationToken cancel)
    {
        while (await Task.Run(() => Next(walk), cancel) is { } found)
        {
            yield return found;
        }
    }

    private static BlobInfo? Info(BlobName name, FileInfo file) => file.Exists ? new BlobInfo(name, file.Length, new DateTimeOffset(file.LastWriteTimeUtc)) : null;

    private static BlobInfo? Next(DiskWalk walk)
    {
        try
        {
            while (walk.Next() is { } file)
            {
                if (DiskPaths.NameAt(file) is { } name && Info(name, new FileInfo(walk.PathOf(file))) is { } info)
                {
                    return info;
                }
            }

            return null;
        }
        catch (Exception thrown) when (DiskErrors.IsOfTheDisk(thrown))
        {
            throw DiskErrors.From(thrown);
        }
    }

    private BlobInfo? Find(BlobName name)
    {
        try
        {
            return Info(name, new FileInfo(_paths.Of(name)));
        }
        catch (Exception thrown) when (DiskErrors.IsOfTheDisk(thrown))
        {
            throw DiskErrors.From(thrown);
        }
    }

    /// <summary>Makes a folder and those above it, and sees that each outlasts a power cut: the one above knows its name.</summary>
    private void EnsureFolder(string folder)
    {
        if (folder == _paths.Root || _durable.ContainsKey(folder))
        {
            return;
        }

        string above = Path.GetDirectoryName(folder)!;
        EnsureFolder(above);
        _files.CreateFolder(folder);
        _files.SyncFolder(above);
        if (_durable.Count >= MostFoldersKept)
        {
            _durable.Clear();
        }

        _durable.TryAdd(folder, true);
    }

    private void RemoveLeftovers()
    {
        foreach (string file in Directory.EnumerateFiles(_paths.New))
        {
            try
            {
                // Locked: another process is writing it.
                using FileStream probe = new(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
                _files.Delete(file);
            }
            catch (IOException)
            {
            }
        }
    }
}
