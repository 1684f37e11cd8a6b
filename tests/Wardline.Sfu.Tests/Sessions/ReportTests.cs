using Wardline.Rtc;
using Wardline.Rtc.Rtcp;
using Wardline.Sfu.Sessions;
using Wardline.Sfu.Tests.Harness;

namespace Wardline.Sfu.Tests.Sessions;

public sealed class ReportTests
{
    [Fact]
    public void A_receiver_is_told_the_time_of_its_own_stream_by_the_publishers_report()
    {
        using CameraKit kit = new();
        kit.Q.Key();
        kit.Kit.Wait(200);
        // The publisher says: my timestamp 500,000 is now.
        kit.Publisher.SendRtcp((ref RtcpWriter writer) =>
            writer.TryWriteSenderReport(new Ssrc(kit.Q.Ssrc), new SenderInfo(3_900_000_000UL << 32, new RtpTimestamp(500_000), 1, 1), []));
        Instant reported = kit.Kit.Now;
        uint delta = kit.Seen[0].Timestamp - kit.Q.Timestamp;
        kit.Kit.Wait(1000);

        (Ssrc sender, SenderInfo info) = Assert.Single(SenderReports(kit.Watcher));
        Assert.Equal(kit.Watcher.SsrcsOf(kit.Video).Ssrc, sender.Value);
        double elapsed = (info.Ntp - SessionClock.ToNtp(reported)) / (double)(1UL << 32);
        Assert.InRange(elapsed, 0, 1);
        Assert.InRange((double)(info.Timestamp.Value - delta), 500_000 + elapsed * 90_000 - 2, 500_000 + elapsed * 90_000 + 2);
        Assert.Equal(1u, info.PacketCount);
    }

    [Fact]
    public void Sound_and_picture_of_one_person_stay_in_step()
    {
        using CameraKit kit = new();
        kit.Q.Key();
        kit.Voice.Send(kit.Voice.Voice());
        ulong ntp = 3_900_000_000UL << 32;
        kit.Publisher.SendRtcp((ref RtcpWriter writer) =>
        {
            writer.TryWriteSenderReport(new Ssrc(kit.Q.Ssrc), new SenderInfo(ntp, new RtpTimestamp(kit.Q.Timestamp), 1, 1), []);
            writer.TryWriteSenderReport(new Ssrc(kit.Voice.Ssrc), new SenderInfo(ntp, new RtpTimestamp(kit.Voice.Timestamp), 1, 1), []);
        });
        kit.Kit.Wait(1000);
        List<(Ssrc Sender, SenderInfo Info)> reports = SenderReports(kit.Watcher);
        Assert.Equal(2, reports.Count);
        // Captured at one moment, so the receiver must come to one moment for both.
        double Moment((Ssrc Sender, SenderInfo Info) report, uint timestamp, int rate) =>
            report.Info.Ntp / (double)(1UL << 32) - (int)(report.Info.Timestamp.Value - timestamp) / (double)rate;
        uint audioSsrc = kit.Watcher.SsrcsOf(kit.Audio).Ssrc;
        double audio = Moment(reports.Find(r => r.Sender.Value == audioSsrc), kit.Watcher.On(kit.Audio)[0].Timestamp, 48_000);
        double video = Moment(reports.Find(r => r.Sender.Value != audioSsrc), kit.Seen[0].Timestamp, 90_000);
        Assert.InRange((audio - video) * 1000, -0.1, 0.1);
    }

    [Fact]
    public void Each_report_names_the_publisher_so_that_its_streams_are_played_together()
    {
        using CameraKit kit = new();
        kit.Q.Key();
        kit.Kit.Wait(1100);
        bool named = false;
        kit.Watcher.Walk(packet =>
        {
            if (SdesView.TryRead(packet, out SdesView view))
            {
                foreach (SdesItem item in view)
                {
                    named |= item.Type == SdesItem.Cname && item.Value.SequenceEqual("wardline-1"u8);
                }
            }
        });
        Assert.True(named);
    }

    [Fact]
    public void A_publisher_is_told_what_was_lost()
    {
        using CameraKit kit = new();
        kit.Q.Key();
        kit.Q.Delta(2);
        kit.Q.Frame();
        kit.Q.Delta(4);
        kit.Kit.Wait(1100);
        List<ReportBlock> blocks = [];
        kit.Publisher.Walk(packet =>
        {
            if (ReceiverReportView.TryRead(packet, out ReceiverReportView report))
            {
                foreach (ReportBlock block in report.Blocks)
                {
                    blocks.Add(block);
                }
            }
        });
        ReportBlock first = Assert.Single(blocks, block => block.Source.Value == kit.Q.Ssrc);
        Assert.Equal((32, 1), (first.FractionLost, first.CumulativeLost));
    }

    [Fact]
    public void A_streams_report_stops_when_it_stops()
    {
        using CameraKit kit = new();
        kit.Q.Key();
        kit.Kit.Wait(10_000);
        Assert.InRange(SenderReports(kit.Watcher).Count, 2, 4);
    }

    [Fact]
    public void A_downlinks_quality_is_told_once_a_second()
    {
        using CameraKit kit = new();
        for (int i = 0; i < 100; i++)
        {
            kit.Q.Send(kit.Q.Frame(key: i == 0, bytes: 300));
            kit.Voice.Send(kit.Voice.Voice());
            kit.Kit.Wait(33);
        }

        List<DownlinkQuality> told = [.. kit.Kit.Events.OfType<DownlinkQuality>()];
        Assert.Equal(3, told.Count);
        Assert.All(told, quality => Assert.Equal(kit.Watcher.Id, quality.Participant));
        Assert.Equal([(kit.Audio, null), (kit.Video, "q")], told[^1].Received.Select(r => (r.Mid, r.Layer)));
        Assert.InRange(told[^1].Received[1].Kbps, 60, 110);
    }

    [Fact]
    public void Last_media_is_when_somebody_last_spoke_or_was_seen_and_a_screen_is_not_somebody()
    {
        using SfuKit kit = new();
        KitPeer peer = kit.Add();
        peer.Publish(TrackSource.Screen).Publish(TrackSource.Microphone).Connect();
        TestStream screen = new(peer, 100, "0");
        screen.Key();
        Assert.True(kit.Session.LastMediaAt < default(Instant));
        kit.Wait(5000);
        TestStream voice = new(peer, 11, "1", payloadType: Numbers.Opus);
        voice.Send(voice.Voice());
        Assert.Equal(kit.Now, kit.Session.LastMediaAt);
    }

    private static List<(Ssrc Sender, SenderInfo Info)> SenderReports(KitPeer peer)
    {
        List<(Ssrc, SenderInfo)> reports = [];
        peer.Walk(packet =>
        {
            if (SenderReportView.TryRead(packet, out SenderReportView report))
            {
                reports.Add((report.Sender, report.Info));
            }
        });
        return reports;
    }
}
