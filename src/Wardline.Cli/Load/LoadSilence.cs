using System.Diagnostics;

namespace Wardline.Cli.Load;

/// <summary>
/// Who receives nothing although everybody of the visit is in the call: connected, and yet not there. Looked at once a second,
/// by one thread.
/// </summary>
internal sealed class LoadSilence(IReadOnlyList<LoadSeat> seats)
{
    /// <summary>Fifty voice frames a second are due: so long without any is no loss on the way.</summary>
    public static readonly TimeSpan StallAfter = TimeSpan.FromSeconds(5);

    private readonly LoadSeat[][] _visits = [.. seats.GroupBy(s => s.Visit).Select(v => v.ToArray()).Where(v => v.Length > 1)];
    private readonly HashSet<LoadSeat> _stalled = [];

    /// <summary>Times that somebody heard nothing for <see cref="StallAfter"/>.</summary>
    public int Stalls { get; private set; }

    public TimeSpan Longest { get; private set; }

    /// <param name="now"><see cref="Stopwatch"/> time.</param>
    public void Look(long now)
    {
        foreach (LoadSeat[] visit in _visits)
        {
            // Since the last of them came in; nobody waits for who is away.
            bool complete = visit.All(s => s.InCallSince > 0 && !s.IsLost);
            long since = complete ? visit.Max(s => s.InCallSince) : now;
            foreach (LoadSeat seat in visit)
            {
                TimeSpan silence = TimeSpan.FromSeconds(Math.Max(0, (now - Math.Max(since, seat.LastFrame)) / (double)Stopwatch.Frequency));
                Longest = silence > Longest ? silence : Longest;
                if (silence < StallAfter)
                {
                    _stalled.Remove(seat);
                }
                else if (_stalled.Add(seat))
                {
                    Stalls++;
                }
            }
        }
    }
}
