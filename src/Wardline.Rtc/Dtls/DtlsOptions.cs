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
}
