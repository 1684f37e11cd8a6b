using System.Numerics;

namespace Wardline.Ledger.Tree;

/// <summary>That an entry is in a tree (RFC 9162 §2.1.3).</summary>
/// <param name="Hashes">From the entry's neighbour to the top, 32 bytes each.</param>
public sealed record InclusionProof(long Index, long TreeSize, IReadOnlyList<byte[]> Hashes);

/// <summary>That a tree grew out of an earlier one (RFC 9162 §2.1.4).</summary>
public sealed record ConsistencyProof(long From, long To, IReadOnlyList<byte[]> Hashes);

/// <summary>Where hashes are read from: at least <paramref name="width"/> of them, 32 bytes each.</summary>
internal delegate ReadOnlyMemory<byte> TileSource(int level, long index, int width);

/// <summary>Proofs about the tree of <paramref name="size"/> entries, from its tiles.</summary>
internal sealed class ProofBuilder(TileSource tiles, long size)
{
    /// <summary>PATH(m, D_n).</summary>
    public InclusionProof Inclusion(long index)
    {
        List<byte[]> hashes = [];
        (long from, long to) = (0, size);
        while (to - from > 1)
        {
            long middle = from + SplitOf(to - from);
            if (index < middle)
            {
                hashes.Add(Range(middle, to));
                to = middle;
            }
            else
            {
                hashes.Add(Range(from, middle));
                from = middle;
            }
        }

        hashes.Reverse();
        return new(index, size, hashes);
    }

    /// <summary>PROOF(m, D_n), for 0 ≤ m ≤ n; empty for none and for all.</summary>
    public ConsistencyProof Consistency(long earlier)
    {
        List<byte[]> hashes = [];
        if (earlier > 0 && earlier < size)
        {
            (long from, long to, bool whole) = (0, size, true);
            while (earlier < to)
            {
                long middle = from + SplitOf(to - from);
                if (earlier <= middle)
                {
                    hashes.Add(Range(middle, to));
                    to = middle;
                }
                else
                {
                    hashes.Add(Range(from, middle));
                    (from, whole) = (middle, false);
                }
            }

            if (!whole)
            {
                hashes.Add(Range(from, to));
            }

            hashes.Reverse();
        }

        return new(earlier, size, hashes);
    }

    public byte[] Root() => size == 0 ? TreeHash.Empty : Range(0, size);

    /// <summary>The largest power of two that is smaller.</summary>
    private static long SplitOf(long count) => 1L << (63 - BitOperations.LeadingZeroCount((ulong)(count - 1)));

    private byte[] Range(long from, long to)
    {
        long count = to - from;
        return BitOperations.IsPow2(count)
            ? Complete(BitOperations.TrailingZeroCount(count), from / count)
            : Node(from, from + SplitOf(count), to);
    }

    private byte[] Node(long from, long middle, long to) => TreeHash.Node(Range(from, middle), Range(middle, to));

    /// <summary>The root of 2^height entries, folded out of one tile.</summary>
    private byte[] Complete(int height, long index)
    {
        (int level, int above) = (height / 8, height % 8);
        long first = index << above;
        (long tile, int offset, int count) = (first / TilePath.Width, (int)(first % TilePath.Width), 1 << above);
        ReadOnlySpan<byte> hashes = tiles(level, tile, offset + count).Span.Slice(offset * TreeHash.Bytes, count * TreeHash.Bytes);
        return Fold(hashes);
    }

    /// <summary>The root over a power of two of hashes.</summary>
    public static byte[] Fold(ReadOnlySpan<byte> hashes)
    {
        byte[] row = hashes.ToArray();
        for (int count = row.Length / TreeHash.Bytes; count > 1; count /= 2)
        {
            for (int i = 0; i < count / 2; i++)
            {
                Span<byte> both = row.AsSpan(2 * i * TreeHash.Bytes, 2 * TreeHash.Bytes);
                TreeHash.Node(both[..TreeHash.Bytes], both[TreeHash.Bytes..], row.AsSpan(i * TreeHash.Bytes, TreeHash.Bytes));
            }
        }

        return row.AsSpan(0, TreeHash.Bytes).ToArray();
    }
}

/// <summary>What somebody does who was given a proof; needs nothing but hashes.</summary>
public static class ProofCheck
{
    private const int MostHashes = 63;

    /// <summary>RFC 9162 §2.1.3.2. Never throws.</summary>
    public static bool Inclusion(ReadOnlySpan<byte> leaf, InclusionProof proof, ReadOnlySpan<byte> root)
    {
        if (proof.Index < 0 || proof.Index >= proof.TreeSize || !AreHashes(proof.Hashes))
        {
            return false;
        }

        (long node, long last) = (proof.Index, proof.TreeSize - 1);
        byte[] hash = leaf.ToArray();
        foreach (byte[] other in proof.Hashes)
        {
            if (last == 0)
            {
                return false;
            }

            if ((node & 1) == 1 || node == last)
            {
                hash = TreeHash.Node(other, hash);
                while ((node & 1) == 0 && node != 0)
                {
                    (node, last) = (node >> 1, last >> 1);
                }
            }
            else
            {
                hash = TreeHash.Node(hash, other);
            }

            (node, last) = (node >> 1, last >> 1);
        }

        return last == 0 && hash.AsSpan().SequenceEqual(root);
    }

    /// <summary>RFC 9162 §2.1.4.2. Never throws. Every tree grew out of the empty one.</summary>
    public static bool Consistency(ConsistencyProof proof, ReadOnlySpan<byte> earlierRoot, ReadOnlySpan<byte> laterRoot)
    {
        if (proof.From < 0 || proof.From > proof.To || !AreHashes(proof.Hashes))
        {
            return false;
        }

        if (proof.From == proof.To || proof.From == 0)
        {
            return proof.Hashes.Count == 0 && (proof.From == 0 ? earlierRoot.SequenceEqual(TreeHash.Empty) && (proof.To > 0 || laterRoot.SequenceEqual(earlierRoot)) : earlierRoot.SequenceEqual(laterRoot));
        }

        IEnumerable<byte[]> path = (proof.From & (proof.From - 1)) == 0 ? proof.Hashes.Prepend(earlierRoot.ToArray()) : proof.Hashes;
        (long node, long last) = (proof.From - 1, proof.To - 1);
        while ((node & 1) == 1)
        {
            (node, last) = (node >> 1, last >> 1);
        }

        byte[]? earlier = null, later = null;
        foreach (byte[] other in path)
        {
            if (earlier is null || later is null)
            {
                (earlier, later) = (other, other);
                continue;
            }

            if (last == 0)
            {
                return false;
            }

            if ((node & 1) == 1 || node == last)
            {
                (earlier, later) = (TreeHash.Node(other, earlier), TreeHash.Node(other, later));
                while ((node & 1) == 0 && node != 0)
                {
                    (node, last) = (node >> 1, last >> 1);
                }
            }
            else
            {
                later = TreeHash.Node(later, other);
            }

            (node, last) = (node >> 1, last >> 1);
        }

        return last == 0 && earlier.AsSpan().SequenceEqual(earlierRoot) && later.AsSpan().SequenceEqual(laterRoot);
    }

    private static bool AreHashes(IReadOnlyList<byte[]> hashes) => hashes.Count <= MostHashes && hashes.All(h => h.Length == TreeHash.Bytes);
}
