using System.Buffers.Binary;

namespace Wardline.Rtc.Rtcp;

/// <summary>
/// Appends RTCP packets to a span, which then holds a compound of <see cref="Length"/> bytes. A packet that does not
/// fit is not begun: the call answers false and the compound stays as it was. Layouts stand at the views of the same names.
/// </summary>
public ref struct RtcpWriter
{
    /// <summary>RFC 3550 §6.4.1: the count field has five bits.</summary>
    public const int MaxReportBlocks = 31;

    private readonly Span<byte> _destination;

    public RtcpWriter(Span<byte> destination) => _destination = destination;

    public int Length { get; private set; }

    /// <param name="blocks">0 … 31 report blocks.</param>
    public bool TryWriteSenderReport(Ssrc sender, scoped in SenderInfo info, scoped ReadOnlySpan<ReportBlock> blocks)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(blocks.Length, MaxReportBlocks, nameof(blocks));
        if (!TryBegin(RtcpType.SenderReport, blocks.Length, 24 + blocks.Length * ReportBlock.Bytes, out Span<byte> body))
        {
            return false;
        }

        BinaryPrimitives.WriteUInt32BigEndian(body, sender.Value);
        BinaryPrimitives.WriteUInt64BigEndian(body[4..], info.Ntp);
        BinaryPrimitives.WriteUInt32BigEndian(body[12..], info.Timestamp.Value);
        BinaryPrimitives.WriteUInt32BigEndian(body[16..], info.PacketCount);
        BinaryPrimitives.WriteUInt32BigEndian(body[20..], info.OctetCount);
        WriteBlocks(body[24..], blocks);
        return true;
    }

    /// <param name="blocks">0 … 31 report blocks.</param>
    public bool TryWriteReceiverReport(Ssrc sender, scoped ReadOnlySpan<ReportBlock> blocks)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(blocks.Length, MaxReportBlocks, nameof(blocks));
        if (!TryBegin(RtcpType.ReceiverReport, blocks.Length, 4 + blocks.Length * ReportBlock.Bytes, out Span<byte> body))
        {
            return false;
        }

        BinaryPrimitives.WriteUInt32BigEndian(body, sender.Value);
        WriteBlocks(body[4..], blocks);
        return true;
    }

    /// <summary>One chunk with the CNAME, which RFC 3550 §6.1 wants in every full compound.</summary>
    /// <param name="cname">0 … 255 bytes of UTF-8.</param>
    public bool TryWriteCname(Ssrc source, scoped ReadOnlySpan<byte> cname)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(cname.Length, 255, nameof(cname));
        // SSRC, type, length, text, at least one zero, up to a word.
        int length = (4 + 2 + cname.Length + 1 + 3) & ~3;
        if (!TryBegin(RtcpType.SourceDescription, 1, length, out Span<byte> body))
        {
            return false;
        }

        body.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(body, source.Value);
        body[4] = SdesItem.Cname;
        body[5] = (byte)cname.Length;
        cname.CopyTo(body[6..]);
        return true;
    }

    /// <param name="sources">1 … 31 sources that leave.</param>
    public bool TryWriteBye(scoped ReadOnlySpan<Ssrc> sources)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sources.Length, 31, nameof(sources));
        if (!TryBegin(RtcpType.Bye, sources.Length, 4 * sources.Length, out Span<byte> body))
        {
            return false;
        }

        for (int i = 0; i < sources.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(body[(4 * i)..], sources[i].Value);
        }

        return true;
    }

    /// <summary>Asks for packets again; neighbours share a PID/BLP pair.</summary>
    /// <param name="missing">At least one number, ascending on the circle.</param>
    public bool TryWriteNack(Ssrc sender, Ssrc media, scoped ReadOnlySpan<SequenceNumber> missing)
    {
        int pairs = 0;
        for (int i = 0; i < missing.Length; pairs++)
        {
            i = EndOfPair(missing, i);
        }

        if (pairs == 0 || !TryBeginFeedback(RtcpType.TransportFeedback, RtcpFormat.Nack, sender, media, 4 * pairs, out Span<byte> entry))
        {
            return false;
        }

        for (int i = 0; i < missing.Length; entry = entry[4..])
        {
            int end = EndOfPair(missing, i);
            uint bitmask = 0;
            for (int j = i + 1; j < end; j++)
            {
                int distance = missing[j].DistanceFrom(missing[i]);
                bitmask |= distance == 0 ? 0 : 1u << (distance - 1);
            }

            BinaryPrimitives.WriteUInt16BigEndian(entry, missing[i].Value);
            BinaryPrimitives.WriteUInt16BigEndian(entry[2..], (ushort)bitmask);
            i = end;
        }

        return true;
    }

    public bool TryWritePli(Ssrc sender, Ssrc media) =>
        TryBeginFeedback(RtcpType.PayloadFeedback, RtcpFormat.Pli, sender, media, 0, out _);

    /// <param name="number">Raised for each new request, kept for a repetition.</param>
    public bool TryWriteFir(Ssrc sender, Ssrc media, byte number)
    {
        // RFC 5104 §4.3.1.2: the header's media SSRC is zero.
        if (!TryBeginFeedback(RtcpType.PayloadFeedback, RtcpFormat.Fir, sender, default, 8, out Span<byte> entry))
        {
            return false;
        }

        entry.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(entry, media.Value);
        entry[4] = number;
        return true;
    }

    /// <summary>A limit for the sender; the mantissa has 18 bits, so the value is rounded down.</summary>
    /// <param name="sources">0 … 255 streams that share it.</param>
    public bool TryWriteRemb(Ssrc sender, Bitrate limit, scoped ReadOnlySpan<Ssrc> sources)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sources.Length, 255, nameof(sources));
        if (!TryBeginFeedback(RtcpType.PayloadFeedback, RtcpFormat.Application, sender, default, 8 + 4 * sources.Length, out Span<byte> entry))
        {
            return false;
        }

        ulong mantissa = (ulong)Math.Max(0, limit.BitsPerSecond);
        int exponent = Math.Max(0, 64 - 18 - System.Numerics.BitOperations.LeadingZeroCount(mantissa));
        "REMB"u8.CopyTo(entry);
        BinaryPrimitives.WriteUInt32BigEndian(entry[4..], (uint)sources.Length << 24 | (uint)exponent << 18 | (uint)(mantissa >> exponent));
        for (int i = 0; i < sources.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(entry[(8 + 4 * i)..], sources[i].Value);
        }

        return true;
    }

    private static int EndOfPair(ReadOnlySpan<SequenceNumber> missing, int start)
    {
        int end = start + 1;
        while (end < missing.Length && missing[end].DistanceFrom(missing[start]) is >= 0 and <= 16)
        {
            end++;
        }

        return end;
    }

    private static void WriteBlocks(Span<byte> body, ReadOnlySpan<ReportBlock> blocks)
    {
        for (int i = 0; i < blocks.Length; i++)
        {
            blocks[i].Write(body[(i * ReportBlock.Bytes)..]);
        }
    }

    private bool TryBeginFeedback(byte type, int format, Ssrc sender, Ssrc media, int entryBytes, out Span<byte> entry)
    {
        if (!TryBegin(type, format, 8 + entryBytes, out Span<byte> body))
        {
            entry = default;
            return false;
        }

        BinaryPrimitives.WriteUInt32BigEndian(body, sender.Value);
        BinaryPrimitives.WriteUInt32BigEndian(body[4..], media.Value);
        entry = body[8..];
        return true;
    }

    private bool TryBegin(byte type, int count, int bodyBytes, out Span<byte> body)
    {
        int total = RtcpPacket.HeaderBytes + bodyBytes;
        if (total > _destination.Length - Length)
        {
            body = default;
            return false;
        }

        Span<byte> packet = _destination.Slice(Length, total);
        packet[0] = (byte)(0x80 | count);
        packet[1] = type;
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)(total / 4 - 1));
        body = packet[RtcpPacket.HeaderBytes..];
        Length += total;
        return true;
    }
}
