namespace Wardline.Rtc.Bwe;

/// <summary>
/// What was sent under which transport-wide sequence number, until feedback speaks of it. One ring that grows while more
/// is undecided than it holds, to a bound; a packet older than the ring is forgotten, feedback on it is ignored.
/// </summary>
internal sealed class SentPackets
{
    // A second of a small video. Most participants of a large visit never need more.
    private const int FirstCapacity = 256;

    private readonly int _capacity;
    private Entry[] _ring;
    private long _last = -1;
    private long _lossCursor;

    /// <param name="capacity">The bound, a power of two.</param>
    public SentPackets(int capacity)
    {
        _capacity = capacity;
        _ring = new Entry[Math.Min(FirstCapacity, capacity)];
    }

    private enum State : byte
    {
        Unknown,
        InFlight,
        Acknowledged,

        /// <summary>The report on it was lost: nobody knows.</summary>
        Untold,
    }

    public void Add(ushort sequence, int bytes, byte cluster, Instant now)
    {
        if (_last < 0)
        {
            _last = _lossCursor = sequence + 0x1_0000L;
        }
        else
        {
            long next = Unwrap(sequence);
            if (next - _lossCursor >= _ring.Length && _ring.Length < _capacity)
            {
                Grow();
            }

            for (long skipped = Math.Max(_last + 1, next - _ring.Length + 1); skipped < next; skipped++)
            {
                this[skipped] = default;
            }

            // A number at or behind the last one would be a second use of it: the caller's bug, harmless here.
            _last = Math.Max(_last, next);
        }

        this[_last] = new Entry(_last, now.Microseconds, (ushort)Math.Min(bytes, ushort.MaxValue), cluster, State.InFlight);
    }

    /// <summary>Feedback says that a packet arrived; false when it was never sent, is forgotten, or was told before.</summary>
    public bool TryAcknowledge(ushort sequence, out SentPacket packet)
    {
        long unwrapped = Unwrap(sequence);
        if (_last < 0 || unwrapped > _last || unwrapped < 0)
        {
            packet = default;
            return false;
        }

        ref Entry entry = ref this[unwrapped];
        if (entry.Sequence != unwrapped || entry.State != State.InFlight)
        {
            packet = default;
            return false;
        }

        entry = entry with { State = State.Acknowledged };
        packet = new SentPacket(new Instant(entry.SentAt), entry.Bytes, entry.Cluster);
        return true;
    }

    /// <summary>
    /// Decides about all packets sent up to <paramref name="sentUpTo"/>: who has not been acknowledged by now is lost.
    /// Leaving the youngest undecided gives reordered packets the time to be told.
    /// </summary>
    public (int Decided, int Lost) Decide(Instant sentUpTo)
    {
        int decided = 0;
        int lost = 0;
        _lossCursor = Math.Max(_lossCursor, _last - _ring.Length + 1);
        for (; _lossCursor <= _last; _lossCursor++)
        {
            Entry entry = this[_lossCursor];
            if (entry.Sequence != _lossCursor || entry.State == State.Unknown)
            {
                continue;
            }

            if (entry.SentAt > sentUpTo.Microseconds)
            {
                break;
            }

            if (entry.State != State.Untold)
            {
                decided++;
                lost += entry.State == State.InFlight ? 1 : 0;
            }
        }

        return (decided, lost);
    }

    /// <summary>Nothing that was sent so far counts as lost, nor as arrived.</summary>
    public void GiveUp()
    {
        for (int i = 0; i < _ring.Length; i++)
        {
            _ring[i] = _ring[i] with { State = State.Unknown };
        }

        _lossCursor = _last + 1;
    }

    /// <summary>The report on these packets was lost on its way: what became of them stays unknown, which is not lost.</summary>
    /// <param name="count">From <paramref name="first"/> on.</param>
    /// <returns>Their bytes.</returns>
    public long MarkUntold(ushort first, int count)
    {
        long bytes = 0;
        long from = Math.Max(Unwrap(first), _last - _ring.Length + 1);
        for (long sequence = Math.Max(from, 0); sequence <= _last && count > 0; sequence++, count--)
        {
            ref Entry entry = ref this[sequence];
            if (entry.Sequence == sequence && entry.State == State.InFlight)
            {
                entry = entry with { State = State.Untold };
                bytes += entry.Bytes;
            }
        }

        return bytes;
    }

    private void Grow()
    {
        Entry[] larger = new Entry[_ring.Length * 2];
        foreach (ref readonly Entry entry in _ring.AsSpan())
        {
            if (entry.State != State.Unknown)
            {
                larger[entry.Sequence & (larger.Length - 1)] = entry;
            }
        }

        _ring = larger;
    }

    private ref Entry this[long sequence] => ref _ring[sequence & (_ring.Length - 1)];

    private long Unwrap(ushort sequence) => _last + (short)(sequence - (ushort)_last);

    private readonly record struct Entry(long Sequence, long SentAt, ushort Bytes, byte Cluster, State State);
}

/// <param name="Cluster">The probe that it belongs to, 0 for none.</param>
internal readonly record struct SentPacket(Instant SentAt, int Bytes, byte Cluster);
