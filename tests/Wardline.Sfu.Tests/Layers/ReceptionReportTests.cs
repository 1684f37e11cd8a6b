using Wardline.Rtc;
using Wardline.Rtc.Rtcp;
using Wardline.Sfu.Layers;
using Wardline.Sfu.Sessions;

namespace Wardline.Sfu.Tests.Layers;

public sealed class ReceptionReportTests
{
    [Fact]
    public void Reports_the_share_lost_since_the_last_report_and_the_sum()
    {
        ReceptionReport report = new(90_000);
        Instant now = Instant.FromMilliseconds(5000);
        for (int i = 0; i < 100; i++)
        {
            if (i % 4 != 1)
            {
                report.OnPacket(0x10000 + i, new RtpTimestamp((uint)(i * 900)), now + TimeSpan.FromMilliseconds(10 * i));
            }
        }

        ReportBlock first = report.Take(new Ssrc(5), default, now)!.Value;
        Assert.Equal((64, 25, 0x10000u + 99u), (first.FractionLost, first.CumulativeLost, first.ExtendedHighest));
        Assert.Equal(0u, first.Jitter);
        for (int i = 100; i < 200; i++)
        {
            report.OnPacket(0x10000 + i, new RtpTimestamp((uint)(i * 900)), now + TimeSpan.FromMilliseconds(10 * i));
        }

        ReportBlock second = report.Take(new Ssrc(5), default, now)!.Value;
        Assert.Equal((0, 25), (second.FractionLost, second.CumulativeLost));
    }

    [Fact]
    public void Lets_the_sender_reckon_its_round_trip()
    {
        ReceptionReport report = new(90_000);
        Instant sent = Instant.FromMilliseconds(60_000);
        Instant arrived = sent + TimeSpan.FromMilliseconds(30);
        report.OnPacket(7, default, arrived);
        SenderReportMark mark = new(SessionClock.ToNtp(sent), default, arrived);
        ReportBlock block = report.Take(new Ssrc(5), mark, arrived + TimeSpan.FromMilliseconds(400))!.Value;
        TimeSpan roundTrip = block.RoundTrip(SessionClock.ToShortNtp(arrived + TimeSpan.FromMilliseconds(430)))!.Value;
        Assert.InRange(roundTrip.TotalMilliseconds, 59, 61);
    }

    [Fact]
    public void Says_nothing_before_the_first_packet() => Assert.Null(new ReceptionReport(48_000).Take(new Ssrc(1), default, default));
}
