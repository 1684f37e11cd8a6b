using Wardline.Rtc.Dtls;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Srtp;

namespace Wardline.Rtc;

/// <summary>What a datagram turned out to be for the caller of <see cref="RtcTransport.Handle"/>.</summary>
public enum TransportInput : byte
{
    /// <summary>STUN or DTLS, dealt with inside, or dropped and counted.</summary>
    Nothing,

    /// <summary>The datagram's first bytes now are a plain RTP packet.</summary>
    Rtp,

    /// <summary>The datagram's first bytes now are a plain compound RTCP packet.</summary>
    Rtcp,
}

/// <summary>Where one peer's transport stands.</summary>
/// <remarks>
/// <code>
///            authenticated check      first DTLS datagram        keys in place
///  New ───────────────────► Checking ─────────────► Handshaking ─────────────► Connected
///                             ▲                          │                         │
///                             │ RestartIce               ▼                         │ no check for 30 s,
///                             └──(ConsentLost)──────── Failed ◄────────────────────┘ fatal alert
///  any ── Close, Dispose, close_notify ──► Closed
/// </code>
/// A transport that failed because consent was lost keeps its DTLS association: after <see cref="RtcTransport.RestartIce"/>
/// and a nomination with the new credentials it is Connected again without a handshake. Every other failure is final.
/// </remarks>
public enum TransportState : byte
{
    New,
    Checking,
    Handshaking,
    Connected,
    Failed,
    Closed,
}

/// <summary>Why a transport is <see cref="TransportState.Failed"/>.</summary>
public enum TransportFailure : byte
{
    None,

    /// <summary>No authenticated check on the selected path within the consent time (RFC 7675). Curable by an ICE restart.</summary>
    ConsentLost,

    /// <summary>The DTLS association failed; <see cref="RtcTransport.DtlsFailure"/> tells how.</summary>
    Dtls,
}

/// <summary>Why a datagram was dropped before STUN, DTLS or SRTP had a say, or which of them refused it.</summary>
public enum TransportDrop : byte
{
    /// <summary>Empty, or a first byte that RFC 7983 gives to nobody, or to ZRTP or TURN channels.</summary>
    UnknownKind,

    /// <summary>The transport is closed or failed.</summary>
    AfterEnd,

    /// <summary><see cref="PacketTrains"/> had no room for the answer.</summary>
    OutputFull,

    /// <summary>STUN that proved nothing; <see cref="IceCounters"/> tells why.</summary>
    StunRefused,

    /// <summary>DTLS from an address without an authenticated check.</summary>
    DtlsFromUnprovenAddress,

    /// <summary>DTLS before the signaling has named the certificate.</summary>
    DtlsBeforeRemote,

    /// <summary>RTP or RTCP from an address without an authenticated check.</summary>
    MediaFromUnprovenAddress,

    /// <summary>RTP or RTCP before the handshake is complete.</summary>
    MediaBeforeKeys,

    /// <summary>RTP or RTCP that SRTP refused; <see cref="SrtpCounters"/> tells why.</summary>
    MediaRefused,

    /// <summary>A packet of our own that SRTP would not seal; <see cref="SrtpCounters"/> tells why.</summary>
    SendRefused,
}

/// <summary>What one transport took in, sent and dropped; only ever rising.</summary>
public sealed class TransportCounters
{
    private readonly long[] _drops = new long[(int)TransportDrop.SendRefused + 1];

    public long DatagramsIn { get; internal set; }

    public long BytesIn { get; internal set; }

    public long Stun { get; internal set; }

    public long Dtls { get; internal set; }

    public long RtpIn { get; internal set; }

    public long RtcpIn { get; internal set; }

    public long RtpOut { get; internal set; }

    public long RtcpOut { get; internal set; }

    /// <summary>Of media packets, with headers and tags, without UDP and IP.</summary>
    public long BytesOut { get; internal set; }

    public long this[TransportDrop reason] => _drops[(int)reason];

    internal TransportInput Drop(TransportDrop reason)
    {
        _drops[(int)reason]++;
        return TransportInput.Nothing;
    }
}

public sealed record RtcTransportOptions
{
    public IceOptions Ice { get; init; } = IceOptions.Default;

    /// <summary>SSRCs that a peer may send on, over the transport's life.</summary>
    public int MaxReceiveStreams { get; init; } = SrtpReceiver.DefaultMaxStreams;

    /// <summary>SSRCs that may be sent to the peer, over the transport's life.</summary>
    public int MaxSendStreams { get; init; } = SrtpSender.DefaultMaxStreams;
}
