using System.Buffers;
using System.Globalization;

namespace Wardline.Ledger.Verify;

/// <summary>The files of a log, as C2SP tlog-tiles names them.</summary>
internal sealed class LogReader(string root)
{
    public const int Width = 256;

    /// <summary>256 entries of 64 KiB, the most that their lengths can say; nothing larger is read into memory.</summary>
    private const int MaxFileBytes = Width * (2 + 0xFFFF);

    /// <summary>18 digits: more than any log has entries.</summary>
    private const int KeptGroups = 6;

    public string Root => root;

    public static string Entries(long bundle, int width) => Name("tile/entries", bundle, width);

    public static string Tile(int level, long number, int width) => Name($"tile/{level.ToString(CultureInfo.InvariantCulture)}", number, width);

    public string? ReadText(string name) => Read(name) is { } bytes ? System.Text.Encoding.UTF8.GetString(bytes) : null;

    /// <summary>A bundle or tile of at least that width: where the narrow one has made room for a full one, the full one.</summary>
    public byte[]? ReadWidth(Func<int, string> name, int width) => Read(name(width)) ?? (width < Width ? Read(name(Width)) : null);

    /// <summary>
    /// The same into an array of the pool, which goes back there with the result: bundles are large, and there are very many of them.
    /// </summary>
    public PooledFile? ReadPooled(Func<int, string> name, int width) => Pooled(name(width)) ?? (width < Width ? Pooled(name(Width)) : null);

    private PooledFile? Pooled(string name)
    {
        byte[]? bytes = Read(name, static length => ArrayPool<byte>.Shared.Rent(length), out int read);
        return bytes is null ? null : new PooledFile(bytes, read);
    }

    /// <summary>Null when it is not there, or larger than any file of a log may be.</summary>
    public byte[]? Read(string name)
    {
        byte[]? bytes = Read(name, static length => GC.AllocateUninitializedArray<byte>(length), out int read);
        return bytes is null || read == bytes.Length ? bytes : bytes[..read];
    }

    private byte[]? Read(string name, Func<int, byte[]> allocate, out int read)
    {
        read = 0;
        try
        {
            using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(Path.Combine(root, name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            long length = RandomAccess.GetLength(file);
            if (length > MaxFileBytes)
            {
                return null;
            }

            byte[] bytes = allocate((int)length);
            for (int more; read < length && (more = RandomAccess.Read(file, bytes.AsSpan(read, (int)length - read), read)) > 0; read += more)
            {
            }

            return bytes;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Names of the files right in a folder, in order.</summary>
    public IReadOnlyList<string> List(string folder)
    {
        string full = Path.Combine(root, folder);
        return Directory.Exists(full) ? [.. Directory.EnumerateFiles(full).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)] : [];
    }

    /// <summary>
    /// The checkpoints of a copy, smallest first: each under its size, in groups of three digits (README.md, "Copies"). Only the names
    /// of one folder a group are in memory.
    /// </summary>
    public IEnumerable<(long Size, string Name)> Kept() => Kept("checkpoints", 0, KeptGroups, backwards: false);

    /// <summary>The text of the largest of them.</summary>
    public string? NewestKept() => Kept("checkpoints", 0, KeptGroups, backwards: true).Select(k => ReadText(k.Name)).FirstOrDefault();

    private IEnumerable<(long Size, string Name)> Kept(string folder, long above, int groups, bool backwards)
    {
        string full = Path.Combine(root, folder);
        if (!Directory.Exists(full))
        {
            yield break;
        }

        IEnumerable<string> names = (groups == 1 ? Directory.EnumerateFiles(full) : Directory.EnumerateDirectories(full)).Select(f => Path.GetFileName(f)!).Where(IsGroup).Order(StringComparer.Ordinal);
        foreach (string name in backwards ? names.Reverse() : names)
        {
            long number = (above * 1000) + int.Parse(name, CultureInfo.InvariantCulture);
            foreach ((long, string) kept in groups == 1 ? [(number, $"{folder}/{name}")] : Kept($"{folder}/{name}", number, groups - 1, backwards))
            {
                yield return kept;
            }
        }
    }

    private static bool IsGroup(string name) => name.Length == 3 && name.All(char.IsAsciiDigit);

    private static string Name(string folder, long number, int width)
    {
        string name = (number % 1000).ToString("000", CultureInfo.InvariantCulture);
        for (long rest = number / 1000; rest > 0; rest /= 1000)
        {
            name = $"x{(rest % 1000).ToString("000", CultureInfo.InvariantCulture)}/{name}";
        }

        return width == Width ? $"{folder}/{name}" : $"{folder}/{name}.p/{width.ToString(CultureInfo.InvariantCulture)}";
    }
}

/// <summary>A file that was read, until it is disposed.</summary>
internal sealed class PooledFile(byte[] rented, int length) : IDisposable
{
    /// <summary>May be written to.</summary>
    public Span<byte> Bytes => rented.AsSpan(0, length);

    public void Dispose() => ArrayPool<byte>.Shared.Return(rented);
}
