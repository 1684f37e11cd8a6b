using Wardline.Rtc.Bwe;

namespace Wardline.Rtc.Tests.Bwe;

/// <summary>Each mechanism alone, with numbers small enough to be checked by hand.</summary>
public sealed class BweMechanismTests
{
    private static Instant Ms(double milliseconds) => Instant.FromMilliseconds(milliseconds);

    private static Bitrate Kbps(double kilobits) => Bitrate.FromKilobits(kilobits);

    [Fact]
    public void Packets_sent_within_5_ms_are_one_group_and_a_group_tells_its_delay()
    {
        ArrivalGroups groups = new();
        Assert.False(groups.Add(Ms(0), Ms(100), out _));
        Assert.False(groups.Add(Ms(4), Ms(104), out _));
        Assert.False(groups.Add(Ms(20), Ms(123), out _)); // ends the first group, which has no predecessor
        Assert.True(groups.Add(Ms(40), Ms(143), out GroupVariation variation));
        Assert.Equal((16, 19, 3), (variation.SendGapMs, variation.ArrivalGapMs, variation.DelayMs));
    }

    [Fact]
    public void Packets_that_arrive_on_each_others_heels_are_one_group()
    {
        ArrivalGroups groups = new();
        groups.Add(Ms(0), Ms(100), out _);
        groups.Add(Ms(20), Ms(120), out _);
        groups.Add(Ms(40), Ms(170), out _);
        Assert.False(groups.Add(Ms(60), Ms(171), out _)); // queued behind the one before and released with it
        Assert.False(groups.Add(Ms(80), Ms(172), out _));
        Assert.True(groups.Add(Ms(100), Ms(200), out GroupVariation variation));
        Assert.Equal((60, 52), (variation.SendGapMs, variation.ArrivalGapMs));
    }

    [Fact]
    public void A_clock_that_jumps_starts_the_groups_again()
    {
        ArrivalGroups groups = new();
        groups.Add(Ms(0), Ms(100), out _);
        groups.Add(Ms(20), Ms(120), out _);
        groups.Add(Ms(40), Ms(90_000), out _);
        Assert.False(groups.Add(Ms(60), Ms(90_020), out _));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0.05)]
    [InlineData(-1, -0.05)]
    public void The_line_has_the_slope_of_the_delay(double delayMsPerGroup, double expected)
    {
        Trendline line = new();
        for (int i = 1; i <= 200; i++)
        {
            line.Add(new GroupVariation(20 - delayMsPerGroup, 20, i * 20));
        }

        Assert.Equal(expected, line.Slope, 2);
    }

    [Fact]
    public void A_pause_makes_the_line_forget()
    {
        Trendline line = new();
        for (int i = 1; i <= 30; i++)
        {
            line.Add(new GroupVariation(10, 20, i * 20));
        }

        Assert.True(line.Slope > 0.2);
        line.Add(new GroupVariation(1500, 1500, 3000));
        Assert.Equal(0, line.Slope);
    }

    [Fact]
    public void Overuse_needs_time_and_a_rising_slope_and_the_threshold_learns_noise()
    {
        OveruseDetector detector = new();
        double at = 0;
        detector.Update(0.1, 60, 5, at += 5);
        Assert.Equal(BandwidthUsage.Normal, detector.Usage); // 2.5 ms is too short
        detector.Update(0.1, 60, 20, at += 20);
        Assert.Equal(BandwidthUsage.Overusing, detector.Usage);
        detector.Update(-0.1, 60, 20, at += 20);
        Assert.Equal(BandwidthUsage.Underusing, detector.Usage);
        detector.Update(0, 60, 20, at += 20);
        Assert.Equal(BandwidthUsage.Normal, detector.Usage);

        double calm = detector.Threshold;
        for (int i = 0; i < 300; i++)
        {
            detector.Update(i % 2 == 0 ? 0.08 : -0.08, 60, 5, at += 20); // ± 19.2, above and below by turns
        }

        Assert.True(detector.Threshold > calm + 3);
        double learned = detector.Threshold;
        detector.Update(2, 60, 20, at += 20); // a cut: far out, must not raise the threshold
        Assert.InRange(detector.Threshold, 6, learned);
    }

    [Fact]
    public void A_rate_is_known_after_100_ms_and_forgets_after_500()
    {
        RateWindow window = new();
        Assert.Null(window.Rate(Ms(0)));
        for (int ms = 0; ms < 1000; ms += 10)
        {
            window.Add(1000, Ms(ms));
            Assert.Equal(ms >= 100, window.Rate(Ms(ms)) is not null);
        }

        Assert.InRange(window.Rate(Ms(1000))!.Value.Kilobits, 780, 820);
        Assert.InRange(window.Rate(Ms(1000), 200)!.Value.Kilobits, 750, 850);
        Assert.InRange(window.Rate(Ms(1250))!.Value.Kilobits, 350, 450);
        Assert.Equal(0, window.Rate(Ms(1600))!.Value.Kilobits);
        window.Add(1000, Ms(5000));
        Assert.Null(window.Rate(Ms(5000)));
    }

    [Fact]
    public void Loss_below_2_percent_limits_nothing_up_to_10_holds_and_above_falls_by_half_of_it()
    {
        SendSideEstimatorOptions options = new();
        LossController loss = new(options);
        TimeSpan rtt = TimeSpan.FromMilliseconds(100);
        loss.Add(1000, 10, Kbps(1000), rtt, Ms(1000));
        Assert.Null(loss.Limit);
        loss.Add(1000, 90, Kbps(1000), rtt, Ms(1100));
        Assert.Equal(Kbps(1000), loss.Limit);
        loss.Add(1000, 500, Kbps(1200), rtt, Ms(1200));
        Assert.Equal(0.2, loss.Loss);
        Assert.Equal(900, loss.Limit!.Value.Kilobits, 1);
        loss.Add(1000, 500, Kbps(900), rtt, Ms(1300)); // too soon to fall again
        Assert.Equal(900, loss.Limit!.Value.Kilobits, 1);
        loss.Add(1000, 500, Kbps(900), rtt, Ms(1700));
        Assert.Equal(675, loss.Limit!.Value.Kilobits, 1);
        for (int ms = 1800; ms < 12_000; ms += 100)
        {
            loss.Add(100, 0, Kbps(675), rtt, Ms(ms));
        }

        Assert.Null(loss.Limit);
    }

    [Fact]
    public void Ten_percent_by_chance_is_not_ten_percent()
    {
        LossController loss = new(new());
        loss.Add(20, 3, Kbps(1000), TimeSpan.Zero, Ms(1000)); // 15 %, but only three packets
        Assert.Equal(Kbps(1000), loss.Limit);
        Assert.Equal(0.15, loss.Loss);
    }

    [Fact]
    public void A_probe_measures_the_link_not_the_sender()
    {
        ProbeCluster probe = default;
        probe.Begin(Kbps(2000), TimeSpan.FromMilliseconds(50), Ms(0));
        int sent = 0;
        for (int ms = 0; probe.IsSending; ms++)
        {
            while (probe.BytesDue(Ms(ms)) > 0)
            {
                probe.OnSent(500);
                // The link carries 1 Mbit/s: 4 ms a packet.
                probe.OnAcked(new SentPacket(Ms(ms), 500, 1), Ms(20 + 4 * sent++));
            }
        }

        Assert.InRange(sent, 15, 17); // 30 ms at 2 Mbit/s
        Assert.True(probe.TryMeasure(out Bitrate measured));
        Assert.InRange(measured.Kilobits, 940, 960);
    }

    [Fact]
    public void A_probe_of_which_too_much_is_lost_measures_nothing()
    {
        ProbeCluster probe = default;
        probe.Begin(Kbps(1000), TimeSpan.Zero, Ms(0));
        for (int i = 0; i < 10; i++)
        {
            probe.OnSent(500);
            if (i % 3 == 0)
            {
                probe.OnAcked(new SentPacket(Ms(i * 4), 500, 1), Ms(i * 4));
            }
        }

        Assert.False(probe.IsSending);
        Assert.False(probe.TryMeasure(out _));
    }

    [Fact]
    public void Queue_delay_is_what_stands_above_the_least_and_drains_only_when_it_is_ours()
    {
        QueueDelay queue = new();
        foreach (double delay in new[] { -4000.0, -3990, -3600 }) // the clocks are four seconds apart
        {
            queue.Add(Ms(10_000), Ms(10_000 + delay));
            queue.Add(Ms(10_000), Ms(10_050 + delay)); // jitter within a report
            queue.EndReport(Bitrate.FromKilobits(300), overflows: false, Ms(10_000));
        }

        Assert.Equal(400, queue.Current.TotalMilliseconds);
        Assert.Equal(0.6, queue.Drain(ours: true), 3);
        Assert.Equal(1, queue.Drain(ours: false));
    }

    [Fact]
    public void The_history_knows_each_packet_once_and_forgets_the_oldest()
    {
        SentPackets sent = new(512);
        for (int i = 0; i < 600; i++)
        {
            sent.Add((ushort)(65_300 + i), 100 + i, 0, Ms(i));
        }

        Assert.False(sent.TryAcknowledge(65_300, out _)); // overwritten
        Assert.True(sent.TryAcknowledge(unchecked((ushort)(65_300 + 300)), out SentPacket packet));
        Assert.Equal((400, Ms(300)), (packet.Bytes, packet.SentAt));
        Assert.False(sent.TryAcknowledge(unchecked((ushort)(65_300 + 300)), out _)); // told before
        Assert.False(sent.TryAcknowledge(unchecked((ushort)(65_300 + 600)), out _)); // not sent yet
    }

    [Fact]
    public void A_reordered_packet_has_time_to_be_told_before_it_is_lost()
    {
        SentPackets sent = new(512);
        for (ushort i = 0; i < 10; i++)
        {
            sent.Add(i, 100, 0, Ms(i * 10));
        }

        foreach (ushort i in new ushort[] { 0, 1, 3, 4, 5, 6, 7, 8, 9 })
        {
            Assert.True(sent.TryAcknowledge(i, out _));
        }

        Assert.Equal((2, 0), sent.Decide(Ms(15)));
        Assert.True(sent.TryAcknowledge(2, out _));
        Assert.Equal((8, 0), sent.Decide(Ms(1000)));
        sent.Add(10, 100, 0, Ms(200));
        Assert.Equal((1, 1), sent.Decide(Ms(1000)));
        Assert.Equal((0, 0), sent.Decide(Ms(1000)));
    }
}
