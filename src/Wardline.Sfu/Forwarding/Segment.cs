using Wardline.Rtc;
using Wardline.Sfu.Layers;

namespace Wardline.Sfu.Forwarding;

/// <summary>What a forwarded packet gets instead of the publisher's numbers; the sequence is extended.</summary>
internal readonly record struct OutNumbers(long Sequence, RtpTimestamp Timestamp, ushort PictureId, byte Tl0PicIdx)
{
    public SequenceNumber Wire => new((ushort)Sequence);
}

/// <summary>
/// A run of packets of one layer in a receiver's stream, with constant differences between in and out
/// (docs/design/forwarding.md).
/// </summary>
internal struct Segment
{
    public InboundLayer? Layer;
    public int Epoch;
    public long FirstIn;
    public long LastIn;
    public long SequenceDelta;
    public uint TimestampDelta;
    public int PictureIdDelta;
    public int Tl0Delta;

    public readonly long FirstOut => FirstIn + SequenceDelta;

    public readonly long LastOut => LastIn + SequenceDelta;

    public readonly bool IsOf(InboundLayer layer) => ReferenceEquals(Layer, layer) && Epoch == layer.Epoch;

    public readonly OutNumbers Map(in PacketInfo packet) => new(
        packet.Sequence + SequenceDelta,
        new RtpTimestamp(packet.Timestamp.Value + TimestampDelta),
        (ushort)((packet.Vp8.PictureId + PictureIdDelta) & 0x7FFF),
        (byte)(packet.Vp8.Tl0PicIdx + Tl0Delta));
}
