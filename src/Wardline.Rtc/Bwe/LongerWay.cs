namespace Wardline.Rtc.Bwe;

/// <summary>
/// Tells a way that has become longer from a queue. A queue follows what is sent: it drains when less is sent than passes,
/// grows when more is, and overflows. A delay that does none of this, whatever is sent, is a distance.
/// </summary>
/// <remarks>
/// <code>
/// delay ▲          ┌─ flat, though less is sent than passed: 0.75 s ─┐
///       │          ▁▂▁▁▂▁▁▁▁▂▁▁▁▂▁▁▁▂▁▁▁▁▂▁▁▁▁▂▁▁▁▂▁  ► the least delay from now on
///       │ ▂▁▂▁▁▂▁▁▁│                    └─ flat, whatever is sent: 2.5 s ─┘
/// </code>
/// Without this an estimate that fell at the jump could not be probed for until the old way is forgotten, 10 … 20 s later,
/// and the picture of somebody who only changed networks would stand still for as long.
/// </remarks>
internal sealed class LongerWay
{
    private const long Clear = 30_000;
    private const long Noise = 25_000;
    private const double Relaxed = 0.8;
    private static readonly TimeSpan Level = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan FlatWhileRelaxed = TimeSpan.FromMilliseconds(750);
    private static readonly TimeSpan FlatAnyway = TimeSpan.FromMilliseconds(2500);

    private Instant? _standsSince;
    private Instant _levelSince;
    private long _level;
    private Instant _flatSince;
    private long _lowest;
    private long _highest;
    private Instant? _relaxedSince;
    private Bitrate _mostPassed;

    /// <param name="delay">Least one-way delay of a report, in microseconds and the difference of two clocks.</param>
    /// <param name="above">By how much it exceeds the least that is known.</param>
    /// <param name="passes">What arrived over the last 300 ms.</param>
    /// <param name="overflows">So much is lost that a queue may be full: full queues are flat as well.</param>
    /// <param name="length">The least delay of the longer way.</param>
    public bool IsFound(long delay, long above, Bitrate passes, bool overflows, Instant now, out long length)
    {
        length = 0;
        if (above < Clear || overflows)
        {
            _standsSince = null;
            return false;
        }

        if (_standsSince is not { } since)
        {
            Begin(delay, now);
            return false;
        }

        // 1. What passes, once what was measured before the jump is no part of it.
        if (now - since > Level + Level)
        {
            _mostPassed = Bitrate.Max(_mostPassed, passes);
            _relaxedSince = passes <= _mostPassed * Relaxed ? _relaxedSince ?? now : null;
        }

        // 2. One level each 250 ms: the least of many packets, so jitter is no part of it.
        _level = Math.Min(_level, delay);
        if (now - _levelSince < Level)
        {
            return false;
        }

        _lowest = Math.Min(_lowest, _level);
        _highest = Math.Max(_highest, _level);
        if (_highest - _lowest > Noise)
        {
            _lowest = _highest = _level;
            _flatSince = now;
        }

        _levelSince = now;
        _level = long.MaxValue;

        // 3. The verdict.
        TimeSpan flat = now - _flatSince;
        bool found = flat >= FlatAnyway || (flat >= FlatWhileRelaxed && now - (_relaxedSince ?? now) >= FlatWhileRelaxed);
        if (found)
        {
            length = _lowest;
            _standsSince = null;
        }

        return found;
    }

    private void Begin(long delay, Instant now)
    {
        _standsSince = _levelSince = _flatSince = now;
        _level = long.MaxValue;
        _lowest = _highest = delay;
        _relaxedSince = null;
        _mostPassed = Bitrate.Zero;
    }
}
