namespace Wardline.Rtc.Dtls;

/// <summary>What is asked of a peer's X.509 certificate inside libssl: that it is the named one, and that its key is worth anything.</summary>
internal static unsafe class PeerCertificate
{
    /// <summary>A key below 112 bits of strength proves nothing (NIST SP 800-131A).</summary>
    private const int MinSecurityBits = 112;

    internal static bool Matches(nint x509, in DtlsFingerprint fingerprint)
    {
        if (x509 == 0)
        {
            return false;
        }

        int length = LibSsl.i2d_X509(x509, null);
        if (length <= 0)
        {
            return false;
        }

        byte[] der = new byte[length];
        fixed (byte* start = der)
        {
            byte* end = start; // i2d moves it
            return LibSsl.i2d_X509(x509, &end) == length && fingerprint.Matches(der);
        }
    }

    internal static bool IsStrong(nint x509)
    {
        nint key = LibSsl.X509_get0_pubkey(x509);
        return key != 0 && LibSsl.EVP_PKEY_get_security_bits(key) >= MinSecurityBits;
    }
}
