using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Wardline.Ledger.Storage;

/// <summary>Files that are written once, whole or not at all, and never replaced.</summary>
internal static partial class OnceFile
{
    // open(2) on Linux.
    private const int ReadOnly = 0, NonBlocking = 0x800, CloseOnExec = 0x80000;
    private static readonly int s_noFollow = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x8000 : 0x20000;
    private const int NotThere = 2, MayNot = 13, Exists = 17, IsLink = 40;

    /// <summary>False when there is one already; durable when it returns true.</summary>
    /// <param name="makeFolders">False for a folder in which we may create and not even look: that it lasts is for its owner to see to.</param>
    /// <exception cref="IOException"/>
    public static bool TryWrite(string path, ReadOnlySpan<byte> bytes, bool makeFolders)
    {
        string folder = Path.GetDirectoryName(path)!;
        if (makeFolders)
        {
            LedgerFiles.MakeFolder(folder);
        }

        // A name that no other writer has: what a power cut left of an earlier try stays in nobody's way.
        string part = $"{path}.{Guid.NewGuid():N}.part";
        try
        {
            using (SafeFileHandle handle = File.OpenHandle(part, FileMode.CreateNew, FileAccess.Write))
            {
                if (!OperatingSystem.IsWindows())
                {
                    File.SetUnixFileMode(handle, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
                }

                RandomAccess.Write(handle, bytes, 0);
                RandomAccess.FlushToDisk(handle);
            }

            // A second name for it, which nobody has; every file system does this at once, those over a network, too.
            if (Link(part, path) != 0)
            {
                int error = Marshal.GetLastPInvokeError();
                return error != Exists ? throw new IOException($"{path} cannot be created (errno {error}).") : false;
            }
        }
        finally
        {
            File.Delete(part);
        }

        if (makeFolders)
        {
            LedgerFiles.SyncFolder(folder);
        }

        return true;
    }

    /// <summary>Null when it is not there. Follows no link and waits for nobody: whoever put it there may mean no good.</summary>
    /// <exception cref="IOException">It is no plain file, or too large.</exception>
    public static byte[]? TryRead(string path, int mostBytes)
    {
        using SafeFileHandle handle = Open(path, ReadOnly | NonBlocking | s_noFollow | CloseOnExec, 0);
        if (handle.IsInvalid)
        {
            return Marshal.GetLastPInvokeError() switch
            {
                NotThere => null,
                IsLink => throw new IOException($"{path} is a link."),
                MayNot => throw new UnauthorizedAccessException($"{path} may not be read."),
                int error => throw new IOException($"{path} cannot be read (errno {error})."),
            };
        }

        byte[] bytes = new byte[LengthOf(handle, path, mostBytes)];
        int read = 0;
        for (int more; read < bytes.Length && (more = RandomAccess.Read(handle, bytes.AsSpan(read), read)) > 0; read += more)
        {
        }

        return bytes[..read];
    }

    private static long LengthOf(SafeFileHandle handle, string path, int mostBytes)
    {
        try
        {
            long length = RandomAccess.GetLength(handle);
            return length <= mostBytes ? length : throw new IOException($"{path} is larger than any file of a log.");
        }
        catch (NotSupportedException e)
        {
            throw new IOException($"{path} is no plain file.", e);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string from, string to);
}
