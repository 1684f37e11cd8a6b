using Wardline.Rtc.Srtp;

namespace Wardline.Rtc.Dtls;

/// <summary>Bounds and choices of every association that one factory makes.</summary>
public sealed record DtlsOptions
{
    /// <summary>Which SRTP profiles may be agreed on.</summary>
    public SrtpPolicy Srtp { get; init; } = new();

    /// <summary>From the first flight to both Finished; then the association fails.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// First retransmission of a flight; each next one waits twice as long, up to <see cref="MaxRetransmit"/>.
    /// RFC 6347 §4.2.4.1 suggests 1 s for the open Internet; the ICE check before has just shown a path with a
    /// round trip far below that, and a caller waits on it (RFC 8842 leaves the choice to the application).
    /// </summary>
    public TimeSpan FirstRetransmit { get; init; } = TimeSpan.FromMilliseconds(100);

    public TimeSpan MaxRetransmit { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>Largest datagram made, in bytes of UDP payload.</summary>
    public int MtuBytes { get; init; } = 1200;

    /// <summary>What a test's client does that ours never would.</summary>
    internal DtlsQuirks? Quirks { get; init; }
}

/// <summary>How a test plays a peer that breaks our rules; applies to clients only.</summary>
internal sealed record DtlsQuirks
{
    /// <summary>An OpenSSL cipher list instead of ours.</summary>
    internal string? Ciphers { get; init; }

    /// <summary>An OpenSSL group list instead of ours.</summary>
    internal string? Groups { get; init; }

    /// <summary>Protocol versions on the wire, for example 0xFEFF for DTLS 1.0; 0: ours.</summary>
    internal int OnlyVersion { get; init; }

    internal bool WithoutExtendedMasterSecret { get; init; }

    internal bool WithoutCertificate { get; init; }

    /// <summary>An RSA certificate and its PKCS #1 key, as native clients still have them.</summary>
    internal (byte[] Certificate, byte[] PrivateKey)? Rsa { get; init; }
}
