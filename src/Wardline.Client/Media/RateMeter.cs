using Wardline.Rtc;

namespace Wardline.Client.Media;

/// <summary>What one layer costs: bytes over the last two seconds, or since it began if that is shorter. No allocation after construction.</summary>
internal sealed class RateMeter
{
    private const int Buckets = 20;
    private const int BucketMs = 100;

    /// <summary>A first key frame alone says nothing about a rate.</summary>
    private static readonly TimeSpan s_least = TimeSpan.FromMilliseconds(500);

    private readonly long[] _bytes = new long[Buckets];
    private long _latest = -1;
    private Instant _began = Instant.Never;

    public void Add(int bytes, Instant now)
    {
        _began = Instant.Min(_began, now);
        Forget(now);
        _bytes[_latest % Buckets] += bytes;
    }

    public Bitrate Rate(Instant now)
    {
        if (_began == Instant.Never)
        {
            return Bitrate.Zero;
        }

        Forget(now);
        long sum = 0;
        foreach (long bytes in _bytes)
        {
            sum += bytes;
        }

        // The newest bucket has only begun.
        TimeSpan window = TimeSpan.FromMilliseconds((Buckets - 1) * BucketMs + now.Microseconds / 1000 % BucketMs + 1);
        TimeSpan age = now - _began;
        return Bitrate.From(sum, age < s_least ? s_least : age < window ? age : window);
    }

    private void Forget(Instant now)
    {
        long bucket = now.Microseconds / 1000 / BucketMs;
        for (long next = Math.Max(_latest + 1, bucket - Buckets + 1); next <= bucket; next++)
        {
            _bytes[next % Buckets] = 0;
        }

        _latest = bucket;
    }
}
