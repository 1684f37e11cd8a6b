using System.Runtime.InteropServices;

namespace Wardline.Rtc.Srtp;

/// <summary>The part of libcrypto's EVP interface that protects packets (OpenSSL 3.0 ABI).</summary>
internal static unsafe partial class LibCrypto
{
    private const string Crypto = "libcrypto.so.3";

    internal const int CtrlAeadGetTag = 0x10;
    internal const int CtrlAeadSetTag = 0x11;

    [LibraryImport(Crypto)] internal static partial nint EVP_aes_128_gcm();
    [LibraryImport(Crypto)] internal static partial nint EVP_aes_256_gcm();
    [LibraryImport(Crypto)] internal static partial nint EVP_aes_128_ctr();
    [LibraryImport(Crypto)] internal static partial nint EVP_CIPHER_CTX_new();
    [LibraryImport(Crypto)] internal static partial void EVP_CIPHER_CTX_free(nint context);
    [LibraryImport(Crypto)] internal static partial int EVP_CipherInit_ex(nint context, nint cipher, nint engine, byte* key, byte* iv, int encrypt);
    [LibraryImport(Crypto)] internal static partial int EVP_CipherUpdate(nint context, byte* output, int* outputLength, byte* input, int inputLength);
    [LibraryImport(Crypto)] internal static partial int EVP_CipherFinal_ex(nint context, byte* output, int* outputLength);
    [LibraryImport(Crypto)] internal static partial int EVP_CIPHER_CTX_ctrl(nint context, int type, int number, void* pointer);
    [LibraryImport(Crypto)] internal static partial void ERR_clear_error();
}
