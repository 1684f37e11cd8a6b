using System.Buffers.Binary;
using Wardline.Rtc;
using Wardline.Rtc.Rtp;

namespace Wardline.Sfu.Tests.Harness;

/// <summary>One packet as a publisher sends it; what is not set is absent.</summary>
internal sealed record PacketSpec
{
    public byte PayloadType { get; init; } = Numbers.Vp8;

    public uint Ssrc { get; init; }

    public int Sequence { get; init; }

    public uint Timestamp { get; init; }

    public bool Marker { get; init; }

    public string? Mid { get; init; }

    public string? Rid { get; init; }

    public string? RepairedRid { get; init; }

    public ushort? TransportSequence { get; init; }

    public byte? AudioLevel { get; init; }

    public byte Padding { get; init; }

    public byte[] Payload { get; init; } = [];

    public byte[] Build()
    {
        byte[] buffer = new byte[1500];
        int length = Write(buffer);
        return buffer[..length];
    }

    public int Write(Span<byte> buffer)
    {
        RtpHeader.Write(buffer, PayloadType, Marker, new SequenceNumber((ushort)Sequence), new RtpTimestamp(Timestamp), new Ssrc(Ssrc));
        RtpExtensionWriter extensions = new(buffer[RtpHeader.FixedLength..], twoByte: false);
        Add(ref extensions, Numbers.Mid, Mid);
        Add(ref extensions, Numbers.Rid, Rid);
        Add(ref extensions, Numbers.RepairedRid, RepairedRid);
        if (TransportSequence is { } sequence && extensions.TryAdd(Numbers.TransportCc, 2, out Span<byte> value))
        {
            BinaryPrimitives.WriteUInt16BigEndian(value, sequence);
        }

        if (AudioLevel is { } level && extensions.TryAdd(Numbers.AudioLevel, 1, out value))
        {
            value[0] = level;
        }

        Assert.True(extensions.TryFinish(out int extensionLength));
        buffer[0] = (byte)(0x80 | (extensionLength > 0 ? 0x10 : 0) | (Padding > 0 ? 0x20 : 0));
        int at = RtpHeader.FixedLength + extensionLength;
        Payload.CopyTo(buffer[at..]);
        at += Payload.Length;
        if (Padding > 0)
        {
            buffer.Slice(at, Padding).Clear();
            at += Padding;
            buffer[at - 1] = Padding;
        }

        return at;
    }

    private static void Add(ref RtpExtensionWriter extensions, byte id, string? text)
    {
        if (text is not null && extensions.TryAdd(id, text.Length, out Span<byte> value))
        {
            System.Text.Encoding.ASCII.GetBytes(text, value);
        }
    }
}

/// <summary>VP8 payloads as a packetiser makes them around sealed frames: descriptor, one readable bit, noise.</summary>
internal static class Vp8Payload
{
    public const int DescriptorBytes = 6;

    /// <param name="first">First packet of its frame.</param>
    public static byte[] Make(bool key, bool first, int pictureId, int tl0, int bytes = 40, byte filler = 0xA5)
    {
        byte[] payload = new byte[DescriptorBytes + bytes];
        payload[0] = (byte)(0x80 | (first ? 0x10 : 0));
        payload[1] = 0xE0; // I, L, T
        BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(2), (ushort)(0x8000 | pictureId));
        payload[4] = (byte)tl0;
        payload.AsSpan(DescriptorBytes).Fill(filler);
        // RFC 6386 §9.1: bit 0 of a frame is 0 in a key frame.
        payload[DescriptorBytes] = (byte)(first && key ? 0x10 : 0x11);
        return payload;
    }
}

/// <summary>A packet that a receiver got, taken apart.</summary>
internal sealed record Got
{
    public required Instant At { get; init; }

    public required Ssrc Ssrc { get; init; }

    public required ushort Sequence { get; init; }

    public required uint Timestamp { get; init; }

    public required byte PayloadType { get; init; }

    public required bool Marker { get; init; }

    public required byte[] Payload { get; init; }

    public required byte[] Packet { get; init; }

    public Vp8DescriptorView Vp8 => Vp8Descriptor.TryRead(Payload, out Vp8DescriptorView view) ? view : throw new InvalidOperationException("no VP8");

    public static Got From(ReadOnlySpan<byte> packet, Instant at) => new()
    {
        At = at,
        Ssrc = RtpHeader.Ssrc(packet),
        Sequence = RtpHeader.Sequence(packet).Value,
        Timestamp = RtpHeader.Timestamp(packet).Value,
        PayloadType = RtpHeader.PayloadType(packet),
        Marker = RtpHeader.Marker(packet),
        Payload = RtpHeader.Payload(packet).ToArray(),
        Packet = packet.ToArray(),
    };
}
