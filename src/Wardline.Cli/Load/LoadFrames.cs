namespace Wardline.Cli.Load;

/// <summary>What became of all frames of a run. Safe for several threads.</summary>
internal sealed class LoadFrames
{
    private readonly DelayCounts _delays = new();
    private long _verified, _wrong, _gaps;

    /// <summary>Frames count from here on, but for wrong ones, which always do.</summary>
    public bool Counting
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }

    public long VerifiedCount => Interlocked.Read(ref _verified);

    public long WrongCount => Interlocked.Read(ref _wrong);

    public long Gaps => Interlocked.Read(ref _gaps);

    public DelayCounts Delays => _delays;

    public void Wrong() => Interlocked.Increment(ref _wrong);

    public void Verified(TimeSpan age, bool gap)
    {
        if (!Counting)
        {
            return;
        }

        Interlocked.Increment(ref _verified);
        _delays.Add(age);
        if (gap)
        {
            Interlocked.Increment(ref _gaps);
        }
    }
}
