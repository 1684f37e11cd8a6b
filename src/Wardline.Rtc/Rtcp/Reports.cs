using System.Buffers.Binary;

namespace Wardline.Rtc.Rtcp;

/// <summary>How one source was received.</summary>
/// <remarks>
/// RFC 3550 §6.4.1:
/// <code>
/// |                 SSRC_n (SSRC of the source)                   |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// | fraction lost |       cumulative number of packets lost       |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |           extended highest sequence number received           |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |                      interarrival jitter                      |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |                         last SR (LSR)                         |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |                   delay since last SR (DLSR)                  |
/// </code>
/// </remarks>
/// <param name="Source">The stream that is reported on.</param>
/// <param name="FractionLost">Lost since the last report, in 1/256.</param>
/// <param name="CumulativeLost">24 bits, signed: duplicates can make it negative.</param>
/// <param name="ExtendedHighest">Highest sequence number in the low 16 bits, its wraps in the high ones.</param>
/// <param name="Jitter">In units of the stream's clock.</param>
/// <param name="LastSenderReport">Middle 32 bits of the NTP time of the last sender report, 0 when there was none.</param>
/// <param name="DelaySinceLastSenderReport">In 1/65536 s.</param>
public readonly record struct ReportBlock(
    Ssrc Source, byte FractionLost, int CumulativeLost, uint ExtendedHighest, uint Jitter, uint LastSenderReport, uint DelaySinceLastSenderReport)
{
    public const int Bytes = 24;

    /// <summary>0 … 1.</summary>
    public double Loss => FractionLost / 256.0;

    /// <summary>
    /// RFC 3550 §6.4.1: round trip as seen by the sender of the reports, from the middle 32 bits of the NTP time at
    /// which this block arrived. Null when there was no sender report, or the answer makes no sense.
    /// </summary>
    public TimeSpan? RoundTrip(uint arrivalMiddleNtp)
    {
        if (LastSenderReport == 0)
        {
            return null;
        }

        uint units = unchecked(arrivalMiddleNtp - LastSenderReport - DelaySinceLastSenderReport);
        return units > int.MaxValue ? null : TimeSpan.FromSeconds(units / 65536.0);
    }

    internal static ReportBlock Read(ReadOnlySpan<byte> block) => new(
        new Ssrc(BinaryPrimitives.ReadUInt32BigEndian(block)),
        block[4],
        BinaryPrimitives.ReadInt32BigEndian(block[4..]) << 8 >> 8,
        BinaryPrimitives.ReadUInt32BigEndian(block[8..]),
        BinaryPrimitives.ReadUInt32BigEndian(block[12..]),
        BinaryPrimitives.ReadUInt32BigEndian(block[16..]),
        BinaryPrimitives.ReadUInt32BigEndian(block[20..]));

    internal void Write(Span<byte> block)
    {
        int lost = Math.Clamp(CumulativeLost, -0x80_0000, 0x7F_FFFF);
        BinaryPrimitives.WriteUInt32BigEndian(block, Source.Value);
        BinaryPrimitives.WriteInt32BigEndian(block[4..], lost & 0xFF_FFFF | FractionLost << 24);
        BinaryPrimitives.WriteUInt32BigEndian(block[8..], ExtendedHighest);
        BinaryPrimitives.WriteUInt32BigEndian(block[12..], Jitter);
        BinaryPrimitives.WriteUInt32BigEndian(block[16..], LastSenderReport);
        BinaryPrimitives.WriteUInt32BigEndian(block[20..], DelaySinceLastSenderReport);
    }
}

/// <summary>The report blocks of a sender or receiver report, for foreach.</summary>
public readonly ref struct ReportBlocks
{
    private readonly ReadOnlySpan<byte> _blocks;

    internal ReportBlocks(ReadOnlySpan<byte> blocks) => _blocks = blocks;

    public int Count => _blocks.Length / ReportBlock.Bytes;

    public ReportBlock this[int index] => ReportBlock.Read(_blocks.Slice(index * ReportBlock.Bytes, ReportBlock.Bytes));

    public Enumerator GetEnumerator() => new(this);

    public ref struct Enumerator
    {
        private readonly ReportBlocks _blocks;
        private int _index = -1;

        internal Enumerator(ReportBlocks blocks) => _blocks = blocks;

        public readonly ReportBlock Current => _blocks[_index];

        public bool MoveNext() => ++_index < _blocks.Count;
    }
}

/// <summary>The sender's half of a sender report: which media time was which wall time, and how much was sent.</summary>
/// <param name="Ntp">RFC 3550 §4: seconds since 1900 in 32.32 fixed point.</param>
public readonly record struct SenderInfo(ulong Ntp, RtpTimestamp Timestamp, uint PacketCount, uint OctetCount)
{
    /// <summary>What a report block calls LSR.</summary>
    public uint MiddleNtp => (uint)(Ntp >> 16);
}

/// <remarks>RFC 3550 §6.4.1: header, SSRC, NTP time, RTP time, packets, octets, report blocks.</remarks>
public readonly ref struct SenderReportView
{
    private SenderReportView(Ssrc sender, SenderInfo info, ReportBlocks blocks)
    {
        Sender = sender;
        Info = info;
        Blocks = blocks;
    }

    public Ssrc Sender { get; }

    public SenderInfo Info { get; }

    public ReportBlocks Blocks { get; }

    public static bool TryRead(RtcpPacket packet, out SenderReportView view)
    {
        ReadOnlySpan<byte> body = packet.Body;
        int blocks = packet.Count * ReportBlock.Bytes;
        if (packet.Type != RtcpType.SenderReport || body.Length < 24 + blocks)
        {
            view = default;
            return false;
        }

        view = new SenderReportView(
            new Ssrc(BinaryPrimitives.ReadUInt32BigEndian(body)),
            new SenderInfo(
                BinaryPrimitives.ReadUInt64BigEndian(body[4..]),
                new RtpTimestamp(BinaryPrimitives.ReadUInt32BigEndian(body[12..])),
                BinaryPrimitives.ReadUInt32BigEndian(body[16..]),
                BinaryPrimitives.ReadUInt32BigEndian(body[20..])),
            new ReportBlocks(body.Slice(24, blocks)));
        return true;
    }
}

/// <remarks>RFC 3550 §6.4.2: header, SSRC, report blocks.</remarks>
public readonly ref struct ReceiverReportView
{
    private ReceiverReportView(Ssrc sender, ReportBlocks blocks)
    {
        Sender = sender;
        Blocks = blocks;
    }

    public Ssrc Sender { get; }

    public ReportBlocks Blocks { get; }

    public static bool TryRead(RtcpPacket packet, out ReceiverReportView view)
    {
        ReadOnlySpan<byte> body = packet.Body;
        int blocks = packet.Count * ReportBlock.Bytes;
        if (packet.Type != RtcpType.ReceiverReport || body.Length < 4 + blocks)
        {
            view = default;
            return false;
        }

        view = new ReceiverReportView(
            new Ssrc(BinaryPrimitives.ReadUInt32BigEndian(body)), new ReportBlocks(body.Slice(4, blocks)));
        return true;
    }
}
