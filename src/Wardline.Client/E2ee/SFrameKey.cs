using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Wardline.Client.E2ee;

/// <summary>Key and salt of one KID for AES_256_GCM_SHA512_128, suite 0x0005 (RFC 9605 §4.4.2).</summary>
internal sealed class SFrameKey : IDisposable
{
    public const int TagBytes = 16;
    private const int NonceBytes = 12;
    private const ushort Suite = 0x0005;
    private const int MaxMetadataBytes = 64;
    private readonly AesGcm _aead;
    private readonly byte[] _salt;

    public SFrameKey(ulong keyId, ReadOnlySpan<byte> baseKey)
    {
        KeyId = keyId;
        Span<byte> key = stackalloc byte[32];
        _salt = new byte[NonceBytes];
        DeriveKey(keyId, baseKey, key);
        DeriveSalt(keyId, baseKey, _salt);
        _aead = new AesGcm(key, TagBytes);
        CryptographicOperations.ZeroMemory(key);
    }

    public ulong KeyId { get; }

    public static void DeriveKey(ulong keyId, ReadOnlySpan<byte> baseKey, Span<byte> key) =>
        Derive("SFrame 1.0 Secret key ", keyId, baseKey, key);

    public static void DeriveSalt(ulong keyId, ReadOnlySpan<byte> baseKey, Span<byte> salt) =>
        Derive("SFrame 1.0 Secret salt ", keyId, baseKey, salt);

    /// <summary>Writes header ‖ ciphertext ‖ tag and returns its length. The caller never uses a counter twice with one key.</summary>
    public int Seal(ulong counter, ReadOnlySpan<byte> metadata, ReadOnlySpan<byte> plaintext, Span<byte> destination)
    {
        int header = SFrameHeader.Write(KeyId, counter, destination);
        Span<byte> nonce = stackalloc byte[NonceBytes];
        Nonce(counter, nonce);
        Span<byte> additional = stackalloc byte[SFrameHeader.MaxBytes + MaxMetadataBytes];
        int length = Additional(destination[..header], metadata, additional);
        _aead.Encrypt(
            nonce, plaintext, destination.Slice(header, plaintext.Length),
            destination.Slice(header + plaintext.Length, TagBytes), additional[..length]);
        return header + plaintext.Length + TagBytes;
    }

    /// <summary>False when header, metadata, ciphertext or tag are not those that were sealed.</summary>
    public bool TryOpen(in SFrameHeader header, ReadOnlySpan<byte> data, ReadOnlySpan<byte> metadata, Span<byte> destination, out int length)
    {
        length = data.Length - header.Length - TagBytes;
        if (header.KeyId != KeyId || length < 0 || destination.Length < length)
        {
            length = 0;
            return false;
        }

        Span<byte> nonce = stackalloc byte[NonceBytes];
        Nonce(header.Counter, nonce);
        Span<byte> additional = stackalloc byte[SFrameHeader.MaxBytes + MaxMetadataBytes];
        int additionalBytes = Additional(data[..header.Length], metadata, additional);
        try
        {
            _aead.Decrypt(nonce, data.Slice(header.Length, length), data[^TagBytes..], destination[..length], additional[..additionalBytes]);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            length = 0;
            return false;
        }
    }

    public void Dispose()
    {
        _aead.Dispose();
        CryptographicOperations.ZeroMemory(_salt);
    }

    // RFC 9605 §4.4.3: salt XOR the counter as a 12-byte big-endian number.
    private void Nonce(ulong counter, Span<byte> nonce)
    {
        _salt.CopyTo(nonce);
        Span<byte> low = nonce[4..];
        BinaryPrimitives.WriteUInt64BigEndian(low, BinaryPrimitives.ReadUInt64BigEndian(low) ^ counter);
    }

    private static int Additional(ReadOnlySpan<byte> header, ReadOnlySpan<byte> metadata, Span<byte> destination)
    {
        header.CopyTo(destination);
        metadata.CopyTo(destination[header.Length..]);
        return header.Length + metadata.Length;
    }

    private static void Derive(string label, ulong keyId, ReadOnlySpan<byte> baseKey, Span<byte> output)
    {
        Span<byte> info = stackalloc byte[48];
        int at = Encoding.ASCII.GetBytes(label, info);
        BinaryPrimitives.WriteUInt64BigEndian(info[at..], keyId);
        BinaryPrimitives.WriteUInt16BigEndian(info[(at + 8)..], Suite);
        HKDF.DeriveKey(HashAlgorithmName.SHA512, baseKey, output, salt: [], info[..(at + 10)]);
    }
}
