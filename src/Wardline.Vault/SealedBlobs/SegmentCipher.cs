using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Wardline.Vault.SealedBlobs;

/// <summary>The key of one blob: seals and opens its segments where they lie. Not for two threads at once.</summary>
internal sealed class SegmentCipher : IDisposable
{
    private readonly BlobFormat _format;
    private readonly byte[] _header;
    private readonly AesGcm _aes;

    private SegmentCipher(BlobFormat format, byte[] header, ReadOnlySpan<byte> keyMaterial, ReadOnlySpan<byte> associatedData)
    {
        _format = format;
        _header = header;
        Span<byte> key = stackalloc byte[32];
        key = key[..format.DerivedKeyBytes];
        HKDF.DeriveKey(format.Hash, keyMaterial, key, Salt, associatedData); // RFC 5869; info is the associated data
        _aes = new AesGcm(key, BlobFormat.TagBytes);
        CryptographicOperations.ZeroMemory(key);
    }

    public ReadOnlySpan<byte> Header => _header;

    private ReadOnlySpan<byte> Salt => _header.AsSpan(1, _format.DerivedKeyBytes);

    private ReadOnlySpan<byte> NoncePrefix => _header.AsSpan(1 + _format.DerivedKeyBytes, BlobFormat.NoncePrefixBytes);

    /// <summary>For a new blob: salt and nonce prefix are drawn, so that no two blobs share a key.</summary>
    public static SegmentCipher ForNew(BlobFormat format, ReadOnlySpan<byte> keyMaterial, ReadOnlySpan<byte> associatedData)
    {
        byte[] header = new byte[format.HeaderBytes];
        RandomNumberGenerator.Fill(header);
        header[0] = (byte)header.Length;
        return With(format, header, keyMaterial, associatedData);
    }

    /// <summary>For a blob that begins with <paramref name="header"/>.</summary>
    /// <exception cref="VaultException"><c>vault.blob-header</c>: no sealed blob begins so.</exception>
    public static SegmentCipher For(BlobFormat format, ReadOnlySpan<byte> header, ReadOnlySpan<byte> keyMaterial, ReadOnlySpan<byte> associatedData)
    {
        // The length follows from the key; the byte is redundant and is checked.
        if (header.Length < format.HeaderBytes || header[0] != format.HeaderBytes)
        {
            throw BlobErrors.Header();
        }

        return With(format, header[..format.HeaderBytes].ToArray(), keyMaterial, associatedData);
    }

    /// <param name="buffer">plain bytes, and room for the tag behind them; sealed in place.</param>
    public void Seal(Span<byte> buffer, long segment, bool last)
    {
        Span<byte> nonce = stackalloc byte[BlobFormat.NonceBytes];
        WriteNonce(nonce, segment, last);
        Span<byte> plain = buffer[..^BlobFormat.TagBytes];
        _aes.Encrypt(nonce, plain, plain, buffer[^BlobFormat.TagBytes..]);
    }

    /// <summary>
    /// Opens a segment where it lies. The last one is tried again as a middle one before it is refused: that tells a blob that
    /// was cut off between two segments from one that was changed.
    /// </summary>
    /// <exception cref="VaultException"><c>vault.blob-segment</c>, <c>vault.blob-truncated</c>.</exception>
    public void Open(Span<byte> buffer, long segment, bool last, SegmentBuffers spares)
    {
        // The last segment is empty only when the blob is: one blob has one sealed length.
        if (buffer.Length < BlobFormat.TagBytes + (segment == 0 ? 0 : 1))
        {
            throw BlobErrors.Truncated();
        }

        if (!last || buffer.Length < _format.SegmentBytes - _format.CipherStart(segment))
        {
            if (!TryOpen(buffer, segment, last))
            {
                throw BlobErrors.Segment(segment);
            }

            return;
        }

        // A full segment at the end: rare enough for a copy.
        byte[] spare = spares.Rent();
        try
        {
            Span<byte> copy = spare.AsSpan(0, buffer.Length);
            buffer.CopyTo(copy);
            if (!TryOpen(buffer, segment, last: true))
            {
                throw TryOpen(copy, segment, last: false) ? BlobErrors.Truncated() : BlobErrors.Segment(segment);
            }
        }
        finally
        {
            spares.Return(spare);
        }
    }

    public void Dispose() => _aes.Dispose();

    private static SegmentCipher With(BlobFormat format, byte[] header, ReadOnlySpan<byte> keyMaterial, ReadOnlySpan<byte> associatedData)
    {
        if (keyMaterial.Length != format.KeyBytes)
        {
            throw new ArgumentException($"The key material of a sealed blob has {format.KeyBytes} bytes, not {keyMaterial.Length}.", nameof(keyMaterial));
        }

        return new SegmentCipher(format, header, keyMaterial, associatedData);
    }

    /// <param name="buffer">ciphertext and tag; opened in place. What does not authenticate is wiped.</param>
    private bool TryOpen(Span<byte> buffer, long segment, bool last)
    {
        Span<byte> nonce = stackalloc byte[BlobFormat.NonceBytes];
        WriteNonce(nonce, segment, last);
        Span<byte> cipher = buffer[..^BlobFormat.TagBytes];
        try
        {
            _aes.Decrypt(nonce, cipher, buffer[^BlobFormat.TagBytes..], cipher);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            CryptographicOperations.ZeroMemory(cipher);
            return false;
        }
    }

    private void WriteNonce(Span<byte> nonce, long segment, bool last)
    {
        if (segment is < 0 or >= BlobFormat.MaxSegments)
        {
            throw BlobErrors.TooLong();
        }

        NoncePrefix.CopyTo(nonce);
        BinaryPrimitives.WriteUInt32BigEndian(nonce[BlobFormat.NoncePrefixBytes..], (uint)segment);
        nonce[^1] = last ? (byte)1 : (byte)0;
    }
}
