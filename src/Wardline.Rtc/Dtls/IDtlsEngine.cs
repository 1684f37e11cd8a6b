using Wardline.Rtc.Srtp;

namespace Wardline.Rtc.Dtls;

/// <summary>Makes the associations of one process: one certificate, one set of rules.</summary>
public interface IDtlsEngineFactory : IDisposable
{
    /// <summary>sha-256 over our certificate, for the answer's <c>a=fingerprint</c> (RFC 8122).</summary>
    DtlsFingerprint Fingerprint { get; }

    IDtlsEngine CreateServer();

    IDtlsEngine CreateClient();
}

/// <summary>
/// One DTLS association without socket and clock: datagrams in by <see cref="Handle"/>, out by
/// <see cref="TryTake"/> until it says false, time by <see cref="HandleTimeout"/> at <see cref="NextTimeout"/>.
/// Bytes from the peer never throw. Not thread-safe.
/// </summary>
public interface IDtlsEngine : IDisposable
{
    DtlsState State { get; }

    DtlsFailure Failure { get; }

    /// <summary>When <see cref="HandleTimeout"/> wants to be called; <see cref="Instant.Never"/> when there is nothing to wait for.</summary>
    Instant NextTimeout { get; }

    /// <summary>The SRTP profile agreed on; null before <see cref="DtlsState.Connected"/>.</summary>
    SrtpProfile? Profile { get; }

    /// <summary>Protocol version as OpenSSL names it, for example <c>DTLSv1.2</c>.</summary>
    string Version { get; }

    /// <summary>Cipher suite as OpenSSL names it.</summary>
    string Cipher { get; }

    DtlsCounters Counters { get; }

    /// <summary>
    /// The only certificates the peer may show, any one of them (RFC 8122 §5). To be called before the handshake;
    /// another certificate then ends the handshake with a <c>bad_certificate</c> alert. Without it any certificate
    /// passes the handshake, and <see cref="PeerMatches"/> is the caller's duty.
    /// </summary>
    void ExpectPeer(in DtlsFingerprint fingerprint);

    /// <summary>A client sends its first flight; a server starts by itself with the first datagram.</summary>
    void Start(Instant now);

    /// <summary>One datagram from the peer (RFC 7983: first byte 20 … 63).</summary>
    void Handle(ReadOnlySpan<byte> datagram, Instant now);

    void HandleTimeout(Instant now);

    /// <summary>The next outgoing datagram; false when there is none, or when it does not fit into <paramref name="datagram"/>.</summary>
    bool TryTake(Span<byte> datagram, out int length);

    /// <summary>
    /// Whether the certificate the peer proved to own has this fingerprint. False before
    /// <see cref="DtlsState.Connected"/> and for any hash other than sha-256, sha-384 and sha-512.
    /// </summary>
    bool PeerMatches(in DtlsFingerprint fingerprint);

    /// <summary>
    /// RFC 5764 §4.2: fills <paramref name="destination"/> from the exporter with label <c>EXTRACTOR-dtls_srtp</c>.
    /// </summary>
    /// <exception cref="InvalidOperationException">The association is not <see cref="DtlsState.Connected"/>.</exception>
    void ExportKeyingMaterial(Span<byte> destination);

    /// <summary>Queues close_notify and ends the association.</summary>
    void Close();
}

/// <summary>What one association saw; only ever rising.</summary>
public sealed class DtlsCounters
{
    public long DatagramsIn { get; internal set; }

    public long DatagramsOut { get; internal set; }

    /// <summary>Datagrams that are not a row of whole DTLS records; libssl never saw them.</summary>
    public long Malformed { get; internal set; }

    /// <summary>Datagrams after the end, or beyond a bound.</summary>
    public long Refused { get; internal set; }

    /// <summary>
    /// Datagrams on a connected association of which nothing came: no message, no alert, no change of state, nothing
    /// to send. Forged, damaged, sent again, or of an epoch that is over.
    /// </summary>
    public long Discarded { get; internal set; }

    /// <summary>Alerts of the peer, proven to be its own once there are keys.</summary>
    public long Alerts { get; internal set; }

    /// <summary>Flights sent again because the timer ran out.</summary>
    public long Retransmissions { get; internal set; }

    /// <summary>Flights whose prepared retransmissions could not be told apart (a libssl that writes them unlike 3.x); sent all at once.</summary>
    public long UnevenFlights { get; internal set; }

    /// <summary>Bytes of application data, which nobody here reads (no data channels).</summary>
    public long ApplicationBytes { get; internal set; }
}
