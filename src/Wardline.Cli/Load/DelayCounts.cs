namespace Wardline.Cli.Load;

/// <summary>How long things took, in steps of 0.1 ms up to a second and of 10 ms up to a minute. Safe for several threads.</summary>
internal sealed class DelayCounts
{
    private const int Fine = 10_000;
    private const int Coarse = 6_000;

    private readonly long[] _counts = new long[Fine + Coarse];
    private long _total;

    public long Total => Interlocked.Read(ref _total);

    public void Add(TimeSpan delay)
    {
        double ms = delay.TotalMilliseconds;
        int step = ms < Fine / 10 ? (int)(ms * 10) : Fine + (int)Math.Min(ms / 10, Coarse - 1);
        Interlocked.Increment(ref _counts[Math.Max(0, step)]);
        Interlocked.Increment(ref _total);
    }

    /// <param name="share">0 … 1.</param>
    /// <returns>Milliseconds, the upper end of the step; null when nothing was counted.</returns>
    public double? Percentile(double share)
    {
        long wanted = (long)Math.Ceiling(Total * share);
        long seen = 0;
        for (int step = 0; step < _counts.Length && wanted > 0; step++)
        {
            seen += Interlocked.Read(ref _counts[step]);
            if (seen >= wanted)
            {
                return step < Fine ? (step + 1) / 10.0 : (step - Fine + 1) * 10.0;
            }
        }

        return null;
    }
}
