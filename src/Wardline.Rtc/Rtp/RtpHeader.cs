using System.Buffers.Binary;

namespace Wardline.Rtc.Rtp;

/// <summary>The fixed RTP header, read and written in place. Nothing is copied, nothing is allocated.</summary>
/// <remarks>
/// RFC 3550 §5.1:
/// <code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |V=2|P|X|  CC   |M|     PT      |       sequence number         |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |                           timestamp                           |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |           synchronization source (SSRC) identifier            |
/// +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
/// |            contributing source (CSRC) identifiers, 0 … 15     |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |  extension profile (if X)     |  extension length in words    |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// </code>
/// Ask <see cref="IsValid"/> (or <see cref="HasValidHeader"/>) once for bytes from a peer; the accessors then never
/// leave the packet. Without that check they may throw, which is a bug of the caller.
/// </remarks>
public static class RtpHeader
{
    public const int FixedLength = 12;
    public const int Version = 2;
    private const byte PaddingBit = 0x20;
    private const byte ExtensionBit = 0x10;

    /// <summary>A whole plain packet: version, contributing sources, extension and padding all lie inside it.</summary>
    public static bool IsValid(ReadOnlySpan<byte> packet)
    {
        if (!HasValidHeader(packet))
        {
            return false;
        }

        if (!HasPadding(packet))
        {
            return true;
        }

        // RFC 3550 §5.1: the last octet counts the padding octets, itself included.
        int padding = packet[^1];
        return padding >= 1 && padding <= packet.Length - HeaderLength(packet);
    }

    /// <summary>
    /// What can be said of a packet whose payload is still encrypted: the header (never encrypted, RFC 3711 §3.1)
    /// lies inside it. The padding count is part of the encrypted payload and is not looked at.
    /// </summary>
    public static bool HasValidHeader(ReadOnlySpan<byte> packet)
    {
        if (packet.Length < FixedLength || packet[0] >> 6 != Version)
        {
            return false;
        }

        int length = FixedLength + 4 * CsrcCount(packet);
        if (!HasExtension(packet))
        {
            return length <= packet.Length;
        }

        return length + 4 <= packet.Length &&
            length + 4 + 4 * BinaryPrimitives.ReadUInt16BigEndian(packet[(length + 2)..]) <= packet.Length;
    }

    /// <summary>RFC 5761 §4: on a shared port, RTCP is recognised by 192 … 223 in the second byte.</summary>
    public static bool LooksLikeRtcp(ReadOnlySpan<byte> datagram) =>
        datagram.Length >= 4 && datagram[0] >> 6 == Version && datagram[1] is >= 192 and <= 223;

    public static bool HasPadding(ReadOnlySpan<byte> packet) => (packet[0] & PaddingBit) != 0;

    public static bool HasExtension(ReadOnlySpan<byte> packet) => (packet[0] & ExtensionBit) != 0;

    public static int CsrcCount(ReadOnlySpan<byte> packet) => packet[0] & 0x0F;

    public static bool Marker(ReadOnlySpan<byte> packet) => (packet[1] & 0x80) != 0;

    public static byte PayloadType(ReadOnlySpan<byte> packet) => (byte)(packet[1] & 0x7F);

    public static SequenceNumber Sequence(ReadOnlySpan<byte> packet) => new(BinaryPrimitives.ReadUInt16BigEndian(packet[2..]));

    public static RtpTimestamp Timestamp(ReadOnlySpan<byte> packet) => new(BinaryPrimitives.ReadUInt32BigEndian(packet[4..]));

    public static Ssrc Ssrc(ReadOnlySpan<byte> packet) => new(BinaryPrimitives.ReadUInt32BigEndian(packet[8..]));

    /// <summary>Bytes before the payload: fixed header, contributing sources, extension.</summary>
    public static int HeaderLength(ReadOnlySpan<byte> packet)
    {
        int length = FixedLength + 4 * CsrcCount(packet);
        return HasExtension(packet)
            ? length + 4 + 4 * BinaryPrimitives.ReadUInt16BigEndian(packet[(length + 2)..])
            : length;
    }

    /// <summary>Bytes of padding at the end, its count byte included; 0 without the P bit.</summary>
    public static int PaddingLength(ReadOnlySpan<byte> packet) => HasPadding(packet) ? packet[^1] : 0;

    /// <summary>The payload without padding; empty for a packet of nothing but padding (a probe).</summary>
    public static ReadOnlySpan<byte> Payload(ReadOnlySpan<byte> packet)
    {
        int header = HeaderLength(packet);
        return packet.Slice(header, packet.Length - header - PaddingLength(packet));
    }

    /// <inheritdoc cref="Payload(ReadOnlySpan{byte})"/>
    public static Span<byte> Payload(Span<byte> packet)
    {
        int header = HeaderLength(packet);
        return packet.Slice(header, packet.Length - header - PaddingLength(packet));
    }

    public static void SetMarker(Span<byte> packet, bool marker) =>
        packet[1] = (byte)(marker ? packet[1] | 0x80 : packet[1] & 0x7F);

    public static void SetPayloadType(Span<byte> packet, byte payloadType) =>
        packet[1] = (byte)((packet[1] & 0x80) | (payloadType & 0x7F));

    public static void SetSequence(Span<byte> packet, SequenceNumber sequence) =>
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], sequence.Value);

    public static void SetTimestamp(Span<byte> packet, RtpTimestamp timestamp) =>
        BinaryPrimitives.WriteUInt32BigEndian(packet[4..], timestamp.Value);

    public static void SetSsrc(Span<byte> packet, Ssrc ssrc) =>
        BinaryPrimitives.WriteUInt32BigEndian(packet[8..], ssrc.Value);

    /// <summary>Writes a header without contributing sources, extension and padding; <see cref="FixedLength"/> bytes.</summary>
    public static void Write(
        Span<byte> destination, byte payloadType, bool marker, SequenceNumber sequence, RtpTimestamp timestamp, Ssrc ssrc)
    {
        destination[0] = Version << 6;
        destination[1] = (byte)((payloadType & 0x7F) | (marker ? 0x80 : 0));
        SetSequence(destination, sequence);
        SetTimestamp(destination, timestamp);
        SetSsrc(destination, ssrc);
    }

    internal static void SetPaddingBit(Span<byte> packet) => packet[0] |= PaddingBit;

    internal static void SetFlags(Span<byte> packet, bool extension, bool padding) =>
        packet[0] = (byte)((packet[0] & ~(ExtensionBit | PaddingBit)) | (extension ? ExtensionBit : 0) | (padding ? PaddingBit : 0));
}
