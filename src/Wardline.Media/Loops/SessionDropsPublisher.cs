using Wardline.Rtc;
using Wardline.Sfu;

namespace Wardline.Media.Loops;

/// <summary>
/// Makes what the sessions drop known outside the worker. The packet path pays nothing for it: sessions count for
/// themselves, and at most once in <see cref="Interval"/>, and only after something has happened, their numbers are
/// summed and written where the meter reads them. What ended sessions had dropped stays in the sum, so it never falls.
/// </summary>
internal sealed class SessionDropsPublisher(WorkerCounters counters)
{
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private readonly DropCounts _ended = new();
    private readonly DropCounts _sum = new();

    /// <summary>When to publish: the worker wakes for it. Never while nothing has happened since the last time.</summary>
    public Instant Due { get; private set; } = Instant.Never;

    /// <summary>Sessions were given something, so their numbers may have risen.</summary>
    public void Touch(Instant now)
    {
        if (Due == Instant.Never)
        {
            Due = now + Interval;
        }
    }

    /// <summary>The session is over and has been disposed.</summary>
    public void Fold(ISessionCore core) => core.AddDrops(_ended);

    public void Publish(HashSet<SessionSlot> open)
    {
        Due = Instant.Never;
        _sum.Clear();
        _sum.Add(_ended);
        foreach (SessionSlot slot in open)
        {
            slot.Core.AddDrops(_sum);
        }

        for (int i = 0; i < DropCounts.Reasons; i++)
        {
            Volatile.Write(ref counters.SessionDrops[i], _sum[(DropReason)i]);
        }
    }
}
