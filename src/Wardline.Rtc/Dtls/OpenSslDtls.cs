using System.Security.Cryptography;
using System.Text;
using Wardline.Rtc.Srtp;

namespace Wardline.Rtc.Dtls;

/// <summary>
/// DTLS 1.2 on OpenSSL's libssl, and nothing in it that a hospital's cryptography policy would refuse: ephemeral
/// ECDH on P-256 or P-384, ECDSA certificate of our own, AES-GCM, SHA-2, extended master secret. No renegotiation,
/// no tickets, no resumption, no compression.
/// </summary>
public sealed unsafe class OpenSslDtls : IDtlsEngineFactory
{
    // OpenSSL's names. SECLEVEL=2: 112 bits at least, whatever the machine's openssl.cnf says.
    private static ReadOnlySpan<byte> Ciphers => "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:@SECLEVEL=2\0"u8;

    private static ReadOnlySpan<byte> Groups => "P-256:P-384\0"u8;

    // What the peer may sign with. Native clients still come with RSA certificates; SHA-1 never.
    private static ReadOnlySpan<byte> SignatureAlgorithms =>
        "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:RSA-PSS+SHA256:RSA-PSS+SHA384:RSA+SHA256:RSA+SHA384:RSA+SHA512\0"u8;

    private const int MaxPeerCertificateBytes = 16 * 1024;

    private readonly DtlsOptions _options;
    private nint _server;
    private nint _client;

    /// <param name="certificateDer">X.509, with a P-256 key.</param>
    /// <param name="privateKeyDer">Its key as RFC 5915 ECPrivateKey; not kept beyond libssl's own copy.</param>
    /// <param name="options">Bounds; the default refuses every SRTP profile that is not AEAD.</param>
    /// <exception cref="CryptographicException">libssl refuses the certificate, the key, or one of the rules.</exception>
    public OpenSslDtls(ReadOnlySpan<byte> certificateDer, ReadOnlySpan<byte> privateKeyDer, DtlsOptions? options = null)
    {
        _options = options ?? new DtlsOptions();
        Fingerprint = DtlsFingerprint.Of(certificateDer);
        try
        {
            _server = CreateContext(LibSsl.DTLS_server_method(), certificateDer, privateKeyDer);
            bool bare = _options.Quirks is { WithoutCertificate: true } or { Rsa: not null };
            _client = CreateContext(LibSsl.DTLS_client_method(), bare ? default : certificateDer, privateKeyDer);
            ApplyQuirks();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public DtlsFingerprint Fingerprint { get; }

    public IDtlsEngine CreateServer() => new OpenSslDtlsEngine(Alive(_server), server: true, _options);

    public IDtlsEngine CreateClient() => new OpenSslDtlsEngine(Alive(_client), server: false, _options);

    /// <summary>Associations that were made before live on: libssl counts references.</summary>
    public void Dispose()
    {
        LibSsl.SSL_CTX_free(_server);
        LibSsl.SSL_CTX_free(_client);
        _server = _client = 0;
    }

    private nint Alive(nint context)
    {
        ObjectDisposedException.ThrowIf(context == 0, this);
        return context;
    }

    private nint CreateContext(nint method, ReadOnlySpan<byte> certificate, ReadOnlySpan<byte> key)
    {
        nint context = LibSsl.SSL_CTX_new(method);
        OpenSslErrors.Require(context != 0, "SSL_CTX_new");
        try
        {
            OpenSslErrors.Require(LibSsl.SSL_CTX_ctrl(context, LibSsl.CtrlSetMinProtoVersion, LibSsl.Dtls12, null) == 1, "DTLS 1.2");
            LibSsl.SSL_CTX_set_options(
                context,
                LibSsl.OpNoQueryMtu | LibSsl.OpNoTicket | LibSsl.OpNoRenegotiation | LibSsl.OpCipherServerPreference);
            LibSsl.SSL_CTX_ctrl(context, LibSsl.CtrlSetSessionCacheMode, 0, null);
            LibSsl.SSL_CTX_ctrl(context, LibSsl.CtrlSetMaxCertList, MaxPeerCertificateBytes, null);
            LibSsl.SSL_CTX_ctrl(context, LibSsl.CtrlMode, LibSsl.ModeReleaseBuffers, null);
            fixed (byte* ciphers = Ciphers, groups = Groups, algorithms = SignatureAlgorithms)
            {
                OpenSslErrors.Require(LibSsl.SSL_CTX_set_cipher_list(context, ciphers) == 1, "cipher list");
                OpenSslErrors.Require(LibSsl.SSL_CTX_ctrl(context, LibSsl.CtrlSetGroupsList, 0, groups) == 1, "groups");
                OpenSslErrors.Require(LibSsl.SSL_CTX_ctrl(context, LibSsl.CtrlSetSigalgsList, 0, algorithms) == 1, "signature algorithms");
                OpenSslErrors.Require(LibSsl.SSL_CTX_ctrl(context, LibSsl.CtrlSetClientSigalgsList, 0, algorithms) == 1, "client signature algorithms");
            }

            if (!certificate.IsEmpty)
            {
                UseCertificate(context, certificate, key);
            }

            if (_options.Srtp.Profiles.Count > 0)
            {
                fixed (byte* profiles = _options.Srtp.OpenSslNames())
                {
                    OpenSslErrors.Require(LibSsl.SSL_CTX_set_tlsext_use_srtp(context, profiles) == 0, "use_srtp");
                }
            }

            // No chain, no authority: the certificate is whatever the signaling named (RFC 8827 §6.5).
            LibSsl.SSL_CTX_set_verify(context, LibSsl.VerifyPeer | LibSsl.VerifyFailIfNoPeerCert, 0);
            LibSsl.SSL_CTX_set_cert_verify_callback(context, &OpenSslDtlsEngine.VerifyPeer, 0);
            return context;
        }
        catch
        {
            LibSsl.SSL_CTX_free(context);
            throw;
        }
    }

    private static void UseCertificate(nint context, ReadOnlySpan<byte> certificate, ReadOnlySpan<byte> key, int keyType = LibSsl.EvpPkeyEc)
    {
        fixed (byte* der = certificate)
        {
            OpenSslErrors.Require(LibSsl.SSL_CTX_use_certificate_ASN1(context, certificate.Length, der) == 1, "certificate");
        }

        fixed (byte* der = key)
        {
            OpenSslErrors.Require(
                LibSsl.SSL_CTX_use_PrivateKey_ASN1(keyType, context, der, new(key.Length)) == 1 &&
                LibSsl.SSL_CTX_check_private_key(context) == 1,
                "private key");
        }
    }

    private void ApplyQuirks()
    {
        if (_options.Quirks is not { } quirks)
        {
            return;
        }

        if (quirks.Ciphers is not null)
        {
            fixed (byte* list = Encoding.ASCII.GetBytes(quirks.Ciphers + '\0'))
            {
                OpenSslErrors.Require(LibSsl.SSL_CTX_set_cipher_list(_client, list) == 1, "cipher list");
            }
        }

        if (quirks.Groups is not null)
        {
            fixed (byte* list = Encoding.ASCII.GetBytes(quirks.Groups + '\0'))
            {
                OpenSslErrors.Require(LibSsl.SSL_CTX_ctrl(_client, LibSsl.CtrlSetGroupsList, 0, list) == 1, "groups");
            }
        }

        if (quirks.OnlyVersion != 0)
        {
            LibSsl.SSL_CTX_ctrl(_client, LibSsl.CtrlSetMinProtoVersion, quirks.OnlyVersion, null);
            LibSsl.SSL_CTX_ctrl(_client, LibSsl.CtrlSetMaxProtoVersion, quirks.OnlyVersion, null);
        }

        if (quirks.Rsa is { } rsa)
        {
            UseCertificate(_client, rsa.Certificate, rsa.PrivateKey, LibSsl.EvpPkeyRsa);
        }

        if (quirks.WithoutExtendedMasterSecret)
        {
            LibSsl.SSL_CTX_set_options(_client, LibSsl.OpNoExtendedMasterSecret);
        }
    }
}
