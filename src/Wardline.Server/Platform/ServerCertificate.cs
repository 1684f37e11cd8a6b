using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Wardline.Server.Platform;

/// <summary>
/// The certificate of the HTTPS port: the configured one, or one of this machine's own making (ECDSA P-256) that is kept
/// under <c>tls/</c> in the data root, so that a browser which accepted it once is not asked again after a restart.
/// </summary>
internal static class ServerCertificate
{
    private static readonly TimeSpan SelfMadeLifetime = TimeSpan.FromDays(397);
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);

    public static X509Certificate2 Load(PlatformOptions options, DataRoot data, DateTimeOffset now)
    {
        if (options is { CertificatePath: { } configured, KeyPath: { } configuredKey })
        {
            return X509Certificate2.CreateFromPemFile(configured, configuredKey);
        }

        string path = data.File("tls", "certificate.pem");
        string keyPath = data.File("tls", "key.pem");
        if (File.Exists(path) && File.Exists(keyPath) && TryReuse(path, keyPath, options.Host, now) is { } kept)
        {
            return kept;
        }

        using X509Certificate2 made = Make(options.Host, now);
        using ECDsa key = made.GetECDsaPrivateKey()!;
        DataRoot.WritePrivate(keyPath, Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
        DataRoot.WritePrivate(path, Encoding.ASCII.GetBytes(made.ExportCertificatePem()));
        return X509Certificate2.CreateFromPemFile(path, keyPath);
    }

    private static X509Certificate2? TryReuse(string path, string keyPath, string host, DateTimeOffset now)
    {
        try
        {
            X509Certificate2 kept = X509Certificate2.CreateFromPemFile(path, keyPath);
            if (kept.NotAfter.ToUniversalTime() - RenewBefore > now.UtcDateTime && kept.MatchesHostname(host))
            {
                return kept;
            }

            kept.Dispose();
            return null;
        }
        catch (CryptographicException)
        {
            return null; // half written or damaged: a new one is as good
        }
    }

    private static X509Certificate2 Make(string host, DateTimeOffset now)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(new X500DistinguishedName("CN=Wardline on this machine"), key, HashAlgorithmName.SHA256);

        SubjectAlternativeNameBuilder names = new();
        foreach (string name in new[] { "localhost", host }.Where(n => !IPAddress.TryParse(n, out _)).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            names.AddDnsName(name);
        }

        IEnumerable<IPAddress> asked = IPAddress.TryParse(host, out IPAddress? address) ? [address] : [];
        foreach (IPAddress ip in asked.Concat([IPAddress.Loopback, IPAddress.IPv6Loopback]).Concat(PlatformOptions.HostAddresses()).Distinct())
        {
            names.AddIpAddress(ip);
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        return request.CreateSelfSigned(now.AddMinutes(-5), now + SelfMadeLifetime);
    }
}
