namespace Wardline.Vault.SignedUrls;

/// <summary>
/// The time that URLs live by. When the machine's clock is set back, URLs that had expired would live again; so time goes on
/// here as it would have, until none of them can be alive, and follows the clock from then on. Thread-safe.
/// </summary>
/// <param name="hold">how long time goes on by itself after the clock was set back.</param>
internal sealed class UrlClock(TimeProvider time, TimeSpan hold)
{
    /// <summary>What a well-kept clock is corrected by at once.</summary>
    private static readonly TimeSpan Tolerated = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private DateTimeOffset _base = time.GetUtcNow();
    private long _baseStamp = time.GetTimestamp();
    private long? _setBack;

    public DateTimeOffset Now()
    {
        lock (_lock)
        {
            DateTimeOffset said = time.GetUtcNow();
            long stamp = time.GetTimestamp();
            DateTimeOffset expected = _base + time.GetElapsedTime(_baseStamp, stamp);
            if (said < expected - Tolerated)
            {
                _setBack ??= stamp;
                if (time.GetElapsedTime(_setBack.Value, stamp) < hold)
                {
                    return expected;
                }
            }

            (_base, _baseStamp, _setBack) = (said, stamp, null);
            return said;
        }
    }
}
