using Wardline.Rtc;

namespace Wardline.Netem;

/// <summary>
/// One direction of a network path, in virtual time: datagrams go in with a time and come out at a later one.
/// Nothing in it reads a clock, and its chances come from a seed, so a run can be repeated exactly.
/// </summary>
/// <remarks>
/// <code>
/// Enqueue ─► [queue, bounded in time] ─► bottleneck, one at a time ─► loss ─► delay ± jitter ─► TryDequeue
/// </code>
/// Memory is bounded: at most <c>capacity</c> datagrams are inside; the buffers are made once and reused.
/// Use: <see cref="Enqueue"/> what is sent, then at <see cref="NextTimeout"/> call <see cref="TryDequeue"/> until it says false.
/// </remarks>
public sealed class Link
{
    public const int MaxDatagramBytes = 2048;

    /// <summary>What IPv4 and UDP add to each datagram on the wire.</summary>
    public const int OverheadBytes = 28;

    private readonly byte[]?[] _buffers;
    private readonly int[] _lengths;
    private readonly Stack<int> _free;
    private readonly Queue<int> _queue = new();
    private readonly PriorityQueue<int, (long At, long Order)> _wire = new();
    private readonly PriorityQueue<LinkConditions, (long At, long Order)> _schedule = new();
    private readonly SeededRandom _random;
    private Instant _headLeaves = Instant.Never;
    private Instant _lastDelivery;
    private long _queuedBytes;
    private long _order;
    private bool _bad;

    public Link(LinkConditions conditions, ulong seed, int capacity = 4096)
    {
        Conditions = conditions;
        _random = new SeededRandom(seed);
        _buffers = new byte[capacity][];
        _lengths = new int[capacity];
        _free = new Stack<int>(Enumerable.Range(0, capacity).Reverse());
    }

    public LinkConditions Conditions { get; private set; }

    public LinkCounters Counters { get; } = new();

    /// <summary>How long a datagram that enters now would wait for the bottleneck.</summary>
    public TimeSpan QueueDelay => Conditions.Rate is { } rate ? TransmitTime(_queuedBytes, rate) : TimeSpan.Zero;

    /// <summary>When <see cref="TryDequeue"/> has to be called next.</summary>
    public Instant NextTimeout
    {
        get
        {
            Instant next = _headLeaves;
            if (_wire.TryPeek(out _, out (long At, long) first))
            {
                next = Instant.Min(next, new Instant(first.At));
            }

            return next;
        }
    }

    /// <summary>The conditions change now.</summary>
    public void Change(LinkConditions conditions, Instant now) => Schedule(now, conditions);

    /// <summary>The conditions change at a time to come.</summary>
    public void Schedule(Instant at, LinkConditions conditions) => _schedule.Enqueue(conditions, (at.Microseconds, _order++));

    /// <summary>A datagram enters; false when the queue (or the memory) is full and it is dropped.</summary>
    public bool Enqueue(ReadOnlySpan<byte> datagram, Instant now)
    {
        Advance(now);
        Counters.Entered++;
        if (datagram.Length > MaxDatagramBytes || QueueDelay > Conditions.QueueLimit || !_free.TryPop(out int slot))
        {
            Counters.DroppedByQueue++;
            return false;
        }

        byte[] buffer = _buffers[slot] ??= new byte[MaxDatagramBytes];
        datagram.CopyTo(buffer);
        _lengths[slot] = datagram.Length;
        _queue.Enqueue(slot);
        _queuedBytes += datagram.Length + OverheadBytes;
        if (_queue.Count == 1)
        {
            _headLeaves = now + HeadTransmitTime();
        }

        Advance(now);
        return true;
    }

    /// <summary>Takes the next datagram that has arrived by now.</summary>
    /// <param name="destination">At least <see cref="MaxDatagramBytes"/> bytes.</param>
    public bool TryDequeue(Instant now, Span<byte> destination, out int length)
    {
        Advance(now);
        if (!_wire.TryPeek(out int slot, out (long At, long) first) || first.At > now.Microseconds)
        {
            length = 0;
            return false;
        }

        _wire.Dequeue();
        length = _lengths[slot];
        _buffers[slot].AsSpan(0, length).CopyTo(destination);
        _free.Push(slot);
        Counters.Delivered++;
        return true;
    }

    /// <summary>Lets everything happen that happens up to now: changes of conditions and departures, in their order.</summary>
    private void Advance(Instant now)
    {
        while (true)
        {
            Instant change = _schedule.TryPeek(out _, out (long At, long) next) ? new Instant(next.At) : Instant.Never;
            if (change <= now && change <= _headLeaves)
            {
                // The datagram on its way through the bottleneck keeps its time, the ones behind it get the new rate.
                Conditions = _schedule.Dequeue();
                continue;
            }

            if (_headLeaves > now)
            {
                return;
            }

            Depart(_queue.Dequeue(), _headLeaves);
            _headLeaves = _queue.Count == 0 ? Instant.Never : _headLeaves + HeadTransmitTime();
        }
    }

    private void Depart(int slot, Instant at)
    {
        _queuedBytes -= _lengths[slot] + OverheadBytes;
        if (IsLost())
        {
            Counters.LostOnTheWire++;
            _free.Push(slot);
            return;
        }

        double jitter = (2 * _random.NextDouble() - 1) * Conditions.Jitter.TotalMilliseconds;
        Instant delivery = at + TimeSpan.FromMilliseconds(Math.Max(0, Conditions.Delay.TotalMilliseconds + jitter));
        if (!Conditions.Reorder && delivery < _lastDelivery)
        {
            delivery = _lastDelivery;
        }

        _lastDelivery = delivery;
        _wire.Enqueue(slot, (delivery.Microseconds, _order++));
    }

    private bool IsLost()
    {
        LossModel loss = Conditions.Loss;
        _bad = _bad ? _random.NextDouble() >= loss.BadToGood : _random.NextDouble() < loss.GoodToBad;
        return _random.NextDouble() < (_bad ? loss.LossInBad : loss.LossInGood);
    }

    private TimeSpan HeadTransmitTime() =>
        Conditions.Rate is { } rate ? TransmitTime(_lengths[_queue.Peek()] + OverheadBytes, rate) : TimeSpan.Zero;

    private static TimeSpan TransmitTime(long bytes, Bitrate rate) =>
        TimeSpan.FromMicroseconds(bytes * 8_000_000.0 / rate.BitsPerSecond);
}

/// <summary>What became of the datagrams.</summary>
public sealed class LinkCounters
{
    public long Entered { get; internal set; }

    public long DroppedByQueue { get; internal set; }

    public long LostOnTheWire { get; internal set; }

    public long Delivered { get; internal set; }
}
