using Microsoft.Win32.SafeHandles;
using Wardline.Vault.BlobStores.Disk;

namespace Wardline.Vault.Tests.BlobStores;

/// <summary>The real file operations, the n-th of which fails, and every one after it as long as <see cref="StaysBroken"/>.</summary>
internal sealed class FaultyFiles(IDiskFiles real) : IDiskFiles
{
    private int _done;

    /// <summary>Counted from 0; none by default.</summary>
    public int FailAt { get; set; } = int.MaxValue;

    public bool StaysBroken { get; set; }

    public int Errno { get; set; } = 5; // EIO

    public bool HasFailed { get; private set; }

    /// <summary>The n-th operation from now on fails.</summary>
    public void Arm(int n) => FailAt = _done + n;

    public void CreateFolder(string path)
    {
        Step();
        real.CreateFolder(path);
    }

    public void SyncFolder(string path)
    {
        Step();
        real.SyncFolder(path);
    }

    public FileStream CreateFile(string path)
    {
        Step();
        return real.CreateFile(path);
    }

    public async ValueTask WriteAsync(FileStream file, ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        try
        {
            Step();
        }
        catch (IOException)
        {
            // A write that fails has often done a part.
            await real.WriteAsync(file, bytes[..(bytes.Length / 2)], cancel);
            throw;
        }

        await real.WriteAsync(file, bytes, cancel);
    }

    public void Sync(FileStream file)
    {
        Step();
        real.Sync(file);
    }

    public bool TryLink(string path, string name)
    {
        Step();
        return real.TryLink(path, name);
    }

    public void Rename(string path, string name)
    {
        Step();
        real.Rename(path, name);
    }

    public bool Delete(string path)
    {
        Step();
        return real.Delete(path);
    }

    public SafeFileHandle OpenFile(string path)
    {
        Step();
        return real.OpenFile(path);
    }

    public ValueTask<int> ReadAsync(SafeFileHandle file, long offset, Memory<byte> buffer, CancellationToken cancel)
    {
        Step();
        return real.ReadAsync(file, offset, buffer, cancel);
    }

    private void Step()
    {
        int now = _done++;
        if (now == FailAt || (now > FailAt && StaysBroken))
        {
            HasFailed = true;
            throw new IOException($"operation {now}", Errno);
        }
    }
}
