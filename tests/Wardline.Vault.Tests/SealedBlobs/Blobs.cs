using System.Security.Cryptography;
using Wardline.Vault.SealedBlobs;

namespace Wardline.Vault.Tests.SealedBlobs;

/// <summary>Blobs of a small format, so that every byte of them can be tried: 32 plain bytes in the first segment, 72 in each other.</summary>
internal sealed class Blobs
{
    public static readonly BlobFormat Small = new(KeyBytes: 32, DerivedKeyBytes: 32, HashAlgorithmName.SHA256, SegmentBytes: 88);

    public static readonly byte[] Bound = "tenant/recordings/1"u8.ToArray();

    /// <summary>Of an empty blob, blobs that end just before, on and after the end of a segment, and some between.</summary>
    public static readonly int[] SmallLengths = [0, 1, 31, 32, 33, 103, 104, 105, 175, 176, 177, 300];

    public SegmentBuffers Pool { get; } = new(Small.SegmentBytes, keep: 4);

    public byte[] Key { get; } = SHA256.HashData("the key of this blob"u8);

    /// <summary>Every way of opening a whole blob: its plain bytes, or what each of them throws.</summary>
    public static IReadOnlyList<string> Ways { get; } = ["copied", "streamed", "read anywhere"];

    public static byte[] Plain(int length, int seed = 1)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public async Task<byte[]> SealAsync(byte[] plain)
    {
        using MemoryStream sealedBlob = new();
        long count = await SealedBlob.SealAsync(Small, Pool, new MemoryStream(plain), sealedBlob, Key, Bound, null, TestContext.Current.CancellationToken);
        Assert.Equal(plain.Length, count);
        Assert.Equal(Small.SealedLength(plain.Length), sealedBlob.Length);
        return sealedBlob.ToArray();
    }

    /// <param name="before">what was returned before it threw.</param>
    public async Task<byte[]> OpenAsync(string way, byte[] sealedBlob, byte[]? key = null, byte[]? bound = null, MemoryStream? before = null)
    {
        before ??= new MemoryStream();
        CancellationToken cancel = TestContext.Current.CancellationToken;
        switch (way)
        {
            case "copied":
                await SealedBlob.OpenAsync(Small, Pool, new Trickle(sealedBlob), before, key ?? Key, bound ?? Bound, null, cancel);
                break;
            case "streamed":
                await using (OpeningStream stream = new(Small, Pool, new Trickle(sealedBlob), key ?? Key, bound ?? Bound, leaveOpen: false))
                {
                    await stream.CopyToAsync(before, bufferSize: 29, cancel);
                }

                break;
            default:
                await using (SealedBlobReader reader = await SealedBlobReader.OpenAsync(Small, Pool, new MemoryRange(sealedBlob), key ?? Key, bound ?? Bound, leaveOpen: false, cancel))
                {
                    await reader.CopyToAsync(before, bufferSize: 29, cancel);
                    Assert.Equal(reader.Length, before.Length);
                }

                break;
        }

        return before.ToArray();
    }

    public async Task<string> CodeAsync(string way, byte[] sealedBlob, byte[]? key = null, byte[]? bound = null, MemoryStream? before = null)
    {
        VaultException refused = await Assert.ThrowsAsync<VaultException>(() => OpenAsync(way, sealedBlob, key, bound, before));
        Assert.Equal(0, Pool.Lent);
        return refused.Code;
    }
}

/// <summary>A stream that gives a few bytes at a time, as a socket may.</summary>
internal sealed class Trickle(byte[] bytes) : MemoryStream(bytes)
{
    private int _turn;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        base.ReadAsync(buffer[..Math.Min(buffer.Length, 1 + (_turn++ * 7 % 61))], cancellationToken);
}

/// <summary>A blob in memory that remembers what was read of it.</summary>
internal sealed class MemoryRange(byte[] bytes) : IRangeSource
{
    public List<(long Offset, int Count)> Reads { get; } = [];

    public bool Disposed { get; private set; }

    public long Length => bytes.Length;

    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        Reads.Add((offset, buffer.Length));
        bytes.AsSpan((int)offset, buffer.Length).CopyTo(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        Disposed = true;
        return ValueTask.CompletedTask;
    }
}
