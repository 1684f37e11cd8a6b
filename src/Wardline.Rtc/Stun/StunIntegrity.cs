using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Wardline.Rtc.Stun;

/// <summary>
/// MESSAGE-INTEGRITY (RFC 8489 §14.5: HMAC-SHA1 with the password as key) and FINGERPRINT (§14.7). Both cover the
/// message up to themselves, with the header's length as if they were its last attribute.
/// </summary>
/// <remarks>
/// SHA-1 is what ICE peers speak (RFC 8445 §7.2.2 uses the short-term credentials of RFC 5389); in an HMAC its
/// collisions do not matter, and what it protects, the path, is protected again by DTLS.
/// </remarks>
internal static class StunIntegrity
{
    public const int HmacBytes = HMACSHA1.HashSizeInBytes;
    private const uint FingerprintMask = 0x5354554E; // "STUN"

    /// <param name="message">The whole datagram.</param>
    /// <param name="attributeAt">Where the MESSAGE-INTEGRITY attribute (not its value) starts.</param>
    public static void Compute(ReadOnlySpan<byte> message, int attributeAt, ReadOnlySpan<byte> key, Span<byte> hmac)
    {
        // The length differs from the one received as soon as FINGERPRINT follows, hence the copy.
        Span<byte> covered = stackalloc byte[StunMessage.MaxBytes];
        covered = covered[..attributeAt];
        message[..attributeAt].CopyTo(covered);
        BinaryPrimitives.WriteUInt16BigEndian(covered[2..], (ushort)(attributeAt + 4 + HmacBytes - StunMessage.HeaderBytes));
        HMACSHA1.HashData(key, covered, hmac);
    }

    public static bool Verify(ReadOnlySpan<byte> message, int attributeAt, ReadOnlySpan<byte> key)
    {
        Span<byte> hmac = stackalloc byte[HmacBytes];
        Compute(message, attributeAt, key, hmac);
        return CryptographicOperations.FixedTimeEquals(hmac, message.Slice(attributeAt + 4, HmacBytes));
    }

    /// <summary>FINGERPRINT is always last, so the length in the header is already right.</summary>
    public static uint Fingerprint(ReadOnlySpan<byte> message, int attributeAt) =>
        Crc32.Compute(message[..attributeAt]) ^ FingerprintMask;
}
