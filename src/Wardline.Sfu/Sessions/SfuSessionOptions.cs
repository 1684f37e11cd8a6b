using Wardline.Rtc;
using Wardline.Rtc.Sdp;

namespace Wardline.Sfu;

/// <summary>Bounds and rates of one session. The defaults suit a visit; every bound holds against hostile peers.</summary>
public sealed record SfuSessionOptions
{
    /// <summary>Participants at once.</summary>
    public int MaxParticipants { get; init; } = 12;

    /// <summary>Streams (primary and RTX) that one participant may send; packets of further SSRCs are dropped.</summary>
    public int MaxStreamsPerParticipant { get; init; } = 32;

    /// <summary>
    /// SSRCs in each direction over the whole life of a transport: SRTP may forget none of them (a forgotten one could be
    /// replayed, or sealed twice under one nonce), and each new m-section brings some, six for a simulcast camera. At 0.3
    /// and 0.2 kB each; a participant who fills it has to join anew.
    /// </summary>
    public int MaxStreamsPerTransport { get; init; } = 1024;

    /// <summary>
    /// Bytes of recent packets kept for a whole video, for retransmission: a second of 1.5 Mbit/s. Each smaller
    /// simulcast layer has half as much, and a third of the rate or less.
    /// </summary>
    public int HistoryBytesPerLayer { get; init; } = 192 * 1024;

    /// <summary>At most one key frame request per layer in this time.</summary>
    public TimeSpan KeyFrameRequestInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Sender and receiver reports, and the quality event.</summary>
    public TimeSpan ReportInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often layers are chosen anew when nothing else asks for it.</summary>
    public TimeSpan AllocationInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Height in pixels that the largest simulcast layer is taken to have; the server cannot see it.</summary>
    public int NominalFullHeight { get; init; } = 720;

    /// <summary>Taken off the estimate for audio while no audio has been measured yet, per audio m-section.</summary>
    public Bitrate AudioReserve { get; init; } = Bitrate.FromKilobits(40);

    /// <summary>The largest share of the estimate that retransmissions may use.</summary>
    public double RetransmissionShare { get; init; } = 0.5;

    /// <summary>
    /// Pads the packets of a frame to equal lengths, so that segmentation offload can send it at once; at most 7 bytes each
    /// (docs/design/packet-path.md). Useless where the shell has no such offload, and off until a gain is measured.
    /// </summary>
    public bool EqualPackets { get; init; }

    public SdpLimits SdpLimits { get; init; } = new();
}
