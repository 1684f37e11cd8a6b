using System.Security.Cryptography;
using Wardline.Rtc.Dtls;

namespace Wardline.Rtc.Srtp;

/// <summary>
/// One AES-GCM key in one direction, in an EVP context that keeps the expanded key: per packet only the nonce is set.
/// That, and leaving OpenSSL's error queue alone unless something fails, makes it twice as fast as
/// <see cref="AesGcm"/>.
/// </summary>
internal sealed unsafe class GcmContext : IDisposable
{
    internal const int NonceBytes = 12;
    internal const int TagBytes = 16;

    private readonly bool _encrypt;
    private nint _context;

    internal GcmContext(ReadOnlySpan<byte> key, bool encrypt)
    {
        _encrypt = encrypt;
        _context = LibCrypto.EVP_CIPHER_CTX_new();
        nint cipher = key.Length == 32 ? LibCrypto.EVP_aes_256_gcm() : LibCrypto.EVP_aes_128_gcm();
        fixed (byte* bytes = key)
        {
            OpenSslErrors.Require(
                LibCrypto.EVP_CipherInit_ex(_context, cipher, 0, bytes, null, encrypt ? 1 : 0) == 1,
                "AES-GCM");
        }
    }

    /// <summary>Encrypts <paramref name="length"/> bytes and writes the tag; <paramref name="to"/> may be <paramref name="from"/>.</summary>
    internal bool Seal(byte* nonce, byte* aad, int aadLength, byte* aad2, int aad2Length, byte* from, int length, byte* to, byte* tag)
    {
        int written;
        return _context != 0 && _encrypt &&
            LibCrypto.EVP_CipherInit_ex(_context, 0, 0, null, nonce, -1) == 1 &&
            LibCrypto.EVP_CipherUpdate(_context, null, &written, aad, aadLength) == 1 &&
            (aad2Length == 0 || LibCrypto.EVP_CipherUpdate(_context, null, &written, aad2, aad2Length) == 1) &&
            (length == 0 || LibCrypto.EVP_CipherUpdate(_context, to, &written, from, length) == 1) &&
            LibCrypto.EVP_CipherFinal_ex(_context, to + length, &written) == 1 &&
            LibCrypto.EVP_CIPHER_CTX_ctrl(_context, LibCrypto.CtrlAeadGetTag, TagBytes, tag) == 1 || Failed();
    }

    /// <summary>Decrypts in place and compares the tag in constant time.</summary>
    internal bool Open(byte* nonce, byte* aad, int aadLength, byte* aad2, int aad2Length, byte* data, int length, byte* tag)
    {
        int written;
        return _context != 0 && !_encrypt &&
            LibCrypto.EVP_CipherInit_ex(_context, 0, 0, null, nonce, -1) == 1 &&
            LibCrypto.EVP_CIPHER_CTX_ctrl(_context, LibCrypto.CtrlAeadSetTag, TagBytes, tag) == 1 &&
            LibCrypto.EVP_CipherUpdate(_context, null, &written, aad, aadLength) == 1 &&
            (aad2Length == 0 || LibCrypto.EVP_CipherUpdate(_context, null, &written, aad2, aad2Length) == 1) &&
            (length == 0 || LibCrypto.EVP_CipherUpdate(_context, data, &written, data, length) == 1) &&
            LibCrypto.EVP_CipherFinal_ex(_context, data + length, &written) == 1 || Failed();
    }

    /// <summary>Frees the context, which wipes the key.</summary>
    public void Dispose()
    {
        LibCrypto.EVP_CIPHER_CTX_free(_context);
        _context = 0;
    }

    private static bool Failed()
    {
        LibCrypto.ERR_clear_error();
        return false;
    }
}
