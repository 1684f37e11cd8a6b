namespace Wardline.Rtc.Bwe;

/// <summary>Bytes over the last half second, in buckets of 25 ms: a rate that forgets.</summary>
internal sealed class RateWindow
{
    public const int WindowMs = Buckets * BucketMs;
    public const int BucketMs = 25;
    private const int Buckets = 20;

    private readonly long[] _bytes = new long[Buckets];
    private long _latest = -1; // bucket number since the start of time
    private long _first;

    /// <summary>Counts bytes at a time; what is older than the window is left out.</summary>
    public void Add(int bytes, Instant at)
    {
        long bucket = at.Microseconds / (BucketMs * 1000);
        if (_latest < 0 || bucket - _latest > Buckets)
        {
            // The first, or the first after a pause: what lies before says nothing about the rate now.
            Array.Clear(_bytes);
            _first = bucket;
            _latest = bucket;
        }

        while (_latest < bucket)
        {
            _bytes[++_latest % Buckets] = 0;
        }

        if (_latest - bucket < Buckets && bucket >= _first)
        {
            _bytes[bucket % Buckets] += bytes;
        }
    }

    /// <summary>The rate over the last <paramref name="milliseconds"/> before <paramref name="now"/>; null while there is too little.</summary>
    public Bitrate? Rate(Instant now, int milliseconds = WindowMs)
    {
        if (_latest < 0)
        {
            return null;
        }

        // Whole buckets only: the one that is being filled would make the rate look small.
        long end = Math.Max(now.Microseconds / (BucketMs * 1000), _latest);
        long from = Math.Max(end - milliseconds / BucketMs, _first);
        if (end - from < 4)
        {
            return null;
        }

        long sum = 0;
        for (long bucket = Math.Max(from, _latest - Buckets + 1); bucket < end && bucket <= _latest; bucket++)
        {
            sum += _bytes[bucket % Buckets];
        }

        return new Bitrate(sum * 8000 / ((end - from) * BucketMs));
    }
}
