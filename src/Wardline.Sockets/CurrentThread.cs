namespace Wardline.Sockets;

/// <summary>What a media worker asks of the scheduler for its own thread.</summary>
internal static unsafe class CurrentThread
{
    /// <summary>prctl(2): how late a sleep may end, for the sake of waking several threads at once; 50 µs by default.</summary>
    public static void WakeExactly() => _ = Libc.ProcessControl(Libc.PrSetTimerSlack, 1, 0, 0, 0);

    /// <summary>Sleeps for less than a millisecond, where .NET's own sleep knows only whole ones.</summary>
    public static void Sleep(TimeSpan time)
    {
        long nanoseconds = time.Ticks * TimeSpan.NanosecondsPerTick;
        Libc.TimeSpec spec = new() { Seconds = nanoseconds / 1_000_000_000, Nanoseconds = nanoseconds % 1_000_000_000 };
        _ = Libc.NanoSleep(&spec, null);
    }

    /// <summary>The processors that this thread may run on, in order (also after a container or taskset has taken some away).</summary>
    public static IReadOnlyList<int> Processors()
    {
        byte* mask = stackalloc byte[Libc.ProcessorMaskBytes];
        List<int> processors = [];
        int written = Libc.GetAffinity(0, Libc.ProcessorMaskBytes, mask);
        for (int i = 0; written == 0 && i < Libc.ProcessorMaskBytes * 8; i++)
        {
            if ((mask[i / 8] >> i % 8 & 1) != 0)
            {
                processors.Add(i);
            }
        }

        return processors;
    }

    /// <returns>False when the system does not allow it; the thread then runs wherever it did.</returns>
    public static bool PinTo(int processor)
    {
        byte* mask = stackalloc byte[Libc.ProcessorMaskBytes];
        new Span<byte>(mask, Libc.ProcessorMaskBytes).Clear();
        if (processor < 0 || processor >= Libc.ProcessorMaskBytes * 8)
        {
            return false;
        }

        mask[processor / 8] = (byte)(1 << processor % 8);
        return Libc.SetAffinity(0, Libc.ProcessorMaskBytes, mask) == 0;
    }
}
