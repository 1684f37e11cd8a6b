namespace Wardline.Rtc.Bwe;

/// <summary>
/// Gathers packets that were sent together and tells how much further apart each group arrived than it was sent.
/// </summary>
/// <remarks>
/// draft-ietf-rmcat-gcc-02 §5.2 (pre-filtering) and §5.3 (inter-group delay variation):
/// <code>
/// sent      ││││            │││            d = (arrival gap) − (sending gap)
/// arrived       ││││              │││      d > 0: a queue grows
///           └ 5 ms ┘
/// </code>
/// </remarks>
internal sealed class ArrivalGroups
{
    private const long BurstMicroseconds = 5_000;
    private const long MaxBurstMicroseconds = 100_000;
    private const long ClockJumpMicroseconds = 3_000_000;

    private Group _previous;
    private Group _current;
    private bool _hasPrevious;
    private bool _hasCurrent;

    /// <summary>Adds a packet; true when it completes a group that has a predecessor.</summary>
    /// <param name="variation">Gaps between the last two complete groups.</param>
    public bool Add(Instant sent, Instant arrived, out GroupVariation variation)
    {
        variation = default;
        if (!_hasCurrent)
        {
            _current = new Group(sent, arrived);
            _hasCurrent = true;
            return false;
        }

        if (sent < _current.FirstSent)
        {
            return false; // overtaken by a whole group: says nothing about the queue
        }

        if (Belongs(sent, arrived))
        {
            _current.LastSent = sent > _current.LastSent ? sent : _current.LastSent;
            _current.LastArrived = arrived > _current.LastArrived ? arrived : _current.LastArrived;
            return false;
        }

        bool complete = _hasPrevious;
        if (complete)
        {
            long sending = _current.LastSent.Microseconds - _previous.LastSent.Microseconds;
            long arriving = _current.LastArrived.Microseconds - _previous.LastArrived.Microseconds;
            variation = new GroupVariation(sending / 1000.0, arriving / 1000.0, _current.LastArrived.Milliseconds);
            if (Math.Abs(arriving - sending) > ClockJumpMicroseconds)
            {
                // The peer's clock jumped, or the report is nonsense: start again.
                _hasPrevious = false;
                _current = new Group(sent, arrived);
                return false;
            }

            complete = arriving >= 0;
        }

        _previous = _current;
        _hasPrevious = true;
        _current = new Group(sent, arrived);
        return complete;
    }

    /// <summary>Forgets what came before, as after a probe.</summary>
    public void Restart() => _hasPrevious = _hasCurrent = false;

    private bool Belongs(Instant sent, Instant arrived)
    {
        if (sent.Microseconds - _current.FirstSent.Microseconds <= BurstMicroseconds)
        {
            return true;
        }

        // Sent later but arrived on the heels of the group: a burst made by the network (e.g. Wi-Fi aggregation).
        long arrivalGap = arrived.Microseconds - _current.LastArrived.Microseconds;
        long sendGap = sent.Microseconds - _current.LastSent.Microseconds;
        return arrivalGap <= BurstMicroseconds && arrivalGap < sendGap &&
            arrived.Microseconds - _current.FirstArrived.Microseconds < MaxBurstMicroseconds;
    }

    private struct Group(Instant sent, Instant arrived)
    {
        public readonly Instant FirstSent = sent;
        public readonly Instant FirstArrived = arrived;
        public Instant LastSent = sent;
        public Instant LastArrived = arrived;
    }
}

/// <summary>Gaps between two consecutive groups, and when the later one had arrived (peer's clock).</summary>
internal readonly record struct GroupVariation(double SendGapMs, double ArrivalGapMs, double ArrivedMs)
{
    public double DelayMs => ArrivalGapMs - SendGapMs;
}
