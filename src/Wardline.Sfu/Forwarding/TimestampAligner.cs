using Wardline.Rtc;
using Wardline.Sfu.Layers;
using Wardline.Sfu.Sessions;

namespace Wardline.Sfu.Forwarding;

/// <summary>Finds the out timestamp with which a new segment begins (docs/design/forwarding.md, section 2).</summary>
internal sealed class TimestampAligner(int clockRate)
{
    private static readonly TimeSpan MaxDisagreement = TimeSpan.FromSeconds(2);

    private RtpTimestamp _last;
    private RtpTimestamp _lastIn;
    private Instant _lastAt;
    private bool _anchored;
    private ulong _anchorNtp;
    private RtpTimestamp _anchorOut;

    public bool Started { get; private set; }

    /// <summary>The highest out timestamp so far.</summary>
    public RtpTimestamp Last => _last;

    /// <summary>A packet was forwarded.</summary>
    public void OnForwarded(RtpTimestamp timestampIn, RtpTimestamp timestampOut, Instant now)
    {
        if (!Started || timestampOut.DistanceFrom(_last) > 0)
        {
            _last = timestampOut;
            _lastIn = timestampIn;
            _lastAt = now;
            Started = true;
        }
    }

    /// <summary>Another publisher follows: its wall clock has nothing to do with the last one's.</summary>
    public void ForgetPublisher() => _anchored = false;

    /// <param name="from">The layer that flowed last, null when it was another publisher's or none.</param>
    public RtpTimestamp Begin(InboundLayer? from, InboundLayer to, RtpTimestamp timestampIn, Instant now)
    {
        if (!Started)
        {
            return timestampIn;
        }

        long elapsedTicks = (long)((now - _lastAt).TotalSeconds * clockRate);
        RtpTimestamp begin = new(_last.Value + (uint)elapsedTicks);
        if (TryBySenderReports(from, to, timestampIn, out RtpTimestamp byReports) &&
            Math.Abs(byReports.DistanceFrom(begin)) <= MaxDisagreement.TotalSeconds * clockRate)
        {
            begin = byReports;
        }
        else
        {
            _anchored = false;
        }

        // The same instant may be in both layers; two frames with one timestamp would be taken for one.
        int least = clockRate / 1000;
        return begin.DistanceFrom(_last) >= least ? begin : new RtpTimestamp(_last.Value + (uint)least);
    }

    private bool TryBySenderReports(InboundLayer? from, InboundLayer to, RtpTimestamp timestampIn, out RtpTimestamp begin)
    {
        begin = default;
        if (!to.SenderReport.IsKnown)
        {
            return false;
        }

        if (!_anchored)
        {
            if (from is null || !from.SenderReport.IsKnown)
            {
                return false;
            }

            _anchored = true;
            _anchorNtp = from.SenderReport.NtpOf(_lastIn, clockRate);
            _anchorOut = _last;
        }

        long sinceAnchor = (long)(to.SenderReport.NtpOf(timestampIn, clockRate) - _anchorNtp);
        begin = new RtpTimestamp(_anchorOut.Value + (uint)SessionClock.Ticks(sinceAnchor, clockRate));
        return true;
    }
}
