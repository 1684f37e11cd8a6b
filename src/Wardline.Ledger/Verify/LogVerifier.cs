using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Wardline.Ledger.Checkpoints;

namespace Wardline.Ledger.Verify;

/// <summary>What is held against what.</summary>
public sealed record VerifyOptions
{
    /// <summary>The log, or a copy of it.</summary>
    public required string Directory { get; init; }

    /// <summary>Whose log it must be; without one, the key that lies beside the log, which proves only that it fits together.</summary>
    public VerifierKey? Key { get; init; }

    /// <summary>A checkpoint that somebody kept elsewhere: the log must have grown out of it.</summary>
    public string? EarlierNote { get; init; }

    /// <summary>Another copy, to say which entry is the first that differs.</summary>
    public string? Against { get; init; }
}

/// <summary>What is wrong.</summary>
/// <param name="Code">Permanent: <c>verify.…</c>.</param>
/// <param name="Index">The first entry that is wrong, where there is one.</param>
public sealed record Finding(string Code, long? Index, string What);

/// <param name="Size">How many entries the checkpoint is of.</param>
/// <param name="Read">How many of them were read: all, when nothing is wrong.</param>
/// <param name="Finding">The first thing that is wrong; null when all holds.</param>
public sealed record VerifyReport(string Origin, long Size, long Read, Finding? Finding);

/// <summary>
/// Recomputes a log from its entries and holds every hash, tile and signature against it. Reads the published formats by
/// itself, with none of the code that writes them; constant memory.
/// </summary>
public sealed class LogVerifier(VerifyOptions options)
{
    private const int Width = 256;
    private const int HashBytes = 32;

    private readonly List<List<byte[]>> _levels = [];
    private readonly byte[] _leaf = new byte[HashBytes];
    private byte[]? _leafBefore;
    private DateTimeOffset _timeBefore = DateTimeOffset.MinValue;
    private long _read;

    /// <param name="progress">Entries read and entries in all, every 65,536.</param>
    /// <exception cref="OperationCanceledException"/>
    public VerifyReport Run(Action<long, long>? progress = null, CancellationToken cancel = default)
    {
        (Checkpoint? signed, Checkpoint? earlier, Finding? finding) = ReadCheckpoints();
        if (signed is null || finding is not null)
        {
            return new VerifyReport(signed?.Origin ?? "", signed?.Size ?? 0, 0, finding);
        }

        finding = null;
        for (long bundle = 0; finding is null && bundle * Width < signed.Size; bundle++)
        {
            cancel.ThrowIfCancellationRequested();
            finding = Bundle(bundle, (int)Math.Min(Width, signed.Size - (bundle * Width)), earlier);
            if (bundle % Width == 0)
            {
                progress?.Invoke(_read, signed.Size);
            }
        }

        finding ??= PartialTiles()
            ?? (Root().AsSpan().SequenceEqual(signed.Root) ? null : new Finding(
                "verify.wrong-root", null,
                "Every entry follows the one before, and yet this is not what was signed: the end of the log was written anew. A copy (--against) shows from where."));
        return new VerifyReport(signed.Origin, signed.Size, _read, finding);
    }

    private (Checkpoint?, Checkpoint?, Finding?) ReadCheckpoints()
    {
        if (Text("checkpoint") is not { } note)
        {
            return (null, null, new Finding("verify.no-checkpoint", null, $"{options.Directory} has no checkpoint: it is no log, or somebody took it."));
        }

        VerifierKey? key = options.Key ?? (Text("log.vkey") is { } text ? VerifierKey.TryParse(text) : null);
        if (key is null)
        {
            return (null, null, new Finding("verify.no-key", null, "There is no key to check signatures with: --key, or log.vkey beside the log."));
        }

        if (Checkpoint.Open(note, key) is not { } signed)
        {
            return (null, null, new Finding("verify.bad-signature", null, $"The checkpoint is not signed by {key.Name} with this key."));
        }

        if (options.EarlierNote is null)
        {
            return (signed, null, null);
        }

        return Checkpoint.Open(options.EarlierNote, key) is not { } earlier
            ? (signed, null, new Finding("verify.bad-signature", null, $"The earlier checkpoint is not signed by {key.Name} with this key."))
            : earlier.Size > signed.Size
                ? (signed, earlier, new Finding("verify.rolled-back", signed.Size, $"{earlier.Size} entries were signed once, and the log has {signed.Size}: those from {signed.Size} on are gone."))
                : (signed, earlier, null);
    }

    private Finding? Bundle(long bundle, int width, Checkpoint? earlier)
    {
        string path = Path("tile/entries", bundle, width);
        if (Bytes(options.Directory, path) is not { } bytes)
        {
            return new Finding("verify.missing", bundle * Width, $"{path} is not there: entries {bundle * Width} to {(bundle * Width) + width - 1}.");
        }

        if (Bytes(options.Directory, Path("tile/0", bundle, width)) is not { } tile)
        {
            return new Finding("verify.missing", bundle * Width, $"{Path("tile/0", bundle, width)} is not there.");
        }

        byte[]? other = options.Against is { } against ? Bytes(against, path) ?? Bytes(against, Path("tile/entries", bundle, Width)) : null;
        int at = 0, otherAt = 0;
        for (int i = 0; i < width; i++)
        {
            long index = (bundle * Width) + i;
            if (!TryNext(bytes, ref at, out ReadOnlySpan<byte> entry))
            {
                return new Finding("verify.missing", index, $"{path} ends before entry {index}.");
            }

            if (other is not null && TryNext(other, ref otherAt, out ReadOnlySpan<byte> otherEntry) && !otherEntry.SequenceEqual(entry))
            {
                return new Finding("verify.differs", index, $"Entry {index} is another one in {options.Against}.");
            }

            if (Entry(index, entry, tile.Length < (i + 1) * HashBytes ? default : tile.AsSpan(i * HashBytes, HashBytes)) is { } finding)
            {
                return finding;
            }

            _read++;
            if (Add(0, [.. _leaf]) is { } wrongTile)
            {
                return wrongTile;
            }

            if (_read == earlier?.Size && !Root().AsSpan().SequenceEqual(earlier.Root))
            {
                return new Finding("verify.forked", null, $"The first {earlier.Size} entries are not those that were signed then: there are two histories, both signed.");
            }
        }

        return at == bytes.Length ? null : new Finding("verify.surplus", (bundle * Width) + width, $"{path} holds more than its {width} entries.");
    }

    // The tree says what the entry was; the entry says where it stands, when, and after which.
    private Finding? Entry(long index, ReadOnlySpan<byte> entry, ReadOnlySpan<byte> inTree)
    {
        HashLeaf(entry, _leaf);
        if (!TryRead(entry, out long saidIndex, out DateTimeOffset time, out string previous))
        {
            return new Finding("verify.no-entry", index, $"Entry {index} is none: its bytes cannot be read.");
        }

        if (saidIndex != index)
        {
            return new Finding("verify.out-of-place", index, $"In the place of entry {index} stands entry {saidIndex}: one was taken out, put in, or moved.");
        }

        if (inTree.IsEmpty)
        {
            return new Finding("verify.missing", index, $"The tile over entry {index} ends before it.");
        }

        if (!_leaf.AsSpan().SequenceEqual(inTree))
        {
            return new Finding("verify.changed", index, $"Entry {index} is not the one in the tree: it was changed after it was written.");
        }

        if (previous != (_leafBefore is null ? "" : Base64Url.EncodeToString(_leafBefore)))
        {
            return new Finding("verify.changed", Math.Max(0, index - 1), $"Entry {index} did not follow this entry {index - 1}: it was changed, with its tile.");
        }

        if (time < _timeBefore)
        {
            return new Finding("verify.time", index, $"Entry {index} is older than the one before.");
        }

        (_leafBefore, _timeBefore) = ([.. _leaf], time);
        return null;
    }

    /// <summary>Adds a hash to a level, and, when 256 are there, holds them against their tile and goes up.</summary>
    private Finding? Add(int level, byte[] hash)
    {
        while (_levels.Count <= level)
        {
            _levels.Add(new List<byte[]>(Width));
        }

        List<byte[]> row = _levels[level];
        row.Add(hash);
        if (row.Count < Width)
        {
            return null;
        }

        long tile = (_read >> (8 * (level + 1))) - 1;
        if (Tile(level, tile, row) is { } finding)
        {
            return finding;
        }

        byte[] root = Fold(row);
        row.Clear();
        return Add(level + 1, root);
    }

    private Finding? PartialTiles()
    {
        for (int level = 0; level < _levels.Count; level++)
        {
            if (_levels[level].Count > 0 && Tile(level, _read >> (8 * (level + 1)), _levels[level]) is { } finding)
            {
                return finding;
            }
        }

        return null;
    }

    private Finding? Tile(int level, long index, List<byte[]> hashes)
    {
        string path = Path($"tile/{level}", index, hashes.Count);
        byte[]? tile = Bytes(options.Directory, path);
        long first = index << (8 * (level + 1));
        if (tile is null)
        {
            return new Finding("verify.missing", first, $"{path} is not there.");
        }

        return tile.Length == hashes.Count * HashBytes && Enumerable.Range(0, hashes.Count).All(i => tile.AsSpan(i * HashBytes, HashBytes).SequenceEqual(hashes[i]))
            ? null
            : new Finding("verify.wrong-tile", first, $"{path} is not what its entries make.");
    }

    /// <summary>RFC 9162 §2.1.1, of all that was read.</summary>
    private byte[] Root()
    {
        byte[]? root = null;
        for (int level = 0; level < _levels.Count; level++)
        {
            // The perfect subtrees of this level, smallest last.
            List<byte[]> row = _levels[level];
            List<byte[]> parts = [];
            for (int from = 0, left = row.Count; left > 0;)
            {
                int size = 1 << (31 - int.LeadingZeroCount(left));
                parts.Add(Fold(row.GetRange(from, size)));
                (from, left) = (from + size, left - size);
            }

            for (int i = parts.Count - 1; i >= 0; i--)
            {
                root = root is null ? parts[i] : HashNode(parts[i], root);
            }
        }

        return root ?? SHA256.HashData([]);
    }

    private static byte[] Fold(List<byte[]> hashes)
    {
        while (hashes.Count > 1)
        {
            List<byte[]> above = new(hashes.Count / 2);
            for (int i = 0; i + 1 < hashes.Count; i += 2)
            {
                above.Add(HashNode(hashes[i], hashes[i + 1]));
            }

            hashes = above;
        }

        return hashes[0];
    }

    private static void HashLeaf(ReadOnlySpan<byte> entry, Span<byte> hash)
    {
        byte[] input = System.Buffers.ArrayPool<byte>.Shared.Rent(entry.Length + 1);
        input[0] = 0;
        entry.CopyTo(input.AsSpan(1));
        SHA256.HashData(input.AsSpan(0, entry.Length + 1), hash);
        System.Buffers.ArrayPool<byte>.Shared.Return(input);
    }

    private static byte[] HashNode(byte[] left, byte[] right)
    {
        Span<byte> input = stackalloc byte[1 + HashBytes + HashBytes];
        input[0] = 1;
        left.CopyTo(input[1..]);
        right.CopyTo(input[(1 + HashBytes)..]);
        return SHA256.HashData(input);
    }

    private static bool TryNext(byte[] bundle, ref int at, out ReadOnlySpan<byte> entry)
    {
        entry = default;
        if (bundle.Length - at < 2)
        {
            return false;
        }

        int length = (bundle[at] << 8) | bundle[at + 1];
        if (bundle.Length - at - 2 < length)
        {
            return false;
        }

        entry = bundle.AsSpan(at + 2, length);
        at += 2 + length;
        return true;
    }

    private static bool TryRead(ReadOnlySpan<byte> entry, out long index, out DateTimeOffset time, out string previous)
    {
        (index, time, previous) = (-1, default, "");
        try
        {
            Utf8JsonReader json = new(entry);
            while (json.Read())
            {
                if (json.CurrentDepth != 1 || json.TokenType != JsonTokenType.PropertyName)
                {
                    continue;
                }

                if (json.ValueTextEquals("index"u8))
                {
                    json.Read();
                    index = json.GetInt64();
                }
                else if (json.ValueTextEquals("time"u8))
                {
                    json.Read();
                    time = json.GetDateTimeOffset();
                }
                else if (json.ValueTextEquals("previous"u8))
                {
                    json.Read();
                    previous = json.GetString() ?? "";
                }
            }

            return index >= 0 && time != default;
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            return false;
        }
    }

    private static string Path(string folder, long index, int width)
    {
        string number = (index % 1000).ToString("000", CultureInfo.InvariantCulture);
        for (long rest = index / 1000; rest > 0; rest /= 1000)
        {
            number = $"x{(rest % 1000).ToString("000", CultureInfo.InvariantCulture)}/{number}";
        }

        return width == Width ? $"{folder}/{number}" : $"{folder}/{number}.p/{width.ToString(CultureInfo.InvariantCulture)}";
    }

    private string? Text(string path) => Bytes(options.Directory, path) is { } bytes ? System.Text.Encoding.UTF8.GetString(bytes) : null;

    private static byte[]? Bytes(string root, string path)
    {
        string full = System.IO.Path.Combine(root, path);
        return File.Exists(full) ? File.ReadAllBytes(full) : null;
    }
}
