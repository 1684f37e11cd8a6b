namespace Wardline.Rtc.Dtls;

/// <summary>Where one DTLS association stands.</summary>
/// <remarks>
/// <code>
///  New ── first flight in or out ──► Handshaking ── both Finished ──► Connected
///                                        │                               │
///          fatal alert, bad flight,      │        close_notify,          │ fatal alert,
///          deadline                      ▼        own Close              ▼ broken record layer
///                                      Failed                    Closed / Failed
/// </code>
/// Nothing leads out of <see cref="Failed"/> and <see cref="Closed"/>.
/// </remarks>
public enum DtlsState : byte
{
    New,
    Handshaking,
    Connected,
    Failed,
    Closed,
}

/// <summary>Why an association is <see cref="DtlsState.Failed"/>.</summary>
public enum DtlsFailure : byte
{
    None,

    /// <summary>The handshake broke: no common cipher or SRTP profile, bad signature, a fatal alert from the peer.</summary>
    Handshake,

    /// <summary>The peer's certificate is not the one that the signaling named.</summary>
    Fingerprint,

    /// <summary>No end of the handshake within <see cref="DtlsOptions.HandshakeTimeout"/>.</summary>
    Timeout,

    /// <summary>The peer agreed on no SRTP profile, or refused RFC 7627's extended master secret.</summary>
    Policy,

    /// <summary>A fatal alert or a broken record layer after the handshake.</summary>
    AfterHandshake,
}
