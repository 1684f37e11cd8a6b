using System.Numerics;
using System.Security.Cryptography;

namespace Wardline.Ledger.Verify;

/// <summary>RFC 9162 §2.1.1, from hashes that lie behind each other.</summary>
internal static class Hashing
{
    public const int Bytes = 32;

    public static byte[] OfNothing => SHA256.HashData([]);

    public static byte[] Leaf(ReadOnlySpan<byte> entry)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([0]);
        hash.AppendData(entry);
        return hash.GetHashAndReset();
    }

    /// <summary>The root over the hashes of any number of neighbours, from one on.</summary>
    public static byte[] Root(ReadOnlySpan<byte> hashes)
    {
        byte[]? root = null;
        Join(hashes, ref root);
        return root ?? OfNothing;
    }

    /// <summary>
    /// Hangs the complete subtrees over <paramref name="hashes"/> to the left of <paramref name="right"/>: the smallest stands at
    /// the right end and comes first.
    /// </summary>
    public static void Join(ReadOnlySpan<byte> hashes, ref byte[]? right)
    {
        for (int left = hashes.Length / Bytes; left > 0; left &= left - 1)
        {
            int size = 1 << BitOperations.TrailingZeroCount(left);
            byte[] complete = Complete(hashes.Slice((left - size) * Bytes, size * Bytes));
            right = right is null ? complete : Node(complete, right);
        }
    }

    /// <summary>The root over a power of two of hashes.</summary>
    public static byte[] Complete(ReadOnlySpan<byte> hashes)
    {
        Span<byte> row = stackalloc byte[256 * Bytes];
        Span<byte> input = stackalloc byte[1 + (2 * Bytes)];
        input[0] = 1;
        hashes.CopyTo(row);
        for (int count = hashes.Length / Bytes; count > 1; count /= 2)
        {
            for (int i = 0; i < count / 2; i++)
            {
                row.Slice(2 * i * Bytes, 2 * Bytes).CopyTo(input[1..]);
                SHA256.HashData(input, row[(i * Bytes)..]);
            }
        }

        return row[..Bytes].ToArray();
    }

    private static byte[] Node(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        Span<byte> input = stackalloc byte[1 + (2 * Bytes)];
        input[0] = 1;
        left.CopyTo(input[1..]);
        right.CopyTo(input[(1 + Bytes)..]);
        return SHA256.HashData(input);
    }
}
