using System.Buffers.Binary;
using Wardline.Ledger.Tree;

namespace Wardline.Ledger.Storage;

/// <summary>
/// Puts entries into tiles and bundles. Files of a full tile or bundle are written once; what is not full yet is
/// written beside, under a name of its own width, for each checkpoint.
/// </summary>
internal sealed class TreeWriter
{
    private readonly byte[][] _rows = [.. Enumerable.Range(0, TilePath.MaxLevel + 1).Select(_ => new byte[TilePath.Width * TreeHash.Bytes])];
    private readonly int[] _widths = new int[TilePath.MaxLevel + 1];
    private readonly List<byte[]> _bundle = [];
    private readonly Queue<(string Path, byte[] Bytes)> _full = new();
    private CompactTree _tree = new();

    public long Size => _tree.Size;

    /// <summary>The entries of the bundle that is not full.</summary>
    public IReadOnlyList<byte[]> Bundle => _bundle;

    public byte[] Root() => _tree.Root();

    /// <summary>Where a log of that size goes on, from its full tiles alone.</summary>
    /// <param name="size">A multiple of 256.</param>
    /// <exception cref="LedgerException"><c>ledger.damaged</c>: a full tile is not there.</exception>
    public void Resume(long size, ILedgerFiles files)
    {
        _tree = new CompactTree();
        for (int level = TilePath.MaxLevel; level > 0; level--)
        {
            long count = size >> (8 * level), first = count - (count % TilePath.Width);
            for (long tile = first; tile < count; tile++)
            {
                string path = TilePath.Tile(level - 1, tile);
                if (files.TryRead(path) is not { Length: TilePath.Width * TreeHash.Bytes } hashes)
                {
                    throw new LedgerException("ledger.damaged", $"{path} is not there, or has another size than a tile.");
                }

                byte[] root = ProofBuilder.Fold(hashes);
                Put(level, root);
                _tree.AddTile(root, level);
            }
        }
    }

    public void Add(byte[] entry, byte[] leaf)
    {
        _tree.Add(leaf);
        _bundle.Add(entry);
        if (_bundle.Count == TilePath.Width)
        {
            _full.Enqueue((TilePath.Entries((Size / TilePath.Width) - 1), Pack(_bundle)));
            _bundle.Clear();
        }

        byte[] hash = leaf;
        for (int level = 0; level <= TilePath.MaxLevel; level++)
        {
            Put(level, hash);
            if (_widths[level] < TilePath.Width)
            {
                return;
            }

            byte[] row = [.. _rows[level]];
            _full.Enqueue((TilePath.Tile(level, (Size >> (8 * (level + 1))) - 1), row));
            _widths[level] = 0;
            hash = ProofBuilder.Fold(row);
        }
    }

    /// <summary>What became full and is not written yet; null when nothing is.</summary>
    public (string Path, byte[] Bytes)? NextFull() => _full.TryPeek(out (string Path, byte[] Bytes) next) ? next : null;

    /// <summary>The next full one is durable.</summary>
    public void IsWritten() => _full.Dequeue();

    /// <summary>What is not full: all that a reader of this size needs beside the full ones.</summary>
    public IReadOnlyList<(string Path, byte[] Bytes)> Partial()
    {
        List<(string, byte[])> parts = [];
        if (_bundle.Count > 0)
        {
            parts.Add((TilePath.Entries(Size / TilePath.Width, _bundle.Count), Pack(_bundle)));
        }

        for (int level = 0; level <= TilePath.MaxLevel; level++)
        {
            if (_widths[level] > 0)
            {
                parts.Add((TilePath.Tile(level, Size >> (8 * (level + 1)), _widths[level]), _rows[level].AsSpan(0, _widths[level] * TreeHash.Bytes).ToArray()));
            }
        }

        return parts;
    }

    /// <summary>Hashes that no file has, or none has yet; empty for others.</summary>
    public ReadOnlyMemory<byte> Open(int level, long index)
    {
        foreach ((string path, byte[] bytes) in _full)
        {
            if (path == TilePath.Tile(level, index))
            {
                return bytes;
            }
        }

        return index == Size >> (8 * (level + 1)) ? _rows[level].AsSpan(0, _widths[level] * TreeHash.Bytes).ToArray() : default;
    }

    /// <summary>C2SP tlog-tiles, "Log Entries": each with its length in two bytes before it.</summary>
    private static byte[] Pack(List<byte[]> entries)
    {
        byte[] bundle = new byte[entries.Sum(e => 2 + e.Length)];
        int at = 0;
        foreach (byte[] entry in entries)
        {
            BinaryPrimitives.WriteUInt16BigEndian(bundle.AsSpan(at), (ushort)entry.Length);
            entry.CopyTo(bundle, at + 2);
            at += 2 + entry.Length;
        }

        return bundle;
    }

    public static List<byte[]> Unpack(ReadOnlySpan<byte> bundle)
    {
        List<byte[]> entries = [];
        while (bundle.Length >= 2)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(bundle);
            if (length > bundle.Length - 2)
            {
                throw new LedgerException("ledger.damaged", "A bundle ends within an entry.");
            }

            entries.Add(bundle.Slice(2, length).ToArray());
            bundle = bundle[(2 + length)..];
        }

        return bundle.IsEmpty ? entries : throw new LedgerException("ledger.damaged", "A bundle ends within a length.");
    }

    private void Put(int level, byte[] hash) => hash.CopyTo(_rows[level], TreeHash.Bytes * _widths[level]++);
}
