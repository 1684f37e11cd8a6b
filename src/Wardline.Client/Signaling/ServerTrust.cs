using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Wardline.Client.Signaling;

/// <summary>
/// Whom the client takes for its server: whoever the system's authorities vouch for, or nobody but the holder of one key.
/// A pin is over the public key (SHA-256 of SubjectPublicKeyInfo, as in RFC 7469 §2.4), so a renewed certificate for the
/// same key still fits.
/// </summary>
public sealed class ServerTrust
{
    private readonly byte[]? _pin;

    private ServerTrust(byte[]? pin) => _pin = pin;

    /// <summary>The system's authorities, name and validity checked.</summary>
    public static ServerTrust System { get; } = new(null);

    /// <summary>This key and no other, whoever vouches for another; name and validity are not asked.</summary>
    /// <param name="spkiSha256">32 bytes.</param>
    public static ServerTrust Pinned(ReadOnlySpan<byte> spkiSha256)
    {
        return spkiSha256.Length == SHA256.HashSizeInBytes
            ? new ServerTrust(spkiSha256.ToArray())
            : throw new ArgumentException("A pin has 32 bytes.", nameof(spkiSha256));
    }

    /// <summary>The key of a certificate that lies at hand, as a self-made one does beside its server.</summary>
    /// <param name="path">PEM or DER.</param>
    public static ServerTrust PinnedTo(string path)
    {
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificateFromFile(path);
        return new ServerTrust(PinOf(certificate));
    }

    /// <summary>SHA-256 of SubjectPublicKeyInfo, 32 bytes.</summary>
    public static byte[] PinOf(X509Certificate2 certificate) => SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo());

    /// <summary>One decision for HTTPS, WSS and TURN over TLS.</summary>
    internal bool Accepts(X509Certificate? certificate, SslPolicyErrors errors)
    {
        if (_pin is null)
        {
            return errors == SslPolicyErrors.None;
        }

        return certificate is X509Certificate2 shown && CryptographicOperations.FixedTimeEquals(PinOf(shown), _pin);
    }

    /// <summary>What a refused handshake is called.</summary>
    internal WardlineException Refusal(Exception inner) => _pin is null
        ? new WardlineException("client.untrusted", "Nobody whom this machine trusts vouches for the server's certificate.", inner)
        : new WardlineException("client.pin", "The server showed another key than the pinned one.", inner);
}
