using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Wardline.Vault.SealedBlobs;

/// <summary>
/// Buffers of one segment each, which are used again. They are pinned, so that no collection leaves copies of plain text
/// behind, and wiped when they come back.
/// </summary>
/// <param name="bytes">of a segment; a buffer has a few more, for who looks whether anything follows.</param>
/// <param name="keep">buffers that are kept for the next blobs.</param>
internal sealed class SegmentBuffers(int bytes, int keep)
{
    private const int More = 16;

    private readonly ConcurrentBag<byte[]> _free = [];
    private int _count;
    private int _lent;

    /// <summary>For <see cref="BlobFormat.Standard"/>; keeps at most 32 MiB for the next blobs.</summary>
    public static SegmentBuffers Standard { get; } = new(BlobFormat.Standard.SegmentBytes, keep: 32);

    /// <summary>Buffers that are out: 0 when every stream has been disposed of.</summary>
    public int Lent => Volatile.Read(ref _lent);

    public static SegmentBuffers For(BlobFormat format) => format == BlobFormat.Standard ? Standard : new SegmentBuffers(format.SegmentBytes, keep: 8);

    public byte[] Rent()
    {
        Interlocked.Increment(ref _lent);
        if (_free.TryTake(out byte[]? buffer))
        {
            Interlocked.Decrement(ref _count);
            return buffer;
        }

        return GC.AllocateUninitializedArray<byte>(bytes + More, pinned: true);
    }

    public void Return(byte[] buffer)
    {
        CryptographicOperations.ZeroMemory(buffer);
        Interlocked.Decrement(ref _lent);
        if (Interlocked.Increment(ref _count) <= keep)
        {
            _free.Add(buffer);
        }
        else
        {
            Interlocked.Decrement(ref _count);
        }
    }
}
