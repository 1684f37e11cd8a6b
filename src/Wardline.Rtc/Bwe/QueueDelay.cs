namespace Wardline.Rtc.Bwe;

/// <summary>
/// How long packets wait in queues now: one-way delay above the least that was seen in the last 10 … 20 s. The clocks of
/// both ends need not agree, only run equally fast (which over 20 s they do to a millisecond).
/// </summary>
/// <remarks>
/// A way that becomes longer (a phone changes its cell) looks like a queue at first. <see cref="LongerWay"/> tells them apart.
/// </remarks>
internal sealed class QueueDelay
{
    private static readonly TimeSpan Alarm = TimeSpan.FromMilliseconds(15);
    private static readonly TimeSpan LimitedAlarm = TimeSpan.FromMilliseconds(60);
    private static readonly TimeSpan Standing = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan Bucket = TimeSpan.FromSeconds(10);

    private readonly LongerWay _longerWay = new();
    private long _least = long.MaxValue;
    private long _leastBefore = long.MaxValue;
    private long _newest = long.MaxValue;
    private Instant _bucketEnds;

    public TimeSpan Current { get; private set; }

    /// <summary>A long queue stands, and has not drained yet.</summary>
    public bool Stands { get; private set; }

    /// <summary>
    /// Growth that leaves no queue is noise: overuse is believed when packets really wait. A sender that stays below the
    /// estimate has more to lose by a wrong alarm (its estimate would fall below what it sends) and waits longer.
    /// </summary>
    public BandwidthUsage Confirms(BandwidthUsage usage, bool applicationLimited) =>
        usage == BandwidthUsage.Overusing && Current < (applicationLimited ? LimitedAlarm : Alarm) ? BandwidthUsage.Underusing : usage;

    /// <summary>
    /// What part of the rate to use while a queue that we made drains: 1 below 150 ms, down to 0.6 at 400 ms.
    /// At 0.85 of the link's rate half a second of queue would take three seconds to go, and audio stands in it too.
    /// </summary>
    /// <param name="ours">We were overusing lately; a longer way (a new route) is no queue and drains for nobody.</param>
    public double Drain(bool ours) =>
        ours && Current > Standing ? Math.Max(0.6, 1 - Current.TotalSeconds) : 1;

    /// <summary>A packet's one-way delay, in the difference of two clocks.</summary>
    public void Add(Instant sent, Instant arrived) =>
        _newest = Math.Min(_newest, arrived.Microseconds - sent.Microseconds);

    /// <summary>Ends a report: its least delay is the newest value, so jitter does not look like a queue.</summary>
    /// <param name="passes">What arrived over the last 300 ms.</param>
    /// <param name="overflows">So much is lost that a queue may be full.</param>
    public void EndReport(Bitrate passes, bool overflows, Instant now)
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
        if (_longerWay.IsFound(_newest, above, passes, overflows, now, out long length))
        {
            _least = length;
            _leastBefore = long.MaxValue;
            above = _newest - _least;
        }

        // A peer's clock that jumped would read as hours of queue.
        Current = TimeSpan.FromMicroseconds(Math.Clamp(above, 0, 10_000_000));
        Stands = Current > Standing || (Stands && Current > LimitedAlarm);
        _newest = long.MaxValue;
    }
}
