namespace Wardline.Rtc.Bwe;

/// <summary>What the queue in front of the bottleneck does.</summary>
/// <remarks>
/// <code>
///               slope above the threshold, rising, for 10 ms and 2 groups
///  [Normal] ───────────────────────────────────────────────────────────► [Overusing]
///     │  ▲                                                                    │
///     │  └──────────────── slope inside ± threshold ──────────────────────────┤
///     │                                                                       │
///     └── slope below − threshold ──► [Underusing] ◄──────────────────────────┘
/// </code>
/// </remarks>
public enum BandwidthUsage
{
    /// <summary>Steady.</summary>
    Normal,

    /// <summary>It grows: more is sent than passes.</summary>
    Overusing,

    /// <summary>It drains.</summary>
    Underusing,
}

/// <summary>
/// Compares the slope with a threshold that adapts to the noise of the path, so that a jittery or shared link neither
/// starves us nor makes us deaf.
/// </summary>
/// <remarks>draft-ietf-rmcat-gcc-02 §5.4; the gains k_u, k_d and the bounds 6 … 600 ms are the draft's.</remarks>
internal sealed class OveruseDetector
{
    private const double Gain = 4;
    private const int MaxGroups = 60;
    private const double TimeOverMs = 10;
    private const double GainUp = 0.0087;
    private const double GainDown = 0.039;
    private const double Outlier = 15;

    private double _previousSlope;
    private double _overForMs = -1;
    private int _overCount;
    private double _lastUpdateMs = double.NaN;

    /// <summary>Milliseconds; what gain × slope × number of groups is held against.</summary>
    public double Threshold { get; private set; } = 12.5;

    public BandwidthUsage Usage { get; private set; }

    /// <param name="slope">See <see cref="Trendline.Slope"/>.</param>
    /// <param name="groups">Groups behind the slope; few groups count less.</param>
    /// <param name="sendGapMs">Sending time that the newest group stands for.</param>
    public void Update(double slope, int groups, double sendGapMs, double arrivedMs)
    {
        if (groups < 2)
        {
            Usage = BandwidthUsage.Normal;
            return;
        }

        double strength = Math.Min(groups, MaxGroups) * slope * Gain;
        if (strength > Threshold)
        {
            _overForMs = _overForMs < 0 ? sendGapMs / 2 : _overForMs + sendGapMs;
            _overCount++;
            if (_overForMs > TimeOverMs && _overCount > 1 && slope >= _previousSlope)
            {
                _overForMs = 0;
                _overCount = 0;
                Usage = BandwidthUsage.Overusing;
            }
        }
        else
        {
            _overForMs = -1;
            _overCount = 0;
            Usage = strength < -Threshold ? BandwidthUsage.Underusing : BandwidthUsage.Normal;
        }

        _previousSlope = slope;
        Adapt(Math.Abs(strength), arrivedMs);
    }

    private void Adapt(double strength, double arrivedMs)
    {
        double elapsed = double.IsNaN(_lastUpdateMs) ? 0 : Math.Clamp(arrivedMs - _lastUpdateMs, 0, 100);
        _lastUpdateMs = arrivedMs;

        // §5.4: a sudden jump (a route change, a cut) must not teach us that jumps are normal.
        if (strength > Threshold + Outlier)
        {
            return;
        }

        double gain = strength < Threshold ? GainDown : GainUp;
        Threshold = Math.Clamp(Threshold + gain * (strength - Threshold) * elapsed, 6, 600);
    }
}
