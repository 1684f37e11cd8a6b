namespace Wardline.Server.Platform;

/// <summary>
/// A token bucket for each key. Keys come from strangers, so their number is bounded: when the table is full, buckets
/// that are full again are forgotten, and when none is, newcomers share one bucket.
/// </summary>
internal sealed class TryLimiter(TimeProvider time, int burst, TimeSpan refillEvery, int maxKeys = 10_000)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Bucket> _buckets = new(StringComparer.Ordinal);

    public bool TryTake(string key)
    {
        lock (_lock)
        {
            long now = time.GetTimestamp();
            bool known = _buckets.TryGetValue(key, out Bucket bucket);
            if (!known && _buckets.Count >= maxKeys && !Forget(now))
            {
                key = "";
                known = _buckets.TryGetValue(key, out bucket);
            }

            if (!known)
            {
                bucket = new(burst, now);
            }

            double tokens = Filled(bucket, now);
            bool granted = tokens >= 1;
            _buckets[key] = new(granted ? tokens - 1 : tokens, now);
            return granted;
        }
    }

    private double Filled(Bucket bucket, long now) => Math.Min(burst, bucket.Tokens + time.GetElapsedTime(bucket.At, now) / refillEvery);

    private bool Forget(long now)
    {
        foreach (string full in _buckets.Where(b => Filled(b.Value, now) >= burst).Select(b => b.Key).ToList())
        {
            _buckets.Remove(full);
        }

        return _buckets.Count < maxKeys;
    }

    private readonly record struct Bucket(double Tokens, long At);
}
