using System.Security.Cryptography;

namespace Wardline.Ledger.Tree;

/// <summary>RFC 9162 §2.1.1: SHA-256 with a byte before it that keeps leaves and nodes apart.</summary>
public static class TreeHash
{
    public const int Bytes = 32;

    private const int StackBytes = 1024;

    /// <summary>MTH({}): the hash of no entry at all.</summary>
    public static byte[] Empty => SHA256.HashData([]);

    public static byte[] Leaf(ReadOnlySpan<byte> entry)
    {
        byte[] hash = new byte[Bytes];
        Leaf(entry, hash);
        return hash;
    }

    public static void Leaf(ReadOnlySpan<byte> entry, Span<byte> hash)
    {
        Span<byte> input = entry.Length < StackBytes ? stackalloc byte[StackBytes] : new byte[entry.Length + 1];
        input[0] = 0;
        entry.CopyTo(input[1..]);
        SHA256.HashData(input[..(entry.Length + 1)], hash);
    }

    public static byte[] Node(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        byte[] hash = new byte[Bytes];
        Node(left, right, hash);
        return hash;
    }

    /// <param name="hash">May be one of the two.</param>
    public static void Node(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, Span<byte> hash)
    {
        Span<byte> input = stackalloc byte[1 + (2 * Bytes)];
        input[0] = 1;
        left.CopyTo(input[1..]);
        right.CopyTo(input[(1 + Bytes)..]);
        SHA256.HashData(input, hash);
    }
}
