using System.Buffers.Binary;

namespace Wardline.Rtc.Rtcp;

/// <summary>
/// Writes one transport-wide feedback packet (layout at <see cref="TransportCcView"/>). Symbols are packed into the
/// shortest chunk that takes them; deltas are gathered from the far end of the destination backwards and moved behind
/// the chunks at the end, so no second buffer is needed.
/// </summary>
internal ref struct TransportCcWriter
{
    /// <summary>Arrival times are cut to this unit, µs.</summary>
    public const int TickMicroseconds = 250;

    private const int TicksPerReference = 256; // 64 ms
    private const int FixedBytes = RtcpPacket.HeaderBytes + TransportCcView.FixedBodyBytes;
    private const int VectorSymbols = 14;

    // A run of losses turns into run-length chunks after at most one vector; see TryAdd.
    private const int WorstChunkBytes = 10;

    private readonly Span<byte> _destination;
    private readonly int _referenceTime;
    private TransportCcPending _pending;
    private long _lastTick;
    private int _chunkEnd = FixedBytes;
    private int _deltaStart;
    private int _count;

    /// <param name="destination">At least 64 bytes.</param>
    /// <param name="firstArrival">Arrival of the first packet that will be added.</param>
    public TransportCcWriter(
        Span<byte> destination, Ssrc sender, Ssrc media, ushort baseSequence, Instant firstArrival, byte feedbackCount)
    {
        _destination = destination;
        _deltaStart = destination.Length;
        _referenceTime = (int)(firstArrival.Microseconds / TickMicroseconds / TicksPerReference);
        _lastTick = firstArrival.Microseconds / TickMicroseconds / TicksPerReference * TicksPerReference;
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], sender.Value);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], media.Value);
        BinaryPrimitives.WriteUInt16BigEndian(destination[12..], baseSequence);
        BinaryPrimitives.WriteUInt32BigEndian(destination[16..], (uint)_referenceTime << 8 | feedbackCount);
    }

    /// <summary>Adds some lost packets and then one that arrived; false (nothing added) when the report is full.</summary>
    public bool TryAdd(int lostBefore, Instant arrival)
    {
        long tick = arrival.Microseconds / TickMicroseconds;
        long delta = tick - _lastTick;
        if (delta is < short.MinValue or > short.MaxValue ||
            _count + lostBefore + 1 > TransportCcView.MaxStatusCount ||
            _chunkEnd + WorstChunkBytes + 2 + 3 > _deltaStart)
        {
            return false;
        }

        for (int i = 0; i < lostBefore; i++)
        {
            Add(TransportCcChunk.NotReceived);
        }

        if (delta is >= 0 and <= byte.MaxValue)
        {
            Add(TransportCcChunk.SmallDelta);
            _destination[--_deltaStart] = (byte)delta;
        }
        else
        {
            Add(TransportCcChunk.LargeDelta);
            _destination[--_deltaStart] = (byte)(delta >> 8);
            _destination[--_deltaStart] = (byte)delta;
        }

        _lastTick = tick;
        _count += lostBefore + 1;
        return true;
    }

    /// <summary>Finishes the packet and returns its length, a multiple of four.</summary>
    public int Finish()
    {
        if (_pending.Count > 0)
        {
            Emit(_pending.TakeLast());
        }

        Span<byte> deltas = _destination[_deltaStart..];
        deltas.Reverse();
        deltas.CopyTo(_destination[_chunkEnd..]);
        int end = _chunkEnd + deltas.Length;
        int length = (end + 3) & ~3;
        _destination[end..length].Clear();
        _destination[0] = 0x80 | RtcpFormat.TransportCc;
        _destination[1] = RtcpType.TransportFeedback;
        BinaryPrimitives.WriteUInt16BigEndian(_destination[2..], (ushort)(length / 4 - 1));
        BinaryPrimitives.WriteUInt16BigEndian(_destination[14..], (ushort)_count);
        return length;
    }

    private void Add(int symbol)
    {
        if (!_pending.CanAdd(symbol))
        {
            Emit(_pending.TakeFull());
        }

        _pending.Add(symbol);
    }

    private void Emit(ushort chunk)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_destination[_chunkEnd..], chunk);
        _chunkEnd += 2;
    }

    /// <summary>Symbols that have not become a chunk yet: a run of equal ones, or up to 14 mixed ones.</summary>
    private struct TransportCcPending
    {
        // Two bits a symbol, the first in the lowest bits; meaningful for the first 14.
        private uint _symbols;
        private bool _mixed;
        private bool _large;

        public int Count { get; private set; }

        public readonly bool CanAdd(int symbol) =>
            Count < 7 ||
            (Count < VectorSymbols && !_large && symbol != TransportCcChunk.LargeDelta) ||
            (Count < TransportCcChunk.MaxRun && !_mixed && symbol == First);

        private readonly int First => (int)(_symbols & 3);

        public void Add(int symbol)
        {
            if (Count < VectorSymbols)
            {
                _symbols |= (uint)symbol << (2 * Count);
            }

            _mixed |= symbol != First;
            _large |= symbol == TransportCcChunk.LargeDelta;
            Count++;
        }

        /// <summary>The chunk to write when no more can be added; what it does not hold stays pending.</summary>
        public ushort TakeFull()
        {
            if (!_mixed || (Count == VectorSymbols && !_large))
            {
                return TakeLast();
            }

            ushort chunk = TwoBit(7);
            uint rest = _symbols >> 14;
            int left = Count - 7;
            this = default;
            for (int i = 0; i < left; i++)
            {
                Add((int)(rest >> (2 * i)) & 3);
            }

            return chunk;
        }

        public ushort TakeLast()
        {
            ushort chunk = !_mixed ? TransportCcChunk.Run(First, Count) : Count <= 7 ? TwoBit(Count) : OneBit();
            this = default;
            return chunk;
        }

        private readonly ushort TwoBit(int count)
        {
            uint chunk = 0xC000;
            for (int i = 0; i < count; i++)
            {
                chunk |= ((_symbols >> (2 * i)) & 3) << (12 - 2 * i);
            }

            return (ushort)chunk;
        }

        private readonly ushort OneBit()
        {
            uint chunk = 0x8000;
            for (int i = 0; i < Count; i++)
            {
                chunk |= ((_symbols >> (2 * i)) & 1) << (13 - i);
            }

            return (ushort)chunk;
        }
    }
}
