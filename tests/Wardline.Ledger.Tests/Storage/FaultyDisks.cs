using Wardline.Ledger.Storage;

namespace Wardline.Ledger.Tests.Storage;

/// <summary>A disk with so much room: what does not fit any more is written as far as it does, as the kernel does it.</summary>
internal sealed class FullDisk(LedgerFiles disk) : ILedgerFiles
{
    /// <summary>Bytes.</summary>
    public long Room { get; set; } = long.MaxValue;

    public IAppendFile Create(string path) => Room <= 0 ? throw Full() : new Appending(this, disk.Create(path));

    public byte[]? TryRead(string path) => disk.TryRead(path);

    public void WriteWhole(string path, ReadOnlySpan<byte> bytes)
    {
        if (Take(bytes.Length) < bytes.Length)
        {
            throw Full();
        }

        disk.WriteWhole(path, bytes);
    }

    public IReadOnlyList<string> List(string folder) => disk.List(folder);

    public void Delete(string path) => disk.Delete(path);

    private int Take(int wanted)
    {
        int taken = (int)Math.Min(wanted, Math.Max(0, Room));
        Room -= Room == long.MaxValue ? 0 : taken;
        return taken;
    }

    private static IOException Full() => new("No space left on device");

    private sealed class Appending(FullDisk full, IAppendFile file) : IAppendFile
    {
        public void Write(ReadOnlySpan<byte> bytes)
        {
            int fits = full.Take(bytes.Length);
            file.Write(bytes[..fits]);
            if (fits < bytes.Length)
            {
                throw Full();
            }
        }

        public void Cut(long length) => file.Cut(length);

        public void Sync() => file.Sync();

        public void Dispose() => file.Dispose();
    }
}

/// <summary>
/// Shows, before each write, what the disk would be if the power went while it is under way: the file as far as some byte of it.
/// </summary>
/// <param name="shown">Gets what turns a copy of the folder into that image.</param>
internal sealed class CutDisk(LedgerFiles disk, Action<Action<LogFolder>> shown) : ILedgerFiles
{
    public bool IsOn { get; set; }

    public IAppendFile Create(string path) => new Appending(this, path, disk.Create(path));

    public byte[]? TryRead(string path) => disk.TryRead(path);

    public void WriteWhole(string path, ReadOnlySpan<byte> bytes)
    {
        Cut(path + ".part", 0, bytes);
        disk.WriteWhole(path, bytes);
        Show(static _ => { });
    }

    public IReadOnlyList<string> List(string folder) => disk.List(folder);

    public void Delete(string path)
    {
        Show(static _ => { });
        disk.Delete(path);
    }

    private void Cut(string path, long from, ReadOnlySpan<byte> bytes)
    {
        // Each byte of a short write; the first and last ones of a long one, and some between.
        byte[] all = bytes.ToArray();
        for (int length = 0; length <= all.Length; length += length < 32 || length > all.Length - 32 || all.Length < 500 ? 1 : 997)
        {
            int cut = length;
            Show(image =>
            {
                string full = Path.Combine(image.Path, path);
                Directory.CreateDirectory(Path.GetDirectoryName(full)!);
                using FileStream file = new(full, FileMode.OpenOrCreate);
                file.SetLength(from);
                file.Position = from;
                file.Write(all.AsSpan(0, cut));
            });
        }
    }

    private void Show(Action<LogFolder> damage)
    {
        if (IsOn)
        {
            shown(damage);
        }
    }

    private sealed class Appending(CutDisk cuts, string path, IAppendFile file) : IAppendFile
    {
        private long _length;

        public void Write(ReadOnlySpan<byte> bytes)
        {
            cuts.Cut(path, _length, bytes);
            file.Write(bytes);
            _length += bytes.Length;
        }

        public void Cut(long length)
        {
            file.Cut(length);
            _length = length;
        }

        public void Sync() => file.Sync();

        public void Dispose() => file.Dispose();
    }
}
