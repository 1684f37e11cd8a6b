using Wardline.Rtc;
using Wardline.Rtc.Rtp;

namespace Wardline.Sfu.Layers;

/// <summary>What forwarding needs to know about one received packet, read once, kept with it in the history.</summary>
internal readonly record struct PacketInfo
{
    /// <summary>Extended sequence number within the layer.</summary>
    public required long Sequence { get; init; }

    public required RtpTimestamp Timestamp { get; init; }

    /// <summary>Only padding: it counts in the sequence and says nothing.</summary>
    public bool PaddingOnly { get; init; }

    /// <summary>Audio in the payload format of RFC 2198.</summary>
    public bool IsRed { get; init; }

    /// <summary>The descriptor of a video packet; its length is 0 for audio and padding.</summary>
    public Vp8DescriptorView Vp8 { get; init; }

    public bool StartsKeyFrame => Vp8.IsKeyFrameStart;
}
