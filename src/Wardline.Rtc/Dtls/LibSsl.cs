using System.Runtime.InteropServices;

namespace Wardline.Rtc.Dtls;

/// <summary>
/// The whole of libssl that a DTLS-SRTP endpoint needs (OpenSSL 3.0 ABI). .NET loads the same library, so there is
/// one OpenSSL in the process, and one provider configuration.
/// </summary>
internal static unsafe partial class LibSsl
{
    private const string Ssl = "libssl.so.3";
    private const string Crypto = "libcrypto.so.3";

    internal const int ErrorWantRead = 2;
    internal const int ErrorWantWrite = 3;
    internal const int ErrorSyscall = 5;
    internal const int ErrorZeroReturn = 6;

    internal const int CtrlSetMtu = 17;
    internal const int CtrlMode = 33;
    internal const int CtrlSetSessionCacheMode = 44;
    internal const int CtrlSetMaxCertList = 51;
    internal const int CtrlGetTimeout = 73;
    internal const int CtrlSetGroupsList = 92;
    internal const int CtrlSetSigalgsList = 98;
    internal const int CtrlSetClientSigalgsList = 102;
    internal const int CtrlGetExtendedMasterSecret = 122;
    internal const int CtrlSetMinProtoVersion = 123;
    internal const int CtrlSetMaxProtoVersion = 124;

    internal const int BioCtrlReset = 1;
    internal const int BioCtrlPending = 10;
    internal const int BioSetMemEofReturn = 130;

    internal const ulong OpNoExtendedMasterSecret = 1UL << 0;
    internal const ulong OpNoQueryMtu = 1UL << 12;
    internal const ulong OpNoTicket = 1UL << 14;
    internal const ulong OpCipherServerPreference = 1UL << 22;
    internal const ulong OpNoRenegotiation = 1UL << 30;

    internal const int InfoReadAlert = 0x4000 | 0x04; // SSL_CB_READ_ALERT

    internal const int VerifyPeer = 1;
    internal const int VerifyFailIfNoPeerCert = 2;

    internal const int EvpPkeyRsa = 6;
    internal const int EvpPkeyEc = 408;
    internal const int Dtls12 = 0xFEFD;
    internal const int X509VerifyErrorCertRejected = 28; // becomes the alert bad_certificate
    internal const int ModeReleaseBuffers = 0x10;

    [StructLayout(LayoutKind.Sequential)]
    internal struct TimeVal
    {
        internal nint Seconds;
        internal nint Microseconds;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct SrtpProtectionProfile
    {
        internal nint Name;
        internal CULong Id;
    }

    [LibraryImport(Ssl)] internal static partial nint DTLS_server_method();
    [LibraryImport(Ssl)] internal static partial nint DTLS_client_method();
    [LibraryImport(Ssl)] internal static partial nint SSL_CTX_new(nint method);
    [LibraryImport(Ssl)] internal static partial void SSL_CTX_free(nint context);
    [LibraryImport(Ssl)] internal static partial nint SSL_CTX_ctrl(nint context, int command, nint number, byte* pointer);
    [LibraryImport(Ssl)] internal static partial ulong SSL_CTX_set_options(nint context, ulong options);
    [LibraryImport(Ssl)] internal static partial int SSL_CTX_use_certificate_ASN1(nint context, int length, byte* der);
    [LibraryImport(Ssl)] internal static partial int SSL_CTX_use_PrivateKey_ASN1(int type, nint context, byte* der, CLong length);
    [LibraryImport(Ssl)] internal static partial int SSL_CTX_check_private_key(nint context);
    [LibraryImport(Ssl)] internal static partial int SSL_CTX_set_tlsext_use_srtp(nint context, byte* profiles); // 0 is success
    [LibraryImport(Ssl)] internal static partial int SSL_CTX_set_cipher_list(nint context, byte* list);
    [LibraryImport(Ssl)] internal static partial void SSL_CTX_set_verify(nint context, int mode, nint callback);
    [LibraryImport(Ssl)] internal static partial void SSL_CTX_set_cert_verify_callback(nint context, delegate* unmanaged<nint, nint, int> callback, nint argument);
    [LibraryImport(Ssl)] internal static partial int SSL_get_ex_data_X509_STORE_CTX_idx();
    [LibraryImport(Ssl)] internal static partial nint SSL_new(nint context);
    [LibraryImport(Ssl)] internal static partial void SSL_free(nint ssl);
    [LibraryImport(Ssl)] internal static partial void SSL_set_bio(nint ssl, nint read, nint write);
    [LibraryImport(Ssl)] internal static partial int SSL_set_ex_data(nint ssl, int index, nint data);
    [LibraryImport(Ssl)] internal static partial nint SSL_get_ex_data(nint ssl, int index);
    [LibraryImport(Ssl)] internal static partial void SSL_set_accept_state(nint ssl);
    [LibraryImport(Ssl)] internal static partial void SSL_set_connect_state(nint ssl);
    [LibraryImport(Ssl)] internal static partial nint SSL_ctrl(nint ssl, int command, nint number, void* pointer);
    [LibraryImport(Ssl)] internal static partial int SSL_do_handshake(nint ssl);
    [LibraryImport(Ssl)] internal static partial int SSL_read(nint ssl, byte* buffer, int length);
    [LibraryImport(Ssl)] internal static partial int SSL_shutdown(nint ssl);
    [LibraryImport(Ssl)] internal static partial int SSL_get_shutdown(nint ssl);
    [LibraryImport(Ssl)] internal static partial int SSL_get_error(nint ssl, int result);
    [LibraryImport(Ssl)] internal static partial nint SSL_get_version(nint ssl);
    [LibraryImport(Ssl)] internal static partial nint SSL_get_current_cipher(nint ssl);
    [LibraryImport(Ssl)] internal static partial nint SSL_CIPHER_get_name(nint cipher);
    [LibraryImport(Ssl)] internal static partial SrtpProtectionProfile* SSL_get_selected_srtp_profile(nint ssl);
    [LibraryImport(Ssl)] internal static partial int SSL_export_keying_material(nint ssl, byte* output, nuint outputLength, byte* label, nuint labelLength, byte* context, nuint contextLength, int useContext);
    [LibraryImport(Ssl)] internal static partial nint SSL_get1_peer_certificate(nint ssl);
    [LibraryImport(Ssl)] internal static partial void DTLS_set_timer_cb(nint ssl, delegate* unmanaged<nint, uint, uint> callback);
    [LibraryImport(Ssl)] internal static partial void SSL_set_info_callback(nint ssl, delegate* unmanaged<nint, int, int, void> callback);

    [LibraryImport(Crypto)] internal static partial nint X509_STORE_CTX_get_ex_data(nint context, int index);
    [LibraryImport(Crypto)] internal static partial void X509_STORE_CTX_set_error(nint context, int error);
    [LibraryImport(Crypto)] internal static partial nint X509_STORE_CTX_get0_cert(nint context);
    [LibraryImport(Crypto)] internal static partial nint X509_get0_pubkey(nint certificate);
    [LibraryImport(Crypto)] internal static partial int EVP_PKEY_get_security_bits(nint key);
    [LibraryImport(Crypto)] internal static partial int i2d_X509(nint certificate, byte** output);
    [LibraryImport(Crypto)] internal static partial void X509_free(nint certificate);
    [LibraryImport(Crypto)] internal static partial nint BIO_s_mem();
    [LibraryImport(Crypto)] internal static partial nint BIO_new(nint method);
    [LibraryImport(Crypto)] internal static partial int BIO_write(nint bio, byte* data, int length);
    [LibraryImport(Crypto)] internal static partial int BIO_read(nint bio, byte* data, int length);
    [LibraryImport(Crypto)] internal static partial CLong BIO_ctrl(nint bio, int command, CLong number, nint pointer);
    [LibraryImport(Crypto)] internal static partial CULong ERR_get_error();
    [LibraryImport(Crypto)] internal static partial CULong ERR_peek_error();
    [LibraryImport(Crypto)] internal static partial void ERR_clear_error();
    [LibraryImport(Crypto)] internal static partial void ERR_error_string_n(CULong error, byte* buffer, nuint length);
}
