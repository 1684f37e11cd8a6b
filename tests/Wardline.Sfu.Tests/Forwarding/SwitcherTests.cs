using Wardline.Rtc;
using Wardline.Sfu.Forwarding;
using Wardline.Sfu.Layers;

namespace Wardline.Sfu.Tests.Forwarding;

/// <summary>The sequences of docs/design/forwarding.md, section 1.</summary>
public sealed class SwitcherTests
{
    /// <summary>q flows as in table 1.1: 501 is out 101.</summary>
    private static SwitcherKit QFlows()
    {
        SwitcherKit kit = new();
        kit.Switcher.SetTarget(kit.Q);
        Assert.Equal("101/30000/71/9", kit.In(kit.Q, 501, 30_000, 71, 9, key: true));
        return kit;
    }

    [Fact]
    public void Nothing_flows_before_a_key_frame_of_the_target()
    {
        SwitcherKit kit = new();
        Assert.Equal(SwitchState.Idle, kit.Switcher.State);
        Assert.Null(kit.In(kit.Q, 1, 0, key: true));
        kit.Switcher.SetTarget(kit.Q);
        Assert.Equal(SwitchState.Waiting, kit.Switcher.State);
        Assert.Null(kit.In(kit.Q, 2, 0));
        Assert.NotNull(kit.In(kit.Q, 3, 3000, key: true));
        Assert.Equal(SwitchState.Forwarding, kit.Switcher.State);
    }

    [Fact]
    public void The_old_layer_flows_until_the_target_has_a_key_frame_and_every_number_goes_on()
    {
        SwitcherKit kit = QFlows();
        Assert.Equal("102/30000/71/9", kit.In(kit.Q, 502, 30_000, 71, 9));
        kit.Switcher.SetTarget(kit.F);
        Assert.Equal(SwitchState.Switching, kit.Switcher.State);
        Assert.Null(kit.In(kit.F, 9001, 88_000, 400, 50));
        kit.Wait(1000.0 / 30);
        Assert.Equal("103/33000/72/10", kit.In(kit.Q, 503, 33_000, 72, 10));
        kit.Wait(1000.0 / 30);
        Assert.Equal("104/36000/73/11", Rounded(kit.In(kit.F, 9002, 94_000, 402, 52, key: true)));
        Assert.True(kit.Began);
        Assert.Equal("105/36000/73/11", Rounded(kit.In(kit.F, 9003, 94_000, 402, 52)));
        Assert.Null(kit.In(kit.Q, 504, 36_000, 73, 11));
        Assert.Equal("106/39000/74/12", Rounded(kit.In(kit.F, 9004, 97_000, 403, 53)));
        Assert.Equal(SwitchState.Forwarding, kit.Switcher.State);
    }

    [Fact]
    public void A_packet_lost_before_the_switch_fills_its_gap_when_it_is_repaired_after_it()
    {
        SwitcherKit kit = QFlows();
        Assert.StartsWith("103/", kit.In(kit.Q, 503, 33_000));
        kit.Switcher.SetTarget(kit.F);
        Assert.StartsWith("104/", kit.In(kit.F, 9002, 94_000, key: true));
        Assert.StartsWith("102/30000/", kit.In(kit.Q, 502, 30_000));
        Assert.Null(kit.In(kit.Q, 504, 36_000));
    }

    [Fact]
    public void What_came_before_the_key_frame_belongs_to_nobody()
    {
        SwitcherKit kit = QFlows();
        kit.Switcher.SetTarget(kit.F);
        Assert.StartsWith("102/", kit.In(kit.F, 9002, 94_000, key: true));
        Assert.Null(kit.In(kit.F, 9001, 91_000));
    }

    [Fact]
    public void Reordered_packets_keep_their_places()
    {
        SwitcherKit kit = QFlows();
        Assert.StartsWith("104/", kit.In(kit.Q, 504, 33_000));
        Assert.StartsWith("102/", kit.In(kit.Q, 502, 30_000));
        Assert.StartsWith("103/", kit.In(kit.Q, 503, 30_000));
        Assert.StartsWith("105/", kit.In(kit.Q, 505, 36_000));
    }

    [Fact]
    public void A_sequence_wraps_on_both_sides_without_notice()
    {
        SwitcherKit kit = new();
        kit.Switcher.SetTarget(kit.Q);
        kit.In(kit.Q, 65_000, 0, key: true);
        for (int i = 1; i <= 66_000; i++)
        {
            string? sent = kit.In(kit.Q, 65_000 + i, (uint)i);
            Assert.StartsWith($"{(101 + i) & 0xFFFF}/", sent);
        }
    }

    [Fact]
    public void After_a_pause_time_goes_on_and_the_same_layer_needs_a_key_frame_again()
    {
        SwitcherKit kit = QFlows();
        kit.Switcher.SetTarget(null);
        Assert.Null(kit.In(kit.Q, 502, 33_000));
        kit.Wait(4000);
        kit.Switcher.SetTarget(kit.Q);
        Assert.Equal(SwitchState.Waiting, kit.Switcher.State);
        Assert.Null(kit.In(kit.Q, 700, 390_000, 190, 60));
        Assert.Equal("102/393000/72/10", kit.In(kit.Q, 701, 393_000, 191, 61, key: true));
    }

    [Fact]
    public void Going_back_to_the_layer_that_still_flows_needs_no_key_frame()
    {
        SwitcherKit kit = QFlows();
        kit.Switcher.SetTarget(kit.F);
        kit.Switcher.SetTarget(kit.Q);
        Assert.Equal(SwitchState.Forwarding, kit.Switcher.State);
        Assert.StartsWith("102/", kit.In(kit.Q, 502, 33_000));
    }

    [Fact]
    public void A_layer_that_costs_too_much_can_be_dropped_while_its_successor_is_awaited()
    {
        SwitcherKit kit = QFlows();
        kit.Switcher.SetTarget(kit.F);
        kit.Switcher.DropCurrent();
        Assert.Null(kit.In(kit.Q, 502, 33_000));
        Assert.Equal(SwitchState.Waiting, kit.Switcher.State);
        Assert.StartsWith("102/", kit.In(kit.F, 9000, 94_000, key: true));
    }

    [Fact]
    public void Another_publisher_goes_on_with_the_stream_and_the_late_packets_of_the_last_one_do_not()
    {
        SwitcherKit kit = QFlows();
        kit.In(kit.Q, 503, 33_000, 72, 10);
        PublishedTrack other = SwitcherKit.NewTrack(2);
        InboundLayer otherLayer = SwitcherKit.NewLayer(other, 0);
        kit.Switcher.ForgetPublisher();
        Assert.Null(kit.In(kit.Q, 502, 30_000, 71, 9));
        kit.Switcher.SetTarget(otherLayer);
        kit.Wait(2000);
        Assert.Equal("104/213000/73/11", kit.In(otherLayer, 40_000, 4_000_000_000, 9, 200, key: true));
        Assert.Equal("105/216000/74/12", kit.In(otherLayer, 40_001, 4_000_003_000, 10, 201));
    }

    [Fact]
    public void Two_frames_never_share_a_timestamp_over_a_switch()
    {
        SwitcherKit kit = QFlows();
        kit.Switcher.SetTarget(kit.F);
        // The same moment, seen by both layers: at least one millisecond lies between them.
        Assert.StartsWith("102/30090/", kit.In(kit.F, 9000, 94_000, key: true));
    }

    [Fact]
    public void Sender_reports_align_the_layers_better_than_arrival_does()
    {
        SwitcherKit kit = QFlows();
        ulong ntp = 3_900_000_000UL << 32;
        kit.Q.SenderReport = new SenderReportMark(ntp, new RtpTimestamp(30_000), kit.Now);
        kit.F.SenderReport = new SenderReportMark(ntp, new RtpTimestamp(94_000), kit.Now);
        kit.Switcher.SetTarget(kit.F);
        // 500 ms after the last frame of q by the publisher's clock, 620 ms later by arrival.
        kit.Wait(620);
        Assert.StartsWith("102/75000/", kit.In(kit.F, 9000, 94_000 + 45_000, key: true));
    }

    [Fact]
    public void Rounding_does_not_add_up_over_many_switches()
    {
        SwitcherKit kit = QFlows();
        ulong ntp = 3_900_000_000UL << 32;
        kit.Q.SenderReport = new SenderReportMark(ntp, new RtpTimestamp(30_000), kit.Now);
        kit.F.SenderReport = new SenderReportMark(ntp, new RtpTimestamp(94_000), kit.Now);
        string? last = null;
        for (int i = 1; i <= 200; i++)
        {
            InboundLayer to = i % 2 == 1 ? kit.F : kit.Q;
            kit.Switcher.SetTarget(to);
            kit.Wait(1000);
            kit.In(i % 2 == 1 ? kit.Q : kit.F, (i % 2 == 1 ? 502 : 9000) + i * 10, (i % 2 == 1 ? 30_000u : 94_000u) + (uint)i * 90_000);
            last = kit.In(to, (i % 2 == 1 ? 9001 : 503) + i * 10, (i % 2 == 1 ? 94_000u : 30_000u) + (uint)i * 90_000 + 3001, key: true);
        }

        uint timestamp = uint.Parse(last!.Split('/')[1]);
        Assert.InRange((long)timestamp - (30_000 + 200 * 90_000L + 3001), -2, 2);
    }

    [Fact]
    public void A_sender_report_that_makes_no_sense_is_not_believed()
    {
        SwitcherKit kit = QFlows();
        kit.Q.SenderReport = new SenderReportMark(3_900_000_000UL << 32, new RtpTimestamp(30_000), kit.Now);
        kit.F.SenderReport = new SenderReportMark(1_000UL << 32, new RtpTimestamp(94_000), kit.Now);
        kit.Switcher.SetTarget(kit.F);
        kit.Wait(100);
        Assert.StartsWith("102/39000/", kit.In(kit.F, 9000, 94_000, key: true));
    }

    [Fact]
    public void Padding_keeps_the_count()
    {
        SwitcherKit kit = QFlows();
        Assert.StartsWith("102/", kit.In(kit.Q, 502, 30_000, padding: true));
        Assert.StartsWith("103/", kit.In(kit.Q, 503, 33_000));
    }

    [Fact]
    public void A_packet_that_went_out_is_found_again_with_the_numbers_it_had()
    {
        SwitcherKit kit = QFlows();
        kit.In(kit.Q, 502, 30_000, 71, 9);
        kit.Switcher.SetTarget(kit.F);
        kit.In(kit.F, 9002, 94_000, 402, 52, key: true);
        Assert.True(kit.Switcher.TryFindOriginal(new SequenceNumber(102), out Segment segment, out long sequence));
        Assert.Same(kit.Q, segment.Layer);
        Assert.Equal(0x10000 + 502, sequence);
        Assert.True(kit.Switcher.TryFindOriginal(new SequenceNumber(103), out segment, out sequence));
        Assert.Same(kit.F, segment.Layer);
        Assert.Equal(0x10000 + 9002, sequence);
        Assert.False(kit.Switcher.TryFindOriginal(new SequenceNumber(104), out _, out _));
        Assert.False(kit.Switcher.TryFindOriginal(new SequenceNumber(100), out _, out _));
    }

    [Fact]
    public void Only_the_last_eight_runs_are_remembered()
    {
        SwitcherKit kit = QFlows();
        for (int i = 1; i <= Switcher.Remembered; i++)
        {
            InboundLayer to = i % 2 == 1 ? kit.F : kit.Q;
            kit.Switcher.SetTarget(to);
            kit.Wait(100);
            Assert.NotNull(kit.In(to, 1000 * i, (uint)(9000 * i), key: true));
        }

        Assert.False(kit.Switcher.TryFindOriginal(new SequenceNumber(101), out _, out _));
        Assert.True(kit.Switcher.TryFindOriginal(new SequenceNumber(102), out _, out _));
    }

    [Fact]
    public void Audio_begins_with_any_packet_and_goes_on_over_a_change_of_speaker()
    {
        SwitcherKit kit = new(video: false);
        kit.Switcher.SetTarget(kit.Q);
        Assert.StartsWith("101/960/", kit.In(kit.Q, 7, 960));
        kit.Switcher.ForgetPublisher();
        InboundLayer other = SwitcherKit.NewLayer(SwitcherKit.NewTrack(2, video: false), 0);
        kit.Switcher.SetTarget(other);
        kit.Wait(20);
        Assert.StartsWith("102/1920/", kit.In(other, 60_000, 5));
    }

    private static string? Rounded(string? numbers)
    {
        // Arrival times in a test are not whole ticks: the nearest 3,000 is meant.
        string[] parts = numbers!.Split('/');
        parts[1] = ((uint)Math.Round(uint.Parse(parts[1]) / 3000.0) * 3000).ToString();
        return string.Join('/', parts);
    }
}
