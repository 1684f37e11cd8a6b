namespace Wardline.Server.Features.Signaling;

internal enum RateVerdict
{
    Allowed,

    /// <summary>Over the limit: answered with <c>signal.rate</c>, not looked at.</summary>
    Excess,

    /// <summary>Over twice the limit: the socket closes.</summary>
    Flood,
}

/// <summary>
/// How many messages a socket may send: a bucket of 100 that fills with 50 a second, and one of twice both that ends it.
/// </summary>
internal sealed class MessageRate(TimeProvider time)
{
    private const double Burst = SignalingLimits.MessageBurst;
    private const double PerSecond = SignalingLimits.MessagesPerSecond;

    private long _at = time.GetTimestamp();
    private double _allowed = Burst;
    private double _tolerated = 2 * Burst;

    public RateVerdict Next()
    {
        long now = time.GetTimestamp();
        double seconds = time.GetElapsedTime(_at, now).TotalSeconds;
        _at = now;
        _allowed = Math.Min(Burst, _allowed + seconds * PerSecond);
        _tolerated = Math.Min(2 * Burst, _tolerated + seconds * 2 * PerSecond);
        if (_tolerated < 1)
        {
            return RateVerdict.Flood;
        }

        _tolerated--;
        if (_allowed < 1)
        {
            return RateVerdict.Excess;
        }

        _allowed--;
        return RateVerdict.Allowed;
    }
}
