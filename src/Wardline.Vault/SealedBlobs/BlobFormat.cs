using System.Security.Cryptography;

namespace Wardline.Vault.SealedBlobs;

// Tink, "AES-GCM-HKDF Streaming AEAD":
//
//   ◄──────────── SegmentBytes ───────────►◄──── SegmentBytes ────►     ◄─ at most ─►
//   ┌─────────────────────┬────────────────┬───────────────────────┬─…─┬─────────────┐
//   │ header              │ segment 0      │ segment 1             │   │ segment n-1 │
//   └─────────────────────┴────────────────┴───────────────────────┴─…─┴─────────────┘
//   header:  length of the header (1) ‖ salt (DerivedKeyBytes) ‖ nonce prefix (7)
//   segment: AES-GCM ciphertext ‖ tag (16), no associated data
//   nonce:   nonce prefix (7) ‖ number of the segment, big endian (4) ‖ 1 for the last segment, else 0 (1)
//   key:     HKDF(key material, salt, info = associated data of the blob)

/// <summary>The parameters of the format and what follows from them: where each segment lies.</summary>
/// <param name="KeyBytes">of the key material.</param>
/// <param name="DerivedKeyBytes">of a blob's own AES key and of its salt: 16 or 32.</param>
/// <param name="Hash">of HKDF.</param>
/// <param name="SegmentBytes">of a sealed segment with its tag; the first one shares them with the header.</param>
internal sealed record BlobFormat(int KeyBytes, int DerivedKeyBytes, HashAlgorithmName Hash, int SegmentBytes)
{
    public const int TagBytes = 16;
    public const int NoncePrefixBytes = 7;
    public const int NonceBytes = 12;

    /// <summary>The number of a segment has 32 bits.</summary>
    public const long MaxSegments = 1L << 32;

    /// <summary>AES256_GCM_HKDF_1MB: the only format that Wardline writes. The others are for the published vectors, and for tests.</summary>
    public static BlobFormat Standard { get; } = new(KeyBytes: 32, DerivedKeyBytes: 32, HashAlgorithmName.SHA256, SegmentBytes: 1 << 20);

    public int HeaderBytes => 1 + DerivedKeyBytes + NoncePrefixBytes;

    public long MaxPlainLength => (MaxSegments * PlainBytes(1)) - HeaderBytes;

    /// <summary>Whether Tink would take such a key: its own rules.</summary>
    public bool IsValid =>
        DerivedKeyBytes is 16 or 32 && KeyBytes >= DerivedKeyBytes && SegmentBytes > DerivedKeyBytes + 24 &&
        (Hash == HashAlgorithmName.SHA1 || Hash == HashAlgorithmName.SHA256 || Hash == HashAlgorithmName.SHA512);

    /// <summary>Where the ciphertext of a segment begins within its <see cref="SegmentBytes"/>.</summary>
    public int CipherStart(long segment) => segment == 0 ? HeaderBytes : 0;

    /// <summary>The most bytes that a segment holds; every one but the last holds exactly so many.</summary>
    public int PlainBytes(long segment) => SegmentBytes - CipherStart(segment) - TagBytes;

    /// <summary>The first plain byte of a segment, counted from the first one of the blob.</summary>
    public long PlainStart(long segment) => segment == 0 ? 0 : (segment * PlainBytes(1)) - HeaderBytes;

    /// <summary>The segment that holds a plain byte, or would hold it if the blob were longer.</summary>
    public long SegmentAt(long plainOffset) => (plainOffset + HeaderBytes) / PlainBytes(1);

    /// <summary>Segments of a blob of so many plain bytes; the last one is empty only when the blob is.</summary>
    public long SegmentsFor(long plainLength) => plainLength == 0 ? 1 : SegmentAt(plainLength - 1) + 1;

    public long SealedLength(long plainLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(plainLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(plainLength, MaxPlainLength);
        return HeaderBytes + plainLength + (SegmentsFor(plainLength) * TagBytes);
    }

    /// <summary>False when no blob has this length.</summary>
    public bool TryPlainLength(long sealedLength, out long plainLength, out long segments)
    {
        segments = Math.Max(1, (sealedLength + SegmentBytes - 1) / SegmentBytes);
        plainLength = sealedLength - HeaderBytes - (segments * TagBytes);
        return plainLength >= 0 && segments <= MaxSegments && SegmentsFor(plainLength) == segments;
    }
}
