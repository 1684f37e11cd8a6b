using Wardline.Rtc;

namespace Wardline.Sfu.Forwarding;

/// <summary>How often and when each packet was retransmitted to one receiver, so that it cannot make us repeat at will.</summary>
internal sealed class RetransmissionLog
{
    public const int Entries = 512;
    public const int MaxRepeats = 8;
    public static readonly TimeSpan MinInterval = TimeSpan.FromMilliseconds(20);

    // Made with the first loss: many paths have none.
    private Entry[] _entries = [];

    private record struct Entry(long Sequence, Instant At, int Count);

    /// <summary>True, and noted, when the packet may be sent again now.</summary>
    /// <param name="roundTrip">A repeat within it was asked for before the last one could arrive.</param>
    public bool TryNote(long sequence, TimeSpan? roundTrip, Instant now)
    {
        if (_entries.Length == 0)
        {
            _entries = new Entry[Entries];
        }

        ref Entry entry = ref _entries[sequence % Entries];
        if (entry.Sequence != sequence)
        {
            entry = new Entry(sequence, now, 1);
            return true;
        }

        TimeSpan wait = roundTrip > MinInterval ? roundTrip.Value : MinInterval;
        if (entry.Count >= MaxRepeats || now - entry.At < wait)
        {
            return false;
        }

        entry = new Entry(sequence, now, entry.Count + 1);
        return true;
    }
}
