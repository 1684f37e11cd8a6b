using Wardline.Rtc;

namespace Wardline.Media.Loops;

/// <summary>
/// Lets a turn of the loop wait a moment for more packets before it sends, so that what belongs together leaves together:
/// the rest of a frame makes one train of it, and whatever comes to any session meanwhile costs no waking of its own.
/// </summary>
/// <remarks>
/// <code>
/// woken by a packet ──► handled ──► pause ──► handled ──► sent       once a turn, so no packet waits longer than the pause
///                                    │ the rest of a video frame is still to come: up to Most
///                                    │ audio is among it, or nothing is known to come: a quarter of that
///                                    │ nothing to send, or a full batch already: none
/// </code>
/// </remarks>
/// <param name="most">The longest pause; zero turns it off.</param>
/// <param name="sleep">Puts the thread to sleep; a test only notes it.</param>
internal sealed class Gatherer(TimeSpan most, Action<TimeSpan> sleep)
{
    /// <summary>Whoever has gathered this much in one go has no need to wait: the batch is as long as it pays.</summary>
    public const int FullBatch = 48;

    /// <summary>No packet may be held for longer, whatever is set.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(1);

    /// <summary>After the datagrams of a turn were handled, before anything is sent.</summary>
    /// <param name="datagrams">How many came in this turn.</param>
    /// <returns>Whether there was a pause, after which the socket is worth another look.</returns>
    public bool Pause(PacketTrains output, int datagrams)
    {
        TimeSpan pause = PauseFor(output, datagrams);
        if (pause == TimeSpan.Zero)
        {
            return false;
        }

        sleep(pause);
        return true;
    }

    private TimeSpan PauseFor(PacketTrains output, int datagrams) =>
        most == TimeSpan.Zero || datagrams is 0 or >= FullBatch || output.PacketCount == 0 ? TimeSpan.Zero
        : output.IsUnfinished && !output.IsUrgent ? most
        : most / 4;
}
