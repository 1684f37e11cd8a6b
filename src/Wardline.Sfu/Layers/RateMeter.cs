using Wardline.Rtc;

namespace Wardline.Sfu.Layers;

/// <summary>Bytes a second over the last second, in ten buckets. No allocation after construction.</summary>
internal sealed class RateMeter
{
    private const int Buckets = 10;
    private const long BucketUs = 100_000;

    private readonly long[] _bytes = new long[Buckets];
    private long _newest = long.MinValue;
    private long _oldest;
    private long _sum;

    public void Add(int bytes, Instant now)
    {
        Advance(now);
        _bytes[_newest % Buckets] += bytes;
        _sum += bytes;
    }

    /// <summary>Over the time measured so far while that is less than a second, but never less than 200 ms.</summary>
    public Bitrate Rate(Instant now)
    {
        Advance(now);
        long spanUs = Math.Clamp(now.Microseconds - _oldest * BucketUs, 2 * BucketUs, Buckets * BucketUs);
        return new Bitrate(_sum * 8 * 1_000_000 / spanUs);
    }

    private void Advance(Instant now)
    {
        long bucket = now.Microseconds / BucketUs;
        if (_newest == long.MinValue)
        {
            _newest = bucket;
            _oldest = bucket;
            return;
        }

        long steps = Math.Min(bucket - _newest, Buckets);
        for (long step = 1; step <= steps; step++)
        {
            ref long old = ref _bytes[(bucket - steps + step) % Buckets];
            _sum -= old;
            old = 0;
        }

        _newest = Math.Max(_newest, bucket);
        _oldest = _sum == 0 ? _newest : Math.Max(_oldest, _newest - Buckets + 1);
    }
}
