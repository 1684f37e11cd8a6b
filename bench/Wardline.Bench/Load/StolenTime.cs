namespace Wardline.Bench.Load;

/// <summary>
/// Processor time that the host of a virtual machine gave to somebody else while there was work here (proc(5), "steal"). It
/// is counted to no process, but it empties caches and stops a server in the middle of a batch: a measurement with much of
/// it is one of the host.
/// </summary>
/// <param name="Stolen">Ticks since the start, of all processors.</param>
/// <param name="All">Ticks since the start, of all processors, idle ones too.</param>
internal readonly record struct StolenTime(long Stolen, long All)
{
    public static StolenTime Now() => Parse(File.ReadLines("/proc/stat").First());

    /// <param name="line">The first line of /proc/stat: user nice system idle iowait irq softirq steal guest guest_nice.</param>
    public static StolenTime Parse(string line)
    {
        // The time of guests is in user and nice already.
        long[] ticks = [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..].Take(8).Select(long.Parse)];
        return new(ticks.Length > 7 ? ticks[7] : 0, ticks.Sum());
    }

    public double ShareSince(StolenTime earlier) => All > earlier.All ? (double)(Stolen - earlier.Stolen) / (All - earlier.All) : 0;
}
