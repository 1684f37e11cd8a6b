namespace Wardline.Server.Platform;

/// <summary>
/// Keeps memory level while people come and go all day. What belonged to a visit has reached the oldest generation when
/// the visit ends, and the runtime collects that one only after it has grown to almost twice its size: hours of quiet
/// growth, which nobody who watches a server can tell from a leak. So it is collected, in the background, as soon as a
/// quarter has come since the last time.
/// </summary>
internal sealed class HeapUpkeep(TimeProvider time) : BackgroundService
{
    private const double GrowthShare = 0.25;
    private const long LeastGrowthBytes = 8 << 20;
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(30);

    /// <param name="bytes">In use now.</param>
    /// <param name="bytesLast">In use after the last collection of everything; 0 before the first.</param>
    public static bool IsDue(long bytes, long bytesLast) => bytes - bytesLast > Math.Max(LeastGrowthBytes, (long)(bytesLast * GrowthShare));

    /// <returns>Whether a collection was begun.</returns>
    public static bool Look()
    {
        GCMemoryInfo background = GC.GetGCMemoryInfo(GCKind.Background), blocking = GC.GetGCMemoryInfo(GCKind.FullBlocking);
        GCMemoryInfo last = background.Index > blocking.Index ? background : blocking;
        if (!IsDue(GC.GetTotalMemory(forceFullCollection: false), last.HeapSizeBytes - last.FragmentedBytes))
        {
            return false;
        }

        // Not blocking and not compacting: the workers stand for a millisecond or two, twice.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false, compacting: false);
        return true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(s_every, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            Look();
        }
    }
}
