namespace Wardline.Rtc.Bwe;

/// <summary>
/// Limits the rate by loss, for queues too short to be seen as delay: below 2 % the limit is lifted, from 2 to 10 %
/// it stays, above 10 % the rate falls by half the loss.
/// </summary>
/// <remarks>
/// draft-ietf-rmcat-gcc-02 §6. Loss is counted over one to two seconds, and a fall asks for more than 10 % beyond the
/// statistical error, so that 5 % of random loss does not ratchet the rate down.
/// </remarks>
internal sealed class LossController(SendSideEstimatorOptions options)
{
    private const double Low = 0.02;
    private const double High = 0.10;
    private const int EnoughPackets = 20;

    /// <summary>Standard deviations. At one, 5 % of random loss in a second of nothing but audio is taken for 10 % every few seconds.</summary>
    private const double Doubt = 1.5;

    private const double GrowthPerSecond = 1.08;
    private static readonly TimeSpan Bucket = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LeastInterval = TimeSpan.FromMilliseconds(300);

    private (int Decided, int Lost) _current;
    private (int Decided, int Lost) _previous;
    private Instant _bucketEnds;
    private Instant _lastUpdate;
    private Instant _mayFall;

    /// <summary>No limit while null.</summary>
    public Bitrate? Limit { get; private set; }

    /// <summary>Lost share of the packets of the last one to two seconds, 0 … 1.</summary>
    public double Loss { get; private set; }

    /// <summary>More than 10 % is lost, and not by chance.</summary>
    public bool IsHeavy { get; private set; }

    /// <param name="decided">Packets whose fate became known.</param>
    /// <param name="lost">Those of them that were lost.</param>
    /// <param name="rate">What is being sent at most: the estimate before this call.</param>
    public void Add(int decided, int lost, Bitrate rate, TimeSpan roundTrip, Instant now)
    {
        if (now >= _bucketEnds)
        {
            _previous = now - _bucketEnds < Bucket ? _current : default;
            _current = default;
            _bucketEnds = now + Bucket;
        }

        _current = (_current.Decided + decided, _current.Lost + lost);
        int total = _current.Decided + _previous.Decided;
        int missing = _current.Lost + _previous.Lost;
        Loss = total == 0 ? 0 : (double)missing / total;
        if (total >= EnoughPackets)
        {
            Apply(Loss, certain: missing - Doubt * Math.Sqrt(missing) > High * total, rate, roundTrip, now);
        }

        _lastUpdate = now;
    }

    /// <summary>A receiver report's share, for a peer that sends no transport-wide feedback.</summary>
    public void Report(double loss, Bitrate rate, TimeSpan roundTrip, Instant now)
    {
        Loss = loss;
        Apply(loss, certain: loss > High, rate, roundTrip, now);
        _lastUpdate = now;
    }

    /// <summary>A probe measured that this much passes, losses or not.</summary>
    public void Raise(Bitrate measured)
    {
        if (Limit is { } limit)
        {
            Limit = Bitrate.Max(limit, measured);
        }
    }

    /// <summary>The queue that overflowed has drained: what it lost says nothing about now.</summary>
    public void Forget()
    {
        _current = _previous = default;
        IsHeavy = false;
    }

    public void Cut(double factor)
    {
        if (Limit is { } limit)
        {
            Limit = Bitrate.Max(limit * factor, options.Min);
        }
    }

    private void Apply(double loss, bool certain, Bitrate rate, TimeSpan roundTrip, Instant now)
    {
        IsHeavy = certain;
        if (certain)
        {
            if (now >= _mayFall)
            {
                Limit = Bitrate.Max(Bitrate.Min(Limit ?? rate, rate) * (1 - 0.5 * loss), options.Min);
                _mayFall = now + roundTrip + LeastInterval;

                // What was lost before the fall says nothing about the rate after it.
                _current = _previous = default;
            }
        }
        else if (loss > Low)
        {
            Limit ??= rate;
        }
        else if (Limit is { } limit)
        {
            double seconds = Math.Clamp((now - _lastUpdate).TotalSeconds, 0, 1);
            Bitrate raised = limit * Math.Pow(GrowthPerSecond, seconds) + new Bitrate((long)(1000 * seconds));
            Limit = raised > rate * 1.5 ? null : Bitrate.Min(raised, options.Max);
        }
    }
}
