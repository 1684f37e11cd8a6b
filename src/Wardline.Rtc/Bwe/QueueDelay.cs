namespace Wardline.Rtc.Bwe;

/// <summary>
/// How long packets wait in queues now: one-way delay above the least that was seen in the last 10 … 20 s. The clocks of
/// both ends need not agree, only run equally fast (which over 20 s they do to a millisecond).
/// </summary>
internal sealed class QueueDelay
{
    private static readonly TimeSpan Bucket = TimeSpan.FromSeconds(10);

    private long _least = long.MaxValue;
    private long _leastBefore = long.MaxValue;
    private long _newest = long.MaxValue;
    private Instant _bucketEnds;

    public TimeSpan Current { get; private set; }

    /// <summary>A packet's one-way delay, in the difference of two clocks.</summary>
    public void Add(Instant sent, Instant arrived) =>
        _newest = Math.Min(_newest, arrived.Microseconds - sent.Microseconds);

    /// <summary>Ends a report: its least delay is the newest value, so jitter does not look like a queue.</summary>
    public void EndReport(Instant now)
    {
        if (_newest == long.MaxValue)
        {
            return;
        }

        if (now >= _bucketEnds)
        {
            _leastBefore = _least;
            _least = long.MaxValue;
            _bucketEnds = now + Bucket;
        }

        _least = Math.Min(_least, _newest);
        long above = _newest - Math.Min(_least, _leastBefore);

        // A peer's clock that jumped would read as hours of queue.
        Current = TimeSpan.FromMicroseconds(Math.Clamp(above, 0, 10_000_000));
        _newest = long.MaxValue;
    }
}
