namespace Wardline.Rtc.Bwe;

/// <summary>Turns the queue's behaviour into a rate.</summary>
/// <remarks>
/// draft-ietf-rmcat-gcc-02 §5.5:
/// <code>
///                 overuse              normal               underuse
///  [Hold]     ──► [Decrease]           [Increase]           –
///  [Increase] ──► [Decrease]           –                    [Hold]
///  [Decrease] ──► –                    [Hold]               [Hold]
/// </code>
/// Decrease: 0.85 × what passes. Increase: 8 % a second while far from the last known capacity, about one packet each
/// response time near it. In Hold the queue drains.
/// </remarks>
internal sealed class AimdController(SendSideEstimatorOptions options)
{
    private const double Beta = 0.85;
    private const double GrowthPerSecond = 1.08;
    private const double AheadOfAcked = 1.5;
    private const double PacketBits = 1200 * 8;
    private static readonly Bitrate AheadAtLeast = Bitrate.FromKilobits(10);

    private LinkCapacity _capacity;
    private State _state = State.Hold;
    private Instant _lastChange;
    private Instant? _lastDecrease;

    private enum State
    {
        Hold,
        Increase,
        Decrease,
    }

    public Bitrate Rate { get; private set; } = options.Start;

    /// <param name="acked">What arrived over the last half second, null while that is not known.</param>
    /// <param name="ackedNow">The same over a shorter time, to cut by.</param>
    /// <param name="applicationLimited">Too little was sent to learn whether more would pass.</param>
    public void Update(
        BandwidthUsage usage, Bitrate? acked, Bitrate? ackedNow, TimeSpan roundTrip, bool applicationLimited, Instant now)
    {
        _state = (usage, _state) switch
        {
            (BandwidthUsage.Overusing, _) => State.Decrease,
            (BandwidthUsage.Underusing, _) => State.Hold,
            (_, State.Decrease) => State.Hold,
            _ => State.Increase,
        };

        switch (_state)
        {
            case State.Decrease when ackedNow is { } passed && MayDecrease(passed, roundTrip, now):
                Decrease(passed, now);
                break;
            case State.Decrease:
                return;
            case State.Increase when !applicationLimited && acked is { } passed:
                Increase(passed, roundTrip, now);
                break;
        }

        _lastChange = now;
    }

    /// <summary>A probe measured that this much passes.</summary>
    public void Raise(Bitrate measured, Instant now)
    {
        if (measured <= Rate)
        {
            return;
        }

        if (_capacity.IsKnown && _capacity.IsAbove(measured))
        {
            _capacity.Forget();
        }

        Set(measured);
        _lastChange = now;
    }

    /// <summary>Nothing was heard for a while.</summary>
    public void Cut(double factor, Instant now)
    {
        Set(Rate * factor);
        _state = State.Hold;
        _lastChange = now;
    }

    private bool MayDecrease(Bitrate passed, TimeSpan roundTrip, Instant now)
    {
        // The effect of the last cut is seen one round trip later; a rate far above what passes need not wait.
        double interval = Math.Clamp(roundTrip.TotalMilliseconds, 10, 200);
        return _lastDecrease is not { } last || (now - last).TotalMilliseconds >= interval || passed < Rate * 0.5;
    }

    private void Decrease(Bitrate passed, Instant now)
    {
        if (_capacity.IsKnown && _capacity.IsBelow(passed))
        {
            _capacity.Forget();
        }

        _capacity.Add(passed);
        Set(Bitrate.Min(Rate, passed * Beta));
        _lastDecrease = now;
    }

    private void Increase(Bitrate acked, TimeSpan roundTrip, Instant now)
    {
        if (_capacity.IsKnown && _capacity.IsAbove(acked))
        {
            _capacity.Forget();
        }

        double seconds = Math.Clamp((now - _lastChange).TotalSeconds, 0, 1);
        double response = roundTrip.TotalSeconds + 0.1;
        double bits = _capacity.IsKnown
            ? Math.Max(PacketBits / 2, 4000) / response * seconds // §5.5: at most half a packet per response time
            : Math.Max(Rate.BitsPerSecond * (Math.Pow(GrowthPerSecond, seconds) - 1), 1000 * seconds);

        // §5.5: never far ahead of what is known to pass.
        Bitrate limit = acked * AheadOfAcked + AheadAtLeast;
        Bitrate wanted = new(Rate.BitsPerSecond + (long)bits);
        Set(Bitrate.Max(Rate, Bitrate.Min(wanted, limit)));
    }

    private void Set(Bitrate rate) => Rate = Bitrate.Min(Bitrate.Max(rate, options.Min), options.Max);
}
