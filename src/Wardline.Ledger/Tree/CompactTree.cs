namespace Wardline.Ledger.Tree;

/// <summary>
/// The right edge of a growing tree: one hash for each one in the binary form of its size, largest first. Enough to add
/// entries and to tell the root.
/// </summary>
internal sealed class CompactTree
{
    private readonly List<byte[]> _edge = [];

    public long Size { get; private set; }

    public void Add(byte[] leaf)
    {
        byte[] hash = leaf;
        for (long size = Size; (size & 1) == 1; size >>= 1)
        {
            hash = TreeHash.Node(_edge[^1], hash);
            _edge.RemoveAt(_edge.Count - 1);
        }

        _edge.Add(hash);
        Size++;
    }

    /// <summary>Adds a whole subtree of 256^level entries; the size has to be a multiple of that.</summary>
    public void AddTile(byte[] root, int level)
    {
        byte[] hash = root;
        for (long size = Size >> (8 * level); (size & 1) == 1; size >>= 1)
        {
            hash = TreeHash.Node(_edge[^1], hash);
            _edge.RemoveAt(_edge.Count - 1);
        }

        _edge.Add(hash);
        Size += 1L << (8 * level);
    }

    /// <summary>RFC 9162 §2.1.1.</summary>
    public byte[] Root()
    {
        if (_edge.Count == 0)
        {
            return TreeHash.Empty;
        }

        byte[] root = _edge[^1];
        for (int i = _edge.Count - 2; i >= 0; i--)
        {
            root = TreeHash.Node(_edge[i], root);
        }

        return root;
    }
}
