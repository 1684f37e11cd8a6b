namespace Wardline.Ledger.Verify;

/// <summary>What is wrong with a tile, or null.</summary>
internal delegate Finding? TileCheck(int level, long number, ReadOnlySpan<byte> hashes);

/// <summary>The right edge of the tree of all full bundles so far: of each level above the leaves the tile that is not full yet.</summary>
internal sealed class TreeEdge
{
    private const int Width = 256;
    private const int Levels = 8;
    private readonly byte[]?[] _rows = new byte[]?[Levels];
    private readonly int[] _widths = new int[Levels];

    /// <summary>Entries; a multiple of 256.</summary>
    public long Size { get; private set; }

    /// <summary>Adds the root of the next 256 entries.</summary>
    /// <param name="check">Asked for each tile that becomes full.</param>
    public Finding? Add(byte[] bundleRoot, TileCheck check)
    {
        Size += Width;
        byte[] hash = bundleRoot;
        for (int level = 1; level < Levels; level++)
        {
            byte[] row = _rows[level] ??= new byte[Width * Hashing.Bytes];
            hash.CopyTo(row, _widths[level]++ * Hashing.Bytes);
            if (_widths[level] < Width)
            {
                return null;
            }

            if (check(level, (Size >> (8 * (level + 1))) - 1, row) is { } finding)
            {
                return finding;
            }

            _widths[level] = 0;
            hash = Hashing.Complete(row);
        }

        return null;
    }

    /// <summary>Asks for each tile above the leaves that is not full.</summary>
    public Finding? CheckOpen(TileCheck check)
    {
        for (int level = 1; level < Levels; level++)
        {
            if (_widths[level] > 0 && check(level, Size >> (8 * (level + 1)), Open(level)) is { } finding)
            {
                return finding;
            }
        }

        return null;
    }

    /// <summary>The root of what was added and of <paramref name="leaves"/> behind it.</summary>
    public byte[] Root(ReadOnlySpan<byte> leaves)
    {
        byte[]? root = null;
        if (leaves.Length == Width * Hashing.Bytes)
        {
            root = Hashing.Complete(leaves);
            // A full bundle stands beside its neighbours of level 1 as one of them.
            Span<byte> row = stackalloc byte[Width * Hashing.Bytes];
            ReadOnlySpan<byte> open = Open(1);
            open.CopyTo(row);
            root.CopyTo(row[open.Length..]);
            root = null;
            Hashing.Join(row[..(open.Length + Hashing.Bytes)], ref root);
        }
        else
        {
            Hashing.Join(leaves, ref root);
            Hashing.Join(Open(1), ref root);
        }

        for (int level = 2; level < Levels; level++)
        {
            Hashing.Join(Open(level), ref root);
        }

        return root ?? Hashing.OfNothing;
    }

    public TreeEdge Copy()
    {
        TreeEdge copy = new() { Size = Size };
        for (int level = 1; level < Levels; level++)
        {
            copy._rows[level] = (byte[]?)_rows[level]?.Clone();
            copy._widths[level] = _widths[level];
        }

        return copy;
    }

    private ReadOnlySpan<byte> Open(int level) => _rows[level].AsSpan(0, _widths[level] * Hashing.Bytes);
}
