using Wardline.Rtc;

namespace Wardline.Media.Loops;

/// <summary>Allows a rate with a burst; counts in micro-tokens, so that it is exact over any interval.</summary>
internal struct TokenBucket(long perSecond, long burst)
{
    private const long Micro = 1_000_000;

    private long _microTokens = burst * Micro;
    private Instant _at;

    public bool TryTake(Instant now) => TryTake(1, now);

    /// <summary>What was taken for nothing comes back.</summary>
    public void Return(long tokens) => _microTokens = Math.Min(burst * Micro, _microTokens + tokens * Micro);

    /// <summary>All of <paramref name="tokens"/> or none.</summary>
    public bool TryTake(long tokens, Instant now)
    {
        long elapsedUs = Math.Clamp(now.Microseconds - _at.Microseconds, 0, Micro * 60);
        _at = now;
        _microTokens = Math.Min(burst * Micro, _microTokens + elapsedUs * perSecond);
        if (_microTokens < tokens * Micro)
        {
            return false;
        }

        _microTokens -= tokens * Micro;
        return true;
    }
}
