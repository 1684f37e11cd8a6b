using System.Buffers.Binary;

namespace Wardline.Rtc.Rtcp;

/// <summary>Transport-wide feedback: which packets of a range arrived, and when.</summary>
/// <remarks>
/// draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1:
/// <code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |V=2|P|  FMT=15 |    PT=205     |           length              |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |                     SSRC of packet sender                     |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |                      SSRC of media source                     |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |      base sequence number     |      packet status count      |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |                 reference time                | fb pkt. count |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |          packet chunk         |  …            |  recv delta … |
/// </code>
/// Chunks: run length <c>0 SS LLLLLLLLLLLLL</c>; status vector <c>1 0</c> and 14 one-bit symbols, or <c>1 1</c> and
/// 7 two-bit symbols. Symbols: 0 not received, 1 small delta (one byte, unsigned), 2 large delta (two bytes, signed),
/// 3 reserved. Deltas count 250 µs, the reference time (24 bits, signed) 64 ms.
/// </remarks>
public readonly ref struct TransportCcView
{
    /// <summary>More packets than anybody sends between two reports; a larger range is refused as hostile.</summary>
    public const int MaxStatusCount = 8192;

    internal const int FixedBodyBytes = 16;
    private readonly ReadOnlySpan<byte> _body;
    private readonly int _deltasAt;

    private TransportCcView(ReadOnlySpan<byte> body, int deltasAt, int received)
    {
        _body = body;
        _deltasAt = deltasAt;
        ReceivedCount = received;
    }

    public Ssrc Sender => FeedbackHeader.Read(_body).Sender;

    public Ssrc Media => FeedbackHeader.Read(_body).Media;

    /// <summary>The first sequence number that this report speaks of.</summary>
    public ushort BaseSequence => BinaryPrimitives.ReadUInt16BigEndian(_body[8..]);

    /// <summary>How many numbers from the base on it speaks of.</summary>
    public int StatusCount => BinaryPrimitives.ReadUInt16BigEndian(_body[10..]);

    /// <summary>How many of them arrived.</summary>
    public int ReceivedCount { get; }

    /// <summary>In units of 64 ms, sign-extended from 24 bits; wraps after 12.4 days.</summary>
    public int ReferenceTime => BinaryPrimitives.ReadInt32BigEndian(_body[12..]) >> 8;

    /// <summary>Counts reports, modulo 256.</summary>
    public byte FeedbackCount => _body[15];

    /// <summary>
    /// Checks everything once: chunks cover the range, deltas lie inside the packet, no reserved symbol.
    /// Linear in the packet's length.
    /// </summary>
    public static bool TryRead(RtcpPacket packet, out TransportCcView view)
    {
        view = default;
        ReadOnlySpan<byte> body = packet.Body;
        if (packet.Kind != RtcpKind.TransportCc || body.Length < FixedBodyBytes + 2)
        {
            return false;
        }

        int left = BinaryPrimitives.ReadUInt16BigEndian(body[10..]);
        if (left is 0 or > MaxStatusCount)
        {
            return false;
        }

        int at = FixedBodyBytes;
        int received = 0;
        int deltaBytes = 0;
        while (left > 0)
        {
            if (at + 2 > body.Length)
            {
                return false;
            }

            TransportCcChunk chunk = new(BinaryPrimitives.ReadUInt16BigEndian(body[at..]));
            at += 2;
            int count = Math.Min(left, chunk.Count);
            if (count == 0 || !chunk.TryMeasure(count, ref received, ref deltaBytes))
            {
                return false;
            }

            left -= count;
        }

        if (at + deltaBytes > body.Length)
        {
            return false;
        }

        view = new TransportCcView(body, at, received);
        return true;
    }

    /// <summary>The packets that arrived, for foreach, in order of their numbers.</summary>
    public Enumerator GetEnumerator() => new(_body, _deltasAt, StatusCount);

    /// <param name="Sequence">Transport-wide sequence number.</param>
    /// <param name="Index">0 … StatusCount − 1: its distance from the base.</param>
    /// <param name="OffsetMicroseconds">Arrival after the reference time; may run backwards on reordering.</param>
    public readonly record struct Arrival(ushort Sequence, int Index, long OffsetMicroseconds);

    public ref struct Enumerator
    {
        private readonly ReadOnlySpan<byte> _body;
        private readonly int _statusCount;
        private TransportCcChunk _chunk;
        private int _chunkLeft;
        private int _chunkIndex;
        private int _chunkAt = FixedBodyBytes;
        private int _deltaAt;
        private int _index = -1;
        private long _offset;

        internal Enumerator(ReadOnlySpan<byte> body, int deltasAt, int statusCount)
        {
            _body = body;
            _deltaAt = deltasAt;
            _statusCount = statusCount;
        }

        public readonly Arrival Current =>
            new((ushort)(BinaryPrimitives.ReadUInt16BigEndian(_body[8..]) + _index), _index, _offset);

        public bool MoveNext()
        {
            while (_index + 1 < _statusCount)
            {
                if (_chunkLeft == 0)
                {
                    _chunk = new TransportCcChunk(BinaryPrimitives.ReadUInt16BigEndian(_body[_chunkAt..]));
                    _chunkAt += 2;
                    _chunkIndex = 0;
                    _chunkLeft = Math.Min(_chunk.Count, _statusCount - _index - 1);
                    if (_chunk.IsRunOfLost)
                    {
                        _index += _chunkLeft;
                        _chunkLeft = 0;
                        continue;
                    }
                }

                _index++;
                _chunkLeft--;
                switch (_chunk.Symbol(_chunkIndex++))
                {
                    case TransportCcChunk.SmallDelta:
                        _offset += _body[_deltaAt] * 250L;
                        _deltaAt++;
                        return true;
                    case TransportCcChunk.LargeDelta:
                        _offset += BinaryPrimitives.ReadInt16BigEndian(_body[_deltaAt..]) * 250L;
                        _deltaAt += 2;
                        return true;
                }
            }

            return false;
        }
    }
}

/// <summary>One packet chunk; see the diagram at <see cref="TransportCcView"/>.</summary>
internal readonly struct TransportCcChunk(ushort bits)
{
    public const int NotReceived = 0;
    public const int SmallDelta = 1;
    public const int LargeDelta = 2;
    public const int MaxRun = 0x1FFF;

    private bool IsRun => (bits & 0x8000) == 0;

    private bool IsTwoBit => (bits & 0x4000) != 0;

    public bool IsRunOfLost => (bits & 0xE000) == 0;

    public int Count => IsRun ? bits & MaxRun : IsTwoBit ? 7 : 14;

    public int Symbol(int index) => IsRun
        ? (bits >> 13) & 3
        : IsTwoBit ? (bits >> (12 - 2 * index)) & 3 : (bits >> (13 - index)) & 1;

    /// <summary>Adds up the first <paramref name="count"/> symbols; false for a reserved symbol among them.</summary>
    public bool TryMeasure(int count, ref int received, ref int deltaBytes)
    {
        if (IsRun)
        {
            int symbol = Symbol(0);
            received += symbol == NotReceived ? 0 : count;
            deltaBytes += symbol * count;
            return symbol <= LargeDelta;
        }

        for (int i = 0; i < count; i++)
        {
            int symbol = Symbol(i);
            if (symbol > LargeDelta)
            {
                return false;
            }

            received += symbol == NotReceived ? 0 : 1;
            deltaBytes += symbol;
        }

        return true;
    }

    public static ushort Run(int symbol, int count) => (ushort)(symbol << 13 | count);
}
