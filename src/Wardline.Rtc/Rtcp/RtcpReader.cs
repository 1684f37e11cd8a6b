using System.Buffers.Binary;

namespace Wardline.Rtc.Rtcp;

/// <summary>
/// Walks the packets of one compound datagram. It never throws and never leaves the datagram; at the first packet
/// that makes no sense it stops and says so in <see cref="IsMalformed"/>, what came before stays usable.
/// </summary>
/// <remarks>
/// RFC 3550 §6.1, and reduced size (RFC 5506: the first packet may be of any type). Every packet starts
/// <code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |V=2|P|RC / FMT |      PT       |      length in words − 1      |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// </code>
/// Use: <c>while (reader.TryRead(out RtcpPacket packet)) switch (packet.Kind) { … }</c>, and read each packet with the
/// view of its kind, whose TryRead checks the rest.
/// </remarks>
public ref struct RtcpReader
{
    private ReadOnlySpan<byte> _rest;

    public RtcpReader(ReadOnlySpan<byte> compound) => _rest = compound;

    /// <summary>Something behind the packets read so far is not RTCP.</summary>
    public bool IsMalformed { get; private set; }

    public bool TryRead(out RtcpPacket packet)
    {
        packet = default;
        if (_rest.IsEmpty)
        {
            return false;
        }

        if (_rest.Length < RtcpPacket.HeaderBytes || _rest[0] >> 6 != 2)
        {
            return Malformed();
        }

        int length = 4 * (BinaryPrimitives.ReadUInt16BigEndian(_rest[2..]) + 1);
        if (length > _rest.Length)
        {
            return Malformed();
        }

        int padding = 0;
        if ((_rest[0] & 0x20) != 0)
        {
            // RFC 3550 §6.4.1: only the last packet may be padded, and by a multiple of four.
            // RFC 3550 §6.4.1 asks for a multiple of four; Chromium pads transport-wide feedback, whose content has any
            // length, with 1 to 3 octets, so only what cannot be is refused.
            padding = _rest[length - 1];
            if (length != _rest.Length || padding is 0 || padding > length - RtcpPacket.HeaderBytes)
            {
                return Malformed();
            }
        }

        packet = new RtcpPacket(_rest[..(length - padding)]);
        _rest = _rest[length..];
        return true;
    }

    private bool Malformed()
    {
        IsMalformed = true;
        _rest = default;
        return false;
    }
}

/// <summary>What a packet is, by its type and its feedback format.</summary>
public enum RtcpKind : byte
{
    /// <summary>Well-formed, but nothing that we read.</summary>
    Other,
    SenderReport,
    ReceiverReport,
    SourceDescription,
    Bye,
    Nack,
    TransportCc,
    Pli,
    Fir,
    Remb,
}

/// <summary>One packet of a compound: its bytes without padding.</summary>
public readonly ref struct RtcpPacket
{
    public const int HeaderBytes = 4;

    internal RtcpPacket(ReadOnlySpan<byte> bytes) => Bytes = bytes;

    /// <summary>The packet with its 4-byte header; padding is left out.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>What follows the header.</summary>
    public ReadOnlySpan<byte> Body => Bytes[HeaderBytes..];

    public byte Type => Bytes[1];

    /// <summary>Report count, source count, or feedback message type.</summary>
    public int Count => Bytes[0] & 0x1F;

    public RtcpKind Kind => (Type, Count) switch
    {
        (RtcpType.SenderReport, _) => RtcpKind.SenderReport,
        (RtcpType.ReceiverReport, _) => RtcpKind.ReceiverReport,
        (RtcpType.SourceDescription, _) => RtcpKind.SourceDescription,
        (RtcpType.Bye, _) => RtcpKind.Bye,
        (RtcpType.TransportFeedback, RtcpFormat.Nack) => RtcpKind.Nack,
        (RtcpType.TransportFeedback, RtcpFormat.TransportCc) => RtcpKind.TransportCc,
        (RtcpType.PayloadFeedback, RtcpFormat.Pli) => RtcpKind.Pli,
        (RtcpType.PayloadFeedback, RtcpFormat.Fir) => RtcpKind.Fir,
        (RtcpType.PayloadFeedback, RtcpFormat.Application) when RembView.Matches(Body) => RtcpKind.Remb,
        _ => RtcpKind.Other,
    };
}

/// <summary>Packet types: RFC 3550 §12.1, RFC 4585 §6.1.</summary>
internal static class RtcpType
{
    public const byte SenderReport = 200;
    public const byte ReceiverReport = 201;
    public const byte SourceDescription = 202;
    public const byte Bye = 203;
    public const byte TransportFeedback = 205;
    public const byte PayloadFeedback = 206;
}

/// <summary>Feedback formats: RFC 4585 §6.2, §6.3, RFC 5104 §4.3, draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.</summary>
internal static class RtcpFormat
{
    public const int Nack = 1;
    public const int TransportCc = 15;
    public const int Pli = 1;
    public const int Fir = 4;
    public const int Application = 15;
}
