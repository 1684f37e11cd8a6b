using System.Text;

namespace Wardline.Rtc.Srtp;

/// <summary>Which profiles may be agreed on. AEAD always, AES-256 before AES-128: the server's order decides.</summary>
public sealed record SrtpPolicy
{
    /// <summary>
    /// AES_128_CM_HMAC_SHA1_80 after the AEAD profiles, for devices that know nothing else. Off: a peer that offers
    /// only that is refused.
    /// </summary>
    public bool AllowAes128CmSha1_80 { get; init; }

    /// <summary>Only these, in this order: how a test plays a peer of another policy.</summary>
    internal IReadOnlyList<SrtpProfile>? Only { get; init; }

    public IReadOnlyList<SrtpProfile> Profiles => Only ?? (AllowAes128CmSha1_80
        ? [SrtpProfile.AeadAes256Gcm, SrtpProfile.AeadAes128Gcm, SrtpProfile.Aes128CmSha1_80]
        : [SrtpProfile.AeadAes256Gcm, SrtpProfile.AeadAes128Gcm]);

    public bool Allows(SrtpProfile profile) => Profiles.Contains(profile);

    /// <summary>OpenSSL's names, joined by colons and ended by a zero byte.</summary>
    internal byte[] OpenSslNames() => Encoding.ASCII.GetBytes(string.Join(':', Profiles.Select(p => p switch
    {
        SrtpProfile.AeadAes256Gcm => "SRTP_AEAD_AES_256_GCM",
        SrtpProfile.AeadAes128Gcm => "SRTP_AEAD_AES_128_GCM",
        _ => "SRTP_AES128_CM_SHA1_80",
    })) + '\0');
}
