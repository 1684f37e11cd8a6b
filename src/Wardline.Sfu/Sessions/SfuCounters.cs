namespace Wardline.Sfu;

/// <summary>What a session received, sent and refused; only ever rising. Read from the session's own thread.</summary>
public sealed class SfuCounters
{
    /// <summary>RTP packets that authenticated.</summary>
    public long RtpReceived { get; internal set; }

    public long RtcpReceived { get; internal set; }

    /// <summary>First transmissions to receivers.</summary>
    public long RtpForwarded { get; internal set; }

    /// <summary>RTX packets to receivers in answer to NACK.</summary>
    public long Retransmitted { get; internal set; }

    /// <summary>NACKed by a receiver, but too soon, too often, too much, or no longer kept.</summary>
    public long RetransmissionsRefused { get; internal set; }

    /// <summary>Packets sent only to measure the path.</summary>
    public long ProbesSent { get; internal set; }

    /// <summary>Publishers' packets that came by RTX.</summary>
    public long Repaired { get; internal set; }

    public long NacksSent { get; internal set; }

    public long KeyFrameRequestsSent { get; internal set; }

    /// <summary>PLI and FIR of receivers; many become one request.</summary>
    public long KeyFrameRequestsReceived { get; internal set; }

    public long LayerSwitches { get; internal set; }

    public long MalformedRtp { get; internal set; }

    public long MalformedRtcp { get; internal set; }

    /// <summary>A VP8 descriptor that is cut off.</summary>
    public long MalformedPayload { get; internal set; }

    public long UnknownSsrc { get; internal set; }

    /// <summary>A stream more than a participant may have.</summary>
    public long SsrcLimit { get; internal set; }

    public long UnknownPayloadType { get; internal set; }

    public long Duplicates { get; internal set; }

    /// <summary>Too far from the stream's other packets.</summary>
    public long OutsideWindow { get; internal set; }

    /// <summary>RTX without a packet inside: a publisher's probe.</summary>
    public long PaddingPackets { get; internal set; }

    /// <summary>A packet that the receiver's m-section has no payload type for (RED before renegotiation).</summary>
    public long NoPayloadType { get; internal set; }

    /// <summary>Packets that would not fit a slot after rewriting.</summary>
    public long Oversized { get; internal set; }

    public long SendArenaFull { get; internal set; }

    /// <summary>Paced packets that were overwritten before their turn.</summary>
    public long PacedTooLate { get; internal set; }

    /// <summary>Calls for a participant that is not in the session.</summary>
    public long UnknownParticipant { get; internal set; }
}
