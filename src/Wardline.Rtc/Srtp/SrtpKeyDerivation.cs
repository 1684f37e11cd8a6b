using System.Security.Cryptography;

namespace Wardline.Rtc.Srtp;

/// <summary>RFC 3711 §4.3: session keys from a master key, with a key derivation rate of 0 (once for the session's life).</summary>
internal static class SrtpKeyDerivation
{
    // RFC 3711 §4.3.1 and §4.3.2
    internal const byte RtpEncryption = 0x00;
    internal const byte RtpAuthentication = 0x01;
    internal const byte RtpSalt = 0x02;
    internal const byte RtcpEncryption = 0x03;
    internal const byte RtcpAuthentication = 0x04;
    internal const byte RtcpSalt = 0x05;

    /// <summary>
    /// Fills <paramref name="destination"/> with AES-CM keystream under the master key (AES-256 for a 256-bit key,
    /// RFC 6188 §3), starting at IV = (label · 2⁴⁸ XOR salt) · 2¹⁶. A 96-bit salt counts as followed by 16 zero bits
    /// (RFC 7714 §11).
    /// </summary>
    internal static void Derive(ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt, byte label, Span<byte> destination)
    {
        using Aes aes = Aes.Create();
        aes.SetKey(masterKey);
        Span<byte> counter = stackalloc byte[16];
        Span<byte> block = stackalloc byte[16];
        masterSalt.CopyTo(counter);
        counter[7] ^= label;
        for (int i = 0; !destination.IsEmpty; i++)
        {
            counter[15] = (byte)i;
            aes.EncryptEcb(counter, block, PaddingMode.None);
            int length = Math.Min(16, destination.Length);
            block[..length].CopyTo(destination);
            destination = destination[length..];
        }

        CryptographicOperations.ZeroMemory(block);
    }
}
