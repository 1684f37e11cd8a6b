using Wardline.Rtc;
using Wardline.Rtc.Rtcp;
using Wardline.Sfu.Forwarding;
using Wardline.Sfu.Layers;

namespace Wardline.Sfu.Sessions;

/// <summary>Acts on one compound of RTCP that a participant sent.</summary>
internal static class FeedbackReader
{
    public static void Handle(Participant from, ReadOnlySpan<byte> compound, SfuCounters counters, Instant now, PacketTrains output)
    {
        counters.RtcpReceived++;
        RtcpReader reader = new(compound);
        while (reader.TryRead(out RtcpPacket packet))
        {
            if (!TryHandle(from, packet, counters, now, output))
            {
                counters.MalformedRtcp++;
            }
        }

        if (reader.IsMalformed)
        {
            counters.MalformedRtcp++;
        }
    }

    private static bool TryHandle(Participant from, RtcpPacket packet, SfuCounters counters, Instant now, PacketTrains output)
    {
        switch (packet.Kind)
        {
            case RtcpKind.SenderReport when SenderReportView.TryRead(packet, out SenderReportView report):
                OnSenderReport(from, report.Sender, report.Info, now);
                OnBlocks(from.Downlink, report.Blocks, now);
                return true;
            case RtcpKind.ReceiverReport when ReceiverReportView.TryRead(packet, out ReceiverReportView report):
                OnBlocks(from.Downlink, report.Blocks, now);
                return true;
            case RtcpKind.TransportCc when TransportCcView.TryRead(packet, out TransportCcView feedback):
                from.Downlink.Estimator.OnFeedback(feedback, now);
                from.Downlink.OnEstimate(now);
                return true;
            case RtcpKind.Nack when NackView.TryRead(packet, out NackView nack):
                OnNack(from.Downlink, nack, now, output);
                return true;
            case RtcpKind.Pli when PliView.TryRead(packet, out PliView pli):
                OnKeyFrameWish(from.Downlink, pli.Media, counters, now);
                return true;
            case RtcpKind.Fir when FirView.TryRead(packet, out FirView fir):
                for (int i = 0; i < fir.Count; i++)
                {
                    OnKeyFrameWish(from.Downlink, fir[i].Media, counters, now);
                }

                return true;
            case RtcpKind.Remb when RembView.TryRead(packet, out RembView remb):
                from.Downlink.Estimator.SetCap(remb.Bitrate);
                from.Downlink.OnEstimate(now);
                return true;
            // A BYE may be forged by nobody here (it authenticated), but says nothing that the signaling does not.
            case RtcpKind.Bye or RtcpKind.SourceDescription or RtcpKind.Other:
                return true;
            default:
                return false;
        }
    }

    private static void OnSenderReport(Participant from, Ssrc sender, in SenderInfo info, Instant now)
    {
        if (info.Ntp != 0 && from.Uplink.Find(sender) is { } layer)
        {
            from.Uplink.Clock.Observe(info.Ntp, now);
            layer.SenderReport = new SenderReportMark(info.Ntp, info.Timestamp, now);
        }
    }

    private static void OnBlocks(Downlink downlink, ReportBlocks blocks, Instant now)
    {
        double loss = -1;
        TimeSpan? roundTrip = null;
        foreach (ReportBlock block in blocks)
        {
            if (downlink.Find(block.Source) is not null)
            {
                loss = Math.Max(loss, block.Loss);
                roundTrip = block.RoundTrip(SessionClock.ToShortNtp(now)) ?? roundTrip;
            }
        }

        if (loss >= 0)
        {
            downlink.Estimator.OnReceiverReport(loss, roundTrip, now);
            downlink.OnEstimate(now);
        }
    }

    private static void OnNack(Downlink downlink, NackView nack, Instant now, PacketTrains output)
    {
        if (downlink.Find(nack.Media) is not { } subscription)
        {
            return;
        }

        foreach (SequenceNumber lost in nack)
        {
            downlink.Retransmit(subscription, lost, now, output);
        }
    }

    private static void OnKeyFrameWish(Downlink downlink, Ssrc media, SfuCounters counters, Instant now)
    {
        counters.KeyFrameRequestsReceived++;
        if (downlink.Find(media)?.Switcher is { } switcher && (switcher.Current ?? switcher.Target) is { } layer)
        {
            layer.KeyFrames.Wish(now);
        }
    }
}
