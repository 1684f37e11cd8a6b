using Microsoft.Win32.SafeHandles;

namespace Wardline.Vault.BlobStores.Disk;

/// <summary>The file operations that a blob on disk depends on: apart, so that a test can let each of them fail.</summary>
internal interface IDiskFiles
{
    /// <summary>For the owner alone (0700). One that is there stays.</summary>
    void CreateFolder(string path);

    /// <summary>Makes durable which names a folder has.</summary>
    void SyncFolder(string path);

    /// <summary>A new file, for the owner alone (0600), locked while it is open against who wants it alone.</summary>
    FileStream CreateFile(string path);

    ValueTask WriteAsync(FileStream file, ReadOnlyMemory<byte> bytes, CancellationToken cancel);

    /// <summary>Makes durable what a file says.</summary>
    void Sync(FileStream file);

    /// <summary>Gives a file a second name, or says false when the name is taken.</summary>
    bool TryLink(string path, string name);

    /// <summary>Gives a file another name; a file that had it is gone.</summary>
    void Rename(string path, string name);

    /// <summary>False when there was none.</summary>
    bool Delete(string path);

    SafeFileHandle OpenFile(string path);

    ValueTask<int> ReadAsync(SafeFileHandle file, long offset, Memory<byte> buffer, CancellationToken cancel);
}
