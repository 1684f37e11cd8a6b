using Wardline.Rtc;
using Wardline.Rtc.Rtp;

namespace Wardline.Client.Media;

/// <summary>
/// Makes whole VP8 frames of the packets of one received stream: in order, each once, beginning with a key frame. Says what
/// is missing, and when only a key frame helps.
/// </summary>
/// <remarks>
/// <code>
/// sequence   … 104 105 106 107 108 109 110 …
///              └─frame─┘ ▲   └─frame───┘
///              delivered │   waits for 107, or for a whole key frame behind it
///                       next
/// </code>
/// Memory is bounded: <see cref="Capacity"/> packets, each buffer made once. Allocates nothing after the ring has filled once.
/// </remarks>
internal sealed class FrameAssembler
{
    public const int Capacity = 512;
    public const int MaxFrameBytes = 256 * 1024;

    /// <summary>A hole is asked for after a moment, then once each interval, and given up at last.</summary>
    public static readonly TimeSpan ReorderTolerance = TimeSpan.FromMilliseconds(10);
    public static readonly TimeSpan AskInterval = TimeSpan.FromMilliseconds(60);
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(1);

    private readonly Slot[] _slots = new Slot[Capacity];
    private long _highest = -1;
    private long _next = -1;
    private int _lastPictureId = -1;
    private Instant _stuckSince = Instant.Never;
    private Instant _askAt = Instant.Never;

    private struct Slot
    {
        public long Sequence;
        public byte[]? Bytes;
        public int Length;
        public RtpTimestamp Timestamp;
        public bool Starts, StartsKeyFrame, Marker;
        public int PictureId;
        public byte PictureIdBits;
    }

    public long FramesDelivered { get; private set; }

    /// <summary>Between the delivered ones, by the sender's own count (RFC 7741 §4.2, PictureID): they never came whole.</summary>
    public long FramesLost { get; private set; }

    public long Duplicates { get; private set; }

    /// <summary>Too old, or no VP8.</summary>
    public long Refused { get; private set; }

    /// <summary>Nothing but a key frame helps: none has come yet, or a hole was given up.</summary>
    public bool WantsKeyFrame { get; private set; } = true;

    /// <summary>When <see cref="TakeMissing"/> has something to say.</summary>
    public Instant NextAsk => _askAt;

    /// <summary>One RTP packet of the stream, opened, repaired ones too.</summary>
    public void Add(ReadOnlySpan<byte> packet, Instant now)
    {
        long sequence = Extend(RtpHeader.Sequence(packet));
        ref Slot slot = ref _slots[sequence % Capacity];
        if (sequence <= _highest - Capacity || (_next >= 0 && sequence < _next))
        {
            Refused++;
            return;
        }

        if (Has(sequence))
        {
            Duplicates++;
            return;
        }

        // An empty payload only keeps the count (padding).
        ReadOnlySpan<byte> payload = RtpHeader.Payload(packet);
        Vp8DescriptorView view = default;
        if (!payload.IsEmpty && (!Vp8Descriptor.TryRead(payload, out view) || payload.Length > PacketTrains.SlotBytes))
        {
            Refused++;
            return;
        }

        ReadOnlySpan<byte> bytes = payload[view.Length..];
        slot.Bytes ??= new byte[PacketTrains.SlotBytes];
        bytes.CopyTo(slot.Bytes);
        slot.Sequence = sequence;
        slot.Length = bytes.Length;
        slot.Timestamp = RtpHeader.Timestamp(packet);
        slot.Starts = view.IsFrameStart;
        slot.StartsKeyFrame = view.IsKeyFrameStart;
        slot.Marker = RtpHeader.Marker(packet);
        slot.PictureId = payload.IsEmpty ? -1 : view.PictureId;
        slot.PictureIdBits = view.PictureIdBits;
        _highest = Math.Max(_highest, sequence);
        if (_next >= 0 && _highest - _next >= Capacity)
        {
            GiveUp();
        }

        Look(now);
    }

    /// <summary>The next whole frame.</summary>
    /// <param name="frame">At least <see cref="MaxFrameBytes"/>.</param>
    public bool TryTake(Instant now, Span<byte> frame, out int length, out bool keyFrame, out RtpTimestamp timestamp)
    {
        length = 0;
        keyFrame = false;
        timestamp = default;

        // 1. The frame that is due; else the newest whole key frame behind the hole.
        if (!TryFindWhole(_next, out long start, out long end) && !TryFindKeyFrame(out start, out end))
        {
            return false;
        }

        // 2. Its parts, one behind the other.
        ref readonly Slot first = ref _slots[start % Capacity];
        keyFrame = first.StartsKeyFrame;
        timestamp = first.Timestamp;
        CountLost(first);
        for (long sequence = start; sequence <= end; sequence++)
        {
            ref readonly Slot slot = ref _slots[sequence % Capacity];
            slot.Bytes.AsSpan(0, slot.Length).CopyTo(frame[length..]);
            length += slot.Length;
        }

        _next = end + 1;
        WantsKeyFrame &= !keyFrame;
        FramesDelivered++;
        _stuckSince = Instant.Never;
        Look(now);
        return true;
    }

    /// <summary>The sequence numbers to ask for now (RFC 4585 §6.2.1).</summary>
    public int TakeMissing(Instant now, Span<SequenceNumber> missing)
    {
        if (now < _askAt || _next < 0)
        {
            return 0;
        }

        if (now - _stuckSince >= GiveUpAfter)
        {
            GiveUp();
            return 0;
        }

        int count = 0;
        for (long sequence = _next; sequence < _highest && count < missing.Length; sequence++)
        {
            if (!Has(sequence))
            {
                missing[count++] = new SequenceNumber((ushort)sequence);
            }
        }

        _askAt = now + AskInterval;
        return count;
    }

    private bool Has(long sequence)
    {
        ref readonly Slot slot = ref _slots[sequence % Capacity];
        return slot.Bytes is not null && slot.Sequence == sequence;
    }

    private void CountLost(in Slot first)
    {
        int range = 1 << first.PictureIdBits;
        int step = first.PictureId - _lastPictureId & range - 1;
        FramesLost += first.PictureId >= 0 && _lastPictureId >= 0 && step < range / 2 ? Math.Max(0, step - 1) : 0;
        _lastPictureId = first.PictureId;
    }

    private void GiveUp()
    {
        WantsKeyFrame = true;
        _next = -1;
        _askAt = _stuckSince = Instant.Never;
    }

    /// <summary>Whether something is missing before the newest packet, and since when.</summary>
    private void Look(Instant now)
    {
        bool hole = false;
        for (long sequence = _next; _next >= 0 && sequence < _highest && !hole; sequence++)
        {
            hole = !Has(sequence);
        }

        if (!hole)
        {
            _askAt = _stuckSince = Instant.Never;
        }
        else if (_stuckSince == Instant.Never)
        {
            _stuckSince = now;
            _askAt = now + ReorderTolerance;
        }
    }

    /// <summary>From a first part to the marker, nothing missing, one timestamp. Padding before the first part is stepped over.</summary>
    private bool TryFindWhole(long from, out long start, out long end)
    {
        start = from;
        end = from;
        if (from < 0)
        {
            return false;
        }

        while (start <= _highest && Has(start) && _slots[start % Capacity].Length == 0)
        {
            start++;
        }

        if (!Has(start) || !_slots[start % Capacity].Starts)
        {
            return false;
        }

        int bytes = 0;
        RtpTimestamp timestamp = _slots[start % Capacity].Timestamp;
        for (end = start; end <= _highest && Has(end); end++)
        {
            ref readonly Slot slot = ref _slots[end % Capacity];
            bytes += slot.Length;
            if (slot.Timestamp != timestamp || bytes > MaxFrameBytes || (end > start && slot.Starts))
            {
                return false;
            }

            if (slot.Marker)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The newest key frame that is whole.</summary>
    private bool TryFindKeyFrame(out long start, out long end)
    {
        long oldest = Math.Max(Math.Max(_next, _highest - Capacity + 1), 0);
        for (long sequence = _highest; sequence >= oldest; sequence--)
        {
            if (Has(sequence) && _slots[sequence % Capacity].StartsKeyFrame && TryFindWhole(sequence, out start, out end))
            {
                return true;
            }
        }

        start = end = 0;
        return false;
    }

    private long Extend(SequenceNumber sequence)
    {
        if (_highest < 0)
        {
            return _highest = 0x10000 + sequence.Value;
        }

        return _highest + sequence.DistanceFrom(new SequenceNumber((ushort)_highest));
    }
}
