using Wardline.Rtc;

namespace Wardline.Media.Loops;

/// <summary>
/// Keeps the turns of a busy loop a moment apart, as network cards do with their interrupts: whatever comes to any
/// session meanwhile is read and sent in one go and wakes nobody. Going to sleep and waking costs more than forwarding.
/// </summary>
/// <remarks>
/// <code>
/// packets   │ │   ││  │ │        │                │          │
/// turns     ▲     ▲     ▲        ▲                ▲          ▲
///           └least┘└least┘        after a pause: at once
/// </code>
/// Nothing waits longer than <paramref name="least"/>, and on a quiet worker nothing waits at all.
/// </remarks>
/// <param name="least">From the beginning of one turn to the next; zero turns it off.</param>
/// <param name="sleep">Puts the thread to sleep; a test only notes it.</param>
internal sealed class TurnSpacing(TimeSpan least, Action<TimeSpan> sleep)
{
    /// <summary>No packet may be held for longer, whatever is set.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(1);

    private Instant _last = new(-1_000_000);

    /// <summary>To be called when there is something to read.</summary>
    /// <returns>Whether there was a pause; the time is another one then.</returns>
    public bool Wait(Instant now)
    {
        TimeSpan early = _last + least - now;
        if (early <= TimeSpan.Zero)
        {
            _last = now;
            return false;
        }

        sleep(early);
        _last += least;
        return true;
    }
}
