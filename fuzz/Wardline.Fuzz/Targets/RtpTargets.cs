using Wardline.Fuzz.Running;
using Wardline.Rtc;
using Wardline.Rtc.Rtp;

namespace Wardline.Fuzz.Targets;

/// <summary>RTP packets as browsers send them.</summary>
internal static class Packets
{
    public static byte[] Rtp(byte payloadType, ReadOnlySpan<byte> extension, ReadOnlySpan<byte> payload, byte padding = 0)
    {
        byte[] header = new byte[RtpHeader.FixedLength];
        RtpHeader.Write(header, payloadType, true, new(1000), new(90000), new Ssrc(0x12345678));
        header[0] |= (byte)((extension.IsEmpty ? 0 : 0x10) | (padding > 0 ? 0x20 : 0));
        byte[] tail = new byte[padding];
        if (padding > 0)
        {
            tail[^1] = padding;
        }

        return [.. header, .. extension, .. payload, .. tail];
    }

    // One-byte elements: 4 = mid "1", 3 = transport sequence, 1 = audio level, 10 = rid "q"; then two-byte ones.
    public static readonly byte[] OneByte = [0xBE, 0xDE, 0, 3, 0x40, (byte)'1', 0x31, 1, 2, 0x10, 0x85, 0xA0, (byte)'q', 0, 0, 0];
    public static readonly byte[] TwoByte = [0x10, 0, 0, 3, 4, 1, (byte)'1', 3, 2, 1, 2, 20, 0, 1, 1, 0x85];

    // Key frame start: X, I (15 bits), L, T, K; then the VP8 header 640×360.
    public static readonly byte[] Vp8 = [0x90, 0xF0, 0x92, 0x34, 0x56, 0x47, 0x10, 2, 0, 0x9D, 0x01, 0x2A, 0x80, 2, 0x68, 1, 1, 2, 3];
    public static readonly byte[] Red = [0xEF, 0, 0, 4, 0x6F, 1, 2, 3, 4, 9, 9, 9];

    public static IEnumerable<byte[]> All =>
    [
        Rtp(96, OneByte, Vp8), Rtp(96, TwoByte, Vp8), Rtp(111, default, [1, 2, 3]), Rtp(63, OneByte, Red), Rtp(97, OneByte, [3, 231, .. Vp8]), Rtp(97, OneByte, [], 200),
    ];
}

/// <summary>Header, extensions, retransmission and rewriting: everything the forwarding path does to a packet that it did not make.</summary>
internal sealed class RtpTarget : IFuzzTarget
{
    private readonly RtpExtensionPlan _plan = new(1, "mid7"u8, 2, 3, new RtpExtensionMapping(1, 4), new RtpExtensionMapping(20, 5));
    private readonly RtpExtensionPlan _twoByte = new(1, "mid7"u8, 2, 20, new RtpExtensionMapping(1, 4), new RtpExtensionMapping(20, 5));
    private readonly byte[] _copy = new byte[PacketTrains.SlotBytes];
    private readonly byte[] _out = new byte[PacketTrains.SlotBytes];

    public string Name => "rtp";

    public IEnumerable<byte[]> Seeds => Packets.All;

    public IEnumerable<byte[]> Dictionary => [[0xBE, 0xDE], [0x10, 0x00], [0x10, 0x0F], [0xF0], [0x0F, 0xFF]];

    public void Run(ReadOnlySpan<byte> input)
    {
        _ = RtpHeader.LooksLikeRtcp(input);
        if (!RtpHeader.IsValid(input))
        {
            return;
        }

        int header = RtpHeader.HeaderLength(input);
        int payload = RtpHeader.Payload(input).Length;
        Promise.Hold(header >= RtpHeader.FixedLength && header + payload + RtpHeader.PaddingLength(input) == input.Length, "Header, payload and padding are the packet.");

        int elements = 0;
        foreach (RtpExtensionEnumerator element in RtpExtensions.Enumerate(input))
        {
            Promise.Hold(element.Id != 0 && element.ValueOffset + element.ValueLength <= header, "An element lies in the header.");
            elements++;
        }

        Promise.Hold(elements <= header, "Elements are counted by their bytes.");
        _ = RtpExtensions.TryReadTransportSequence(input, 3, out _);
        _ = RtpExtensions.TryReadAudioLevel(input, 1, out _, out _);

        Span<byte> writable = _copy.AsSpan(0, input.Length);
        input.CopyTo(writable);
        if (RtpExtensions.TrySetTransportSequence(writable, 3, 777))
        {
            Promise.Hold(RtpExtensions.TryReadTransportSequence(writable, 3, out ushort read) && read == 777, "What is written is read.");
        }

        Rewrite(input, _plan);
        Rewrite(input, _twoByte);
        WrapAndUnwrap(input);
    }

    private void Rewrite(ReadOnlySpan<byte> input, RtpExtensionPlan plan)
    {
        RtpRewrite rewrite = new()
        {
            PayloadType = 96,
            Ssrc = new Ssrc(9),
            Sequence = new(5),
            Timestamp = new(6),
            TransportSequence = 99,
            Padding = 4,
            RtxOriginal = new SequenceNumber(3),
        };
        if (RtpRewriter.TryWrite(input, plan, rewrite, _out, out int length))
        {
            ReadOnlySpan<byte> written = _out.AsSpan(0, length);
            Promise.Hold(RtpHeader.IsValid(written) && RtpHeader.Ssrc(written) == new Ssrc(9), "What is written is a packet.");
            Promise.Hold(RtpHeader.Payload(written).Length == RtpHeader.Payload(input).Length + Rtx.HeaderBytes, "The payload stays whole.");
            Promise.Hold(RtpExtensions.TryReadTransportSequence(written, 2, out ushort sequence) && sequence == 99, "Our own elements are there.");
        }
    }

    private void WrapAndUnwrap(ReadOnlySpan<byte> input)
    {
        if (Rtx.TryWrap(input, 97, new Ssrc(7), new(8), _out, out int length))
        {
            Promise.Hold(Rtx.TryUnwrap(_out.AsSpan(0, length), RtpHeader.PayloadType(input), RtpHeader.Ssrc(input), out Span<byte> restored), "What was wrapped unwraps.");
            Promise.Hold(RtpHeader.Sequence(restored) == RtpHeader.Sequence(input) && RtpHeader.Payload(restored).SequenceEqual(RtpHeader.Payload(input)), "And is what it was.");
        }

        input.CopyTo(_copy);
        _ = Rtx.TryUnwrap(_copy.AsSpan(0, input.Length), 96, new Ssrc(1), out _);
    }
}

/// <summary>The VP8 descriptor: rewriting keeps its length and everything else of the payload.</summary>
internal sealed class Vp8Target : IFuzzTarget
{
    private readonly byte[] _copy = new byte[PacketTrains.SlotBytes];

    public string Name => "vp8";

    public IEnumerable<byte[]> Seeds => [Packets.Vp8, [0x10, 2, 0, 0x9D, 0x01, 0x2A, 0x80, 2, 0x68, 1], [0x80, 0x80, 0x12, 1], [0x80, 0x20, 0x40, 1, 2], [0, 1]];

    public void Run(ReadOnlySpan<byte> input)
    {
        if (!Vp8Descriptor.TryRead(input, out Vp8DescriptorView view))
        {
            return;
        }

        Promise.Hold(view.Length >= 1 && view.Length < input.Length, "Something follows the descriptor.");
        _ = Vp8Descriptor.TryReadKeyFrameSize(input, view, out _, out _);
        Span<byte> copy = _copy.AsSpan(0, input.Length);
        input.CopyTo(copy);
        Vp8Descriptor.Rewrite(copy, view, 0x55, 7);
        Vp8Descriptor.RewriteKeyIndex(copy, view, 3);
        Promise.Hold(copy[view.Length..].SequenceEqual(input[view.Length..]), "The frame is not touched.");
        Promise.Hold(Vp8Descriptor.TryRead(copy, out Vp8DescriptorView after) && after.Length == view.Length && after.TemporalId == view.TemporalId, "It stays the same descriptor.");
        Promise.Hold(view.PictureIdBits == 0 || after.PictureId == 0x55, "The picture id is the new one.");
    }
}

/// <summary>RED: the primary block lies inside.</summary>
internal sealed class RedTarget : IFuzzTarget
{
    public string Name => "red";

    public IEnumerable<byte[]> Seeds => [Packets.Red, [0x6F, 1, 2], [0xEF, 0, 0, 1, 0xEF, 0, 0, 1, 0x6F, 1, 2, 3]];

    public void Run(ReadOnlySpan<byte> input)
    {
        if (RedPayload.TryFindPrimary(input, out byte payloadType, out ReadOnlySpan<byte> primary))
        {
            Promise.Hold(payloadType < 128 && primary.Length < input.Length && input.EndsWith(primary), "The primary block is the end.");
        }
    }
}
