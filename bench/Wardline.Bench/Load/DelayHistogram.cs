using System.Numerics;

namespace Wardline.Bench.Load;

/// <summary>
/// Counts of microseconds in buckets of at most 1/32 of their value: exact below 32, no allocation after construction,
/// everything beyond <see cref="Largest"/> in the last bucket.
/// </summary>
internal sealed class DelayHistogram
{
    public const long Largest = (1L << 36) - 1;
    private const int Bits = 5;
    private const int Steps = 1 << Bits;
    private readonly long[] _counts = new long[(36 - Bits + 1) * Steps];

    public long Count { get; private set; }

    public long Max { get; private set; }

    public void Add(long microseconds)
    {
        long value = Math.Clamp(microseconds, 0, Largest);
        _counts[Bucket(value)]++;
        Count++;
        Max = Math.Max(Max, value);
    }

    public void Clear()
    {
        Array.Clear(_counts);
        Count = Max = 0;
    }

    /// <summary>The smallest value that at least this share of all values does not exceed, up to the width of a bucket; NaN when there are none.</summary>
    public double Percentile(double share)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(share, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, 1);
        if (Count == 0)
        {
            return double.NaN;
        }

        long wanted = Math.Max(1, (long)Math.Ceiling(share * Count));
        long seen = 0;
        for (int i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= wanted)
            {
                return Math.Min(Upper(i), Max);
            }
        }

        return Max;
    }

    // Values below 32 have a bucket each; above, the five bits after the leading one choose it.
    private static int Bucket(long value)
    {
        if (value < Steps)
        {
            return (int)value;
        }

        int shift = BitOperations.Log2((ulong)value) - Bits;
        return (shift + 1) * Steps + (int)(value >> shift) - Steps;
    }

    private static long Upper(int bucket)
    {
        if (bucket < Steps)
        {
            return bucket;
        }

        int shift = bucket / Steps - 1;
        return ((long)(bucket % Steps + Steps + 1) << shift) - 1;
    }
}
