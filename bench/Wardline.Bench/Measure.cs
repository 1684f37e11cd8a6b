namespace Wardline.Bench;

/// <summary>What one step of the packet path allocates.</summary>
/// <param name="Name">as in budgets.json.</param>
/// <param name="BytesPerPacket">allocated on the managed heap, averaged over many packets after warm-up.</param>
internal sealed record Measure(string Name, double BytesPerPacket, int Packets)
{
    private const int WarmUp = 200;

    public static Measure Of(string name, int packets, Action step)
    {
        for (int i = 0; i < WarmUp; i++)
        {
            step();
        }

        // What is allocated once and not again (a cached delegate, the runtime's own) is no packet's cost: the best of three rounds.
        long least = long.MaxValue;
        for (int round = 0; round < 3; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < packets; i++)
            {
                step();
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return new Measure(name, least / (double)packets, packets);
    }
}
