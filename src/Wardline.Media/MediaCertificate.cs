using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Wardline.Media;

/// <summary>
/// The DTLS certificate of one run of the server: its own, P-256, signed by itself, never on disk. Its hash goes to the
/// browsers through the signaling (RFC 8827 §6.5), so nobody needs to know it before or after.
/// </summary>
internal static class MediaCertificate
{
    // RFC 8827 §6.5 wants less than a year; a server restarts sooner or warns by failing handshakes.
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(365);

    /// <param name="use">Gets X.509 DER and RFC 5915 ECPrivateKey DER; the key's bytes are wiped afterwards.</param>
    public static TResult Create<TResult>(TimeProvider time, Func<byte[], byte[], TResult> use)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        // A name that says nothing: the certificate passes in the clear in DTLS 1.2.
        CertificateRequest request = new("CN=webrtc", key, HashAlgorithmName.SHA256);
        DateTimeOffset now = time.GetUtcNow();
        using X509Certificate2 certificate = request.CreateSelfSigned(now.AddDays(-1), now + Lifetime);
        byte[] privateKey = key.ExportECPrivateKey();
        try
        {
            return use(certificate.RawData, privateKey);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(privateKey);
        }
    }
}
