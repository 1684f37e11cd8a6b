using Wardline.Rtc;
using Wardline.Sfu.Sessions;

namespace Wardline.Sfu.Layers;

/// <summary>
/// How far a publisher's NTP time is from the session's. One for all streams of a publisher, so what is in step at the
/// publisher stays in step at the receivers.
/// </summary>
internal sealed class PublisherClock
{
    // A report that took longer shows a smaller difference, so the largest is the truest; it is let go of slowly
    // (0.1 ms a report) because the two clocks do not run at exactly the same speed.
    private const long Slack = (1L << 32) / 10_000;

    private long _difference;

    public bool IsKnown { get; private set; }

    public void Observe(ulong publisherNtp, Instant arrival)
    {
        long seen = (long)(publisherNtp - SessionClock.ToNtp(arrival));
        _difference = IsKnown ? Math.Max(seen, _difference - Slack) : seen;
        IsKnown = true;
    }

    /// <summary>The publisher's NTP time at <paramref name="at"/>.</summary>
    public ulong At(Instant at) => SessionClock.ToNtp(at) + (ulong)_difference;
}
