namespace Wardline.Rtc.Srtp;

/// <summary>DTLS-SRTP protection profiles; the values are IANA's (RFC 5764 §4.1.2, RFC 7714 §14.2).</summary>
public enum SrtpProfile : ushort
{
    Aes128CmSha1_80 = 0x0001,
    AeadAes128Gcm = 0x0007,
    AeadAes256Gcm = 0x0008,
}

public static class SrtpProfiles
{
    /// <summary>Master and session encryption key, in bytes.</summary>
    public static int KeyBytes(this SrtpProfile profile) => profile == SrtpProfile.AeadAes256Gcm ? 32 : 16;

    /// <summary>Master and session salt, in bytes: 96 bits for AEAD (RFC 7714 §12), 112 for counter mode (RFC 3711 §4.1.1).</summary>
    public static int SaltBytes(this SrtpProfile profile) => profile == SrtpProfile.Aes128CmSha1_80 ? 14 : 12;

    /// <summary>What protection adds to an RTP packet, in bytes.</summary>
    public static int TagBytes(this SrtpProfile profile) => profile == SrtpProfile.Aes128CmSha1_80 ? 10 : 16;

    public static bool IsAead(this SrtpProfile profile) => profile is SrtpProfile.AeadAes128Gcm or SrtpProfile.AeadAes256Gcm;

    /// <summary>Bytes to export from DTLS for both directions (RFC 5764 §4.2).</summary>
    public static int ExportedBytes(this SrtpProfile profile) => 2 * (profile.KeyBytes() + profile.SaltBytes());
}
