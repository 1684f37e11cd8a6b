using System.Security.Cryptography;

namespace Wardline.Vault.Fields;

/// <summary>
/// XAES-256-GCM (C2SP, c2sp.org/XAES-256-GCM): AES-256-GCM under a key of the message's own, which the KDF of NIST SP 800-108r1
/// with CMAC-AES256 makes of the key and the first half of a 192-bit nonce. Nonces are drawn, and 2⁸⁰ messages under one key
/// collide with a chance of 2⁻³²: nobody has to count messages. Not for two threads at once.
/// </summary>
/// <remarks>
/// <code>
///  0                       24                  24 + n            40 + n
/// ┌───────────────────────┬───────────────────┬─────────────────┐
/// │ nonce                 │ ciphertext        │ tag             │
/// └───────────────────────┴───────────────────┴─────────────────┘
/// </code>
/// </remarks>
internal sealed class Xaes256Gcm : IDisposable
{
    public const int KeyBytes = 32;
    public const int NonceBytes = 24;
    public const int TagBytes = 16;
    public const int OverheadBytes = NonceBytes + TagBytes;

    private const int BlockBytes = 16;
    private const int HalfNonceBytes = 12;

    private readonly Aes _aes = Aes.Create();
    private readonly byte[] _cmacSubkey = new byte[BlockBytes]; // K1 of NIST SP 800-38B §6.1

    public Xaes256Gcm(ReadOnlySpan<byte> key)
    {
        if (key.Length != KeyBytes)
        {
            throw new ArgumentException($"A key of XAES-256-GCM has {KeyBytes} bytes, not {key.Length}.", nameof(key));
        }

        _aes.SetKey(key);
        Span<byte> zero = stackalloc byte[BlockBytes];
        zero.Clear();
        _aes.EncryptEcb(zero, _cmacSubkey, PaddingMode.None);
        Double(_cmacSubkey);
    }

    /// <summary>Draws a nonce and writes nonce, ciphertext and tag: <see cref="OverheadBytes"/> more than <paramref name="plain"/>.</summary>
    public void Seal(ReadOnlySpan<byte> plain, ReadOnlySpan<byte> associatedData, Span<byte> destination)
    {
        RandomNumberGenerator.Fill(destination[..NonceBytes]);
        Encrypt(destination[..NonceBytes], plain, associatedData, destination.Slice(NonceBytes, plain.Length), destination.Slice(NonceBytes + plain.Length, TagBytes));
    }

    /// <summary>The reverse of <see cref="Seal"/>. False, and nothing is in <paramref name="plain"/>, when it does not authenticate.</summary>
    public bool TryOpen(ReadOnlySpan<byte> box, ReadOnlySpan<byte> associatedData, Span<byte> plain)
    {
        if (box.Length < OverheadBytes)
        {
            return false;
        }

        Span<byte> derived = stackalloc byte[KeyBytes];
        DeriveKey(box[..NonceBytes], derived);
        using AesGcm gcm = new(derived, TagBytes);
        CryptographicOperations.ZeroMemory(derived);
        Span<byte> opened = plain[..(box.Length - OverheadBytes)];
        try
        {
            gcm.Decrypt(box[HalfNonceBytes..NonceBytes], box[NonceBytes..^TagBytes], box[^TagBytes..], opened, associatedData);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            CryptographicOperations.ZeroMemory(opened);
            return false;
        }
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_cmacSubkey);
        _aes.Dispose();
    }

    /// <summary>With a nonce that is given: what <see cref="Seal"/> stands on, and what published vectors are held against.</summary>
    internal void Encrypt(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plain, ReadOnlySpan<byte> associatedData, Span<byte> ciphertext, Span<byte> tag)
    {
        Span<byte> derived = stackalloc byte[KeyBytes];
        DeriveKey(nonce, derived);
        using AesGcm gcm = new(derived, TagBytes);
        CryptographicOperations.ZeroMemory(derived);
        gcm.Encrypt(nonce[HalfNonceBytes..], plain, ciphertext, tag, associatedData);
    }

    // "Detailed key derivation algorithm", steps 3 to 5: two blocks, 0x00 || i || 'X' || 0x00 || N[:12], each under CMAC.
    private void DeriveKey(ReadOnlySpan<byte> nonce, Span<byte> derived)
    {
        Span<byte> blocks = stackalloc byte[2 * BlockBytes];
        for (int i = 0; i < 2; i++)
        {
            Span<byte> block = blocks.Slice(i * BlockBytes, BlockBytes);
            block[0] = 0;
            block[1] = (byte)(i + 1);
            block[2] = (byte)'X';
            block[3] = 0;
            nonce[..HalfNonceBytes].CopyTo(block[4..]);
            for (int j = 0; j < BlockBytes; j++)
            {
                block[j] ^= _cmacSubkey[j];
            }
        }

        _aes.EncryptEcb(blocks, derived, PaddingMode.None);
    }

    // NIST SP 800-38B §6.1: doubling in GF(2¹²⁸), without a branch on the secret bit.
    private static void Double(Span<byte> block)
    {
        int carry = -(block[0] >> 7);
        for (int i = 0; i < BlockBytes - 1; i++)
        {
            block[i] = (byte)((block[i] << 1) | (block[i + 1] >> 7));
        }

        block[^1] = (byte)((block[^1] << 1) ^ (carry & 0b1000_0111));
    }
}
