using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Wardline.Vault.BlobStores.Disk;

/// <summary>
/// The real ones. .NET has no way to make a folder durable, and its File.Move looks whether a name is free before it takes
/// it, which is one moment too late: these two are system calls.
/// </summary>
internal sealed partial class DiskFiles : IDiskFiles
{
    private const UnixFileMode OwnerFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int ReadOnlyAndNotInherited = 0x80000; // O_RDONLY | O_CLOEXEC
    private const int NameIsTaken = 17; // EEXIST
    private const int Interrupted = 4; // EINTR

    [UnsupportedOSPlatform("windows")]
    public void CreateFolder(string path) => Directory.CreateDirectory(path, OwnerFolder);

    public void SyncFolder(string path)
    {
        int folder = Open(path, ReadOnlyAndNotInherited);
        if (folder < 0)
        {
            throw Failed(path);
        }

        using SafeFileHandle handle = new(folder, ownsHandle: true);
        while (FSync(folder) != 0)
        {
            if (Marshal.GetLastPInvokeError() != Interrupted)
            {
                throw Failed(path);
            }
        }
    }

    [UnsupportedOSPlatform("windows")]
    public FileStream CreateFile(string path) => new(path, new FileStreamOptions
    {
        // FileShare is a lock (flock) that goes with the process: this one keeps those off who would have the file alone, and
        // lets in who reads it in the moment between its name and its closing.
        Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.Read, BufferSize = 0, UnixCreateMode = OwnerFile,
    });

    public ValueTask WriteAsync(FileStream file, ReadOnlyMemory<byte> bytes, CancellationToken cancel) => file.WriteAsync(bytes, cancel);

    public void Sync(FileStream file) => RandomAccess.FlushToDisk(file.SafeFileHandle);

    public bool TryLink(string path, string name)
    {
        if (Link(path, name) == 0)
        {
            return true;
        }

        return Marshal.GetLastPInvokeError() == NameIsTaken ? false : throw Failed(path);
    }

    public void Rename(string path, string name) => File.Move(path, name, overwrite: true);

    public bool Delete(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        File.Delete(path);
        return true;
    }

    public SafeFileHandle OpenFile(string path) => File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    public ValueTask<int> ReadAsync(SafeFileHandle file, long offset, Memory<byte> buffer, CancellationToken cancel) =>
        RandomAccess.ReadAsync(file, buffer, offset, cancel);

    private static IOException Failed(string path)
    {
        int error = Marshal.GetLastPInvokeError();
        return new IOException($"{new Win32Exception(error).Message}: {path}", error);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int file);

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Link(string path, string name);
}
