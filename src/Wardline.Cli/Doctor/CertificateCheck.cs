using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Wardline.Cli.Doctor;

internal static class CertificateCheck
{
    private static readonly TimeSpan Soon = TimeSpan.FromDays(21);

    public static IReadOnlyList<Finding> Run(Subject subject, TimeProvider time)
    {
        string path = subject.Instance.Certificate;
        const string Remedy = "Set Tls__Certificate and Tls__Key, or delete tls/ in the data root and restart to have a new one made.";
        if (!File.Exists(path))
        {
            return [new("certificate", Verdict.Failed, $"There is no certificate at {path}.", "Start the server once; it makes one. Or set Tls__Certificate and Tls__Key.")];
        }

        try
        {
            using X509Certificate2 certificate = X509Certificate2.CreateFromPem(File.ReadAllText(path));
            DateTime now = time.GetUtcNow().UtcDateTime;
            List<Finding> findings = [];
            string until = certificate.NotAfter.ToUniversalTime().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            if (certificate.NotAfter.ToUniversalTime() <= now)
            {
                findings.Add(new("certificate", Verdict.Failed, $"The certificate expired on {until}.", Remedy));
            }
            else if (certificate.NotBefore.ToUniversalTime() > now)
            {
                findings.Add(new("certificate", Verdict.Failed, "The certificate is not valid yet.", "Correct the clock, or the certificate."));
            }
            else
            {
                findings.Add(certificate.NotAfter.ToUniversalTime() - now < Soon
                    ? new("certificate", Verdict.Warning, $"The certificate expires on {until}.", "Renew it; the server's own one is renewed at its next start.")
                    : new("certificate", Verdict.Ok, $"The certificate is valid until {until}."));
            }

            findings.Add(certificate.MatchesHostname(subject.Instance.Host)
                ? new("certificate", Verdict.Ok, $"The certificate names {subject.Instance.Host}.")
                : new("certificate", Verdict.Failed, $"The certificate does not name {subject.Instance.Host}.", Remedy));
            if (certificate.Subject == certificate.Issuer)
            {
                findings.Add(new("certificate", Verdict.Warning, "The certificate is of this machine's own making: browsers ask before they open the page.", "For other people, set Tls__Certificate and Tls__Key to one that their browsers trust."));
            }

            return findings;
        }
        catch (CryptographicException failure)
        {
            return [new("certificate", Verdict.Failed, $"{path} cannot be read as a certificate ({failure.Message}).", Remedy)];
        }
    }
}
