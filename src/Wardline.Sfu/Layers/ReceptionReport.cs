using Wardline.Rtc;
using Wardline.Rtc.Rtcp;
using Wardline.Sfu.Sessions;

namespace Wardline.Sfu.Layers;

/// <summary>Counts for the receiver report of one stream: RFC 3550 §6.4.1, appendix A.3 and A.8.</summary>
internal sealed class ReceptionReport(int clockRate)
{
    private long _first = -1;
    private long _highest;
    private long _received;
    private long _expectedBefore;
    private long _receivedBefore;
    private double _jitter;
    private bool _hasTransit;
    private uint _lastTransit;

    public void OnPacket(long sequence, RtpTimestamp timestamp, Instant now)
    {
        if (_first < 0)
        {
            _first = sequence;
        }

        _highest = Math.Max(_highest, sequence);
        _received++;

        // RFC 3550 appendix A.8
        uint arrival = (uint)(long)(now.Microseconds / 1_000_000.0 * clockRate);
        uint transit = arrival - timestamp.Value;
        if (_hasTransit)
        {
            double difference = Math.Abs((double)(int)(transit - _lastTransit));
            _jitter += (difference - _jitter) / 16;
        }

        _lastTransit = transit;
        _hasTransit = true;
    }

    public void Restart() => (_first, _highest, _received, _expectedBefore, _receivedBefore, _hasTransit) = (-1, 0, 0, 0, 0, false);

    /// <summary>A block for the next report; null before the first packet.</summary>
    public ReportBlock? Take(Ssrc source, in SenderReportMark last, Instant now)
    {
        if (_first < 0)
        {
            return null;
        }

        // RFC 3550 appendix A.3
        long expected = _highest - _first + 1;
        long expectedNow = expected - _expectedBefore;
        long lostNow = expectedNow - (_received - _receivedBefore);
        _expectedBefore = expected;
        _receivedBefore = _received;
        byte fraction = expectedNow <= 0 || lostNow <= 0 ? (byte)0 : (byte)Math.Min(255, lostNow * 256 / expectedNow);
        uint delay = last.IsKnown ? SessionClock.ToShortNtp(now) - SessionClock.ToShortNtp(last.Arrival) : 0;
        return new ReportBlock(
            source, fraction, (int)Math.Min(expected - _received, 0x7F_FFFF), (uint)_highest, (uint)_jitter,
            last.IsKnown ? (uint)(last.Ntp >> 16) : 0, delay);
    }
}
