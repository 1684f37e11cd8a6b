namespace Wardline.Vault.SealedBlobs;

/// <summary>
/// Seals and opens whole blobs in the wire format of Tink's AES256_GCM_HKDF_1MB (README.md of this folder). What is written
/// piece by piece goes through <see cref="SealingStream"/>, what is read so through <see cref="OpeningStream"/>, and any
/// part of a blob through <see cref="SealedBlobReader"/>.
/// </summary>
public static class SealedBlob
{
    /// <summary>Bytes of the key material of one blob. Its AES key is derived from it and from a salt of the blob's own.</summary>
    public const int KeyBytes = 32;

    /// <summary>How much of a sealed blob authenticates as one piece.</summary>
    public const int SegmentBytes = 1 << 20;

    /// <summary>Bytes of the sealed form of <paramref name="plainLength"/> bytes.</summary>
    public static long SealedLength(long plainLength) => BlobFormat.Standard.SealedLength(plainLength);

    /// <summary>Bytes that a sealed blob of this length holds, if it is whole; false when no blob has this length.</summary>
    public static bool TryPlainLength(long sealedLength, out long plainLength) =>
        BlobFormat.Standard.TryPlainLength(sealedLength, out plainLength, out _);

    /// <summary>Seals all that <paramref name="plain"/> still gives. Reads ahead and writes behind by one segment each, where reading and writing take time.</summary>
    /// <param name="key">32 bytes of key material, for one blob or few.</param>
    /// <param name="associatedData">
    /// what the blob is bound to, such as its name: it opens with the same bytes only. They are not in the blob.
    /// </param>
    /// <param name="progress">told the plain bytes that are done, after each segment.</param>
    /// <returns>Bytes sealed, counted plain.</returns>
    public static Task<long> SealAsync(
        Stream plain, Stream sealedBlob, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> associatedData, IProgress<long>? progress = null, CancellationToken cancel = default) =>
        SealAsync(BlobFormat.Standard, SegmentBuffers.Standard, plain, sealedBlob, key, associatedData, progress, cancel);

    /// <summary>
    /// Opens a whole blob. Each segment is written only after it has authenticated; but a blob that turns out to be cut off or
    /// changed further on has been written up to there: whoever must not use a part waits for the end.
    /// </summary>
    /// <returns>Bytes opened.</returns>
    /// <exception cref="VaultException"><c>vault.blob-header</c>, <c>vault.blob-segment</c>, <c>vault.blob-truncated</c>.</exception>
    public static Task<long> OpenAsync(
        Stream sealedBlob, Stream plain, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> associatedData, IProgress<long>? progress = null, CancellationToken cancel = default) =>
        OpenAsync(BlobFormat.Standard, SegmentBuffers.Standard, sealedBlob, plain, key, associatedData, progress, cancel);

    internal static async Task<long> SealAsync(
        BlobFormat format, SegmentBuffers buffers, Stream plain, Stream sealedBlob, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> associatedData, IProgress<long>? progress, CancellationToken cancel)
    {
        using SegmentCipher cipher = SegmentCipher.ForNew(format, key.Span, associatedData.Span);
        return await SealAsync(format, buffers, cipher, plain, sealedBlob, progress, cancel);
    }

    internal static Task<long> SealAsync(
        BlobFormat format, SegmentBuffers buffers, SegmentCipher cipher, Stream plain, Stream sealedBlob, IProgress<long>? progress, CancellationToken cancel) =>
        SegmentPump.RunAsync(
            buffers,
            plain,
            sealedBlob,
            segment => (format.CipherStart(segment), format.PlainBytes(segment)),
            (buffer, count, segment, last) =>
            {
                int start = format.CipherStart(segment);
                if (segment == 0)
                {
                    cipher.Header.CopyTo(buffer);
                }

                cipher.Seal(buffer.AsSpan(start, count + BlobFormat.TagBytes), segment, last);
                return (0, start + count + BlobFormat.TagBytes, count);
            },
            progress,
            cancel);

    internal static async Task<long> OpenAsync(
        BlobFormat format, SegmentBuffers buffers, Stream sealedBlob, Stream plain, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> associatedData, IProgress<long>? progress, CancellationToken cancel)
    {
        SegmentCipher? cipher = null;
        try
        {
            return await SegmentPump.RunAsync(
                buffers,
                sealedBlob,
                plain,
                _ => (0, format.SegmentBytes),
                (buffer, count, segment, last) =>
                {
                    cipher ??= SegmentCipher.For(format, buffer.AsSpan(0, count), key.Span, associatedData.Span);
                    int start = format.CipherStart(segment);
                    cipher.Open(buffer.AsSpan(start, count - start), segment, last, buffers);
                    int opened = count - start - BlobFormat.TagBytes;
                    return (start, opened, opened);
                },
                progress,
                cancel);
        }
        finally
        {
            cipher?.Dispose();
        }
    }
}
