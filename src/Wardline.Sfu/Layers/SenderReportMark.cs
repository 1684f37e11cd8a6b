using Wardline.Rtc;
using Wardline.Sfu.Sessions;

namespace Wardline.Sfu.Layers;

/// <summary>The pair of times in a stream's last sender report (RFC 3550 §6.4.1), and when it came.</summary>
internal readonly record struct SenderReportMark(ulong Ntp, RtpTimestamp Rtp, Instant Arrival)
{
    public bool IsKnown => Ntp != 0;

    /// <summary>The sender's NTP time of one of its RTP timestamps.</summary>
    public ulong NtpOf(RtpTimestamp timestamp, int clockRate) =>
        Ntp + (ulong)SessionClock.FromTicks(timestamp.DistanceFrom(Rtp), clockRate);

    /// <summary>The RTP timestamp of one of the sender's NTP times.</summary>
    public RtpTimestamp RtpOf(ulong ntp, int clockRate) =>
        new(Rtp.Value + (uint)SessionClock.Ticks((long)(ntp - Ntp), clockRate));
}
