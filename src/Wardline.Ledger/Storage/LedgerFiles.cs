using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Wardline.Ledger.Storage;

/// <summary>What the log asks of a file system; a test may let the n-th of these fail.</summary>
internal interface ILedgerFiles
{
    /// <summary>A new file that grows at its end; its name is durable when this returns.</summary>
    IAppendFile Create(string path);

    /// <summary>Null when there is no such file.</summary>
    byte[]? TryRead(string path);

    /// <summary>The whole file or, whatever happens, what was there before; durable when this returns.</summary>
    void WriteWhole(string path, ReadOnlySpan<byte> bytes);

    /// <summary>Names of the files in a folder, sorted; none when there is no such folder.</summary>
    IReadOnlyList<string> List(string folder);

    void Delete(string path);
}

internal interface IAppendFile : IDisposable
{
    void Write(ReadOnlySpan<byte> bytes);

    /// <summary>Takes away what was written behind that; needs no room.</summary>
    void Cut(long length);

    /// <summary>What was written is durable when this returns.</summary>
    void Sync();
}

/// <summary>Under one folder of this machine.</summary>
/// <param name="step">Asked before each operation; for tests, which let one of them fail.</param>
internal sealed partial class LedgerFiles(string root, Action<string>? step = null) : ILedgerFiles
{
    /// <summary>Takes a folder for this process alone, until the result is disposed; makes it when it is not there.</summary>
    /// <exception cref="LedgerException"><c>ledger.locked</c>, <c>ledger.unwritable</c>.</exception>
    public static FileStream Hold(string folder)
    {
        string path = Path.Combine(folder, "lock");
        try
        {
            Directory.CreateDirectory(folder);
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new LedgerException("ledger.locked", $"Another process has {folder}.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LedgerException("ledger.unwritable", $"The folder cannot be written: {e.Message}", e);
        }
    }

    public IAppendFile Create(string path)
    {
        step?.Invoke("create");
        string full = Full(path);
        MakeFolder(Path.GetDirectoryName(full)!, step);
        SafeFileHandle handle = File.OpenHandle(full, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        try
        {
            SyncFolder(Path.GetDirectoryName(full)!, step);
            return new AppendFile(handle, step);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    public byte[]? TryRead(string path)
    {
        step?.Invoke("read");
        string full = Full(path);
        return File.Exists(full) ? File.ReadAllBytes(full) : null;
    }

    public void WriteWhole(string path, ReadOnlySpan<byte> bytes)
    {
        step?.Invoke("create");
        string full = Full(path);
        string folder = Path.GetDirectoryName(full)!;
        MakeFolder(folder, step);
        string part = full + ".part";
        using (SafeFileHandle handle = File.OpenHandle(part, FileMode.Create, FileAccess.Write))
        {
            step?.Invoke("write");
            RandomAccess.Write(handle, bytes, 0);
            step?.Invoke("sync");
            RandomAccess.FlushToDisk(handle);
        }

        step?.Invoke("rename");
        File.Move(part, full, overwrite: true);
        SyncFolder(folder, step);
    }

    public IReadOnlyList<string> List(string folder)
    {
        step?.Invoke("list");
        string full = Full(folder);
        return Directory.Exists(full) ? [.. Directory.EnumerateFiles(full).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)] : [];
    }

    public void Delete(string path)
    {
        step?.Invoke("delete");
        File.Delete(Full(path));
    }

    private string Full(string path) => Path.Combine(root, path);

    internal static void MakeFolder(string folder, Action<string>? step = null)
    {
        if (Directory.Exists(folder))
        {
            return;
        }

        step?.Invoke("folder");
        MakeFolder(Path.GetDirectoryName(folder)!, step);
        Directory.CreateDirectory(folder);
        SyncFolder(Path.GetDirectoryName(folder)!, step);
    }

    /// <summary>A new name is durable only when its folder is.</summary>
    internal static void SyncFolder(string folder, Action<string>? step = null)
    {
        step?.Invoke("sync");
        using SafeFileHandle handle = Open(folder, ReadOnlyFolder, 0);
        if (handle.IsInvalid || Sync(handle) != 0)
        {
            throw new IOException($"The folder {folder} cannot be made durable (errno {Marshal.GetLastPInvokeError()}).");
        }
    }

    // open(2): O_CLOEXEC on Linux. (O_DIRECTORY has not the same value on all processors.)
    private const int ReadOnlyFolder = 0x80000;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(SafeFileHandle file);

    private sealed class AppendFile(SafeFileHandle handle, Action<string>? step) : IAppendFile
    {
        private long _length;

        public void Write(ReadOnlySpan<byte> bytes)
        {
            step?.Invoke("write");
            RandomAccess.Write(handle, bytes, _length);
            _length += bytes.Length;
        }

        public void Cut(long length)
        {
            step?.Invoke("cut");
            RandomAccess.SetLength(handle, length);
            _length = length;
        }

        public void Sync()
        {
            step?.Invoke("sync");
            RandomAccess.FlushToDisk(handle);
        }

        public void Dispose() => handle.Dispose();
    }
}
