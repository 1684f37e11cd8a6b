namespace Wardline.Bench.Load;

/// <summary>What all peers of a run measure together.</summary>
internal sealed class LoadMeter(LoadPlan plan)
{
    // Enough samples for a p99.9, few enough to cost the generator nothing that matters.
    private const double SamplesPerSecond = 10_000;

    public DelayHistogram Delays { get; } = new();

    public DelayHistogram Lateness { get; } = new();

    public int RoomSize => plan.RoomSize;

    /// <summary>One packet in so many is opened.</summary>
    public int SampleEvery { get; } = (int)Math.Max(1, plan.ExpectedPerSecond / SamplesPerSecond);

    public long Wrong { get; set; }

    public void Good(TimeSpan delay) => Delays.Add(delay.Ticks / TimeSpan.TicksPerMicrosecond);

    public void Restart()
    {
        Delays.Clear();
        Lateness.Clear();
        Wrong = 0;
    }
}
