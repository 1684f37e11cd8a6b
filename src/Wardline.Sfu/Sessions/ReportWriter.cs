using Wardline.Rtc;
using Wardline.Rtc.Rtcp;
using Wardline.Sfu.Forwarding;
using Wardline.Sfu.Layers;

namespace Wardline.Sfu.Sessions;

/// <summary>
/// The reports of once a second to one participant: a receiver report on what it sends, a sender report with CNAME for
/// each stream that flows to it. As many compounds as it takes.
/// </summary>
internal static class ReportWriter
{
    /// <summary>A stream that has been silent for longer is not reported on.</summary>
    private static readonly TimeSpan Flowing = TimeSpan.FromSeconds(3);

    public static void Send(Participant to, Instant now, PacketTrains output)
    {
        if (!to.Transport.TryReserve(output, out Span<byte> slot))
        {
            return;
        }

        RtcpWriter writer = new(slot[..Uplink.MaxRtcpBytes]);
        WriteReceiverReport(to, ref writer, now);
        foreach (Subscription subscription in to.Downlink.Subscriptions)
        {
            if (now - subscription.LastSentAt > Flowing || !TryMakeInfo(subscription, now, out SenderInfo info))
            {
                continue;
            }

            if (TryWrite(subscription, info, ref writer))
            {
                continue;
            }

            // RFC 3550 §6.1: the next compound begins with a report again.
            if (!to.Transport.TryCommitRtcp(output, slot, writer.Length) || !to.Transport.TryReserve(output, out slot))
            {
                return;
            }

            writer = new RtcpWriter(slot[..Uplink.MaxRtcpBytes]);
            TryWrite(subscription, info, ref writer);
        }

        if (writer.Length > 0)
        {
            to.Transport.TryCommitRtcp(output, slot, writer.Length);
        }
    }

    private static void WriteReceiverReport(Participant to, ref RtcpWriter writer, Instant now)
    {
        Span<ReportBlock> blocks = stackalloc ReportBlock[RtcpWriter.MaxReportBlocks];
        int count = 0;
        foreach (PublishedTrack track in to.Uplink.Tracks)
        {
            foreach (InboundLayer? layer in track.Layers)
            {
                if (layer is { Closed: false } && count < blocks.Length &&
                    layer.Reception.Take(layer.Ssrc, layer.SenderReport, now) is { } block)
                {
                    blocks[count++] = block;
                }
            }
        }

        writer.TryWriteReceiverReport(to.Reporter, blocks[..count]);
    }

    private static bool TryWrite(Subscription subscription, in SenderInfo info, ref RtcpWriter writer)
    {
        // Both or none: a report without its CNAME would be taken for another person's.
        RtcpWriter before = writer;
        Span<byte> cname = stackalloc byte[Cname.MaxBytes];
        if (writer.TryWriteSenderReport(subscription.Ssrc, info, []) &&
            writer.TryWriteCname(subscription.Ssrc, cname[..Cname.Write(subscription.Publisher, cname)]))
        {
            return true;
        }

        writer = before;
        return false;
    }

    /// <summary>
    /// RFC 3550 §6.4.1: now in the session's time, and what the stream's timestamp is at this moment: by the publisher's
    /// last report when there is one, else by the newest packet.
    /// </summary>
    private static bool TryMakeInfo(Subscription subscription, Instant now, out SenderInfo info)
    {
        Switcher switcher = subscription.Switcher;
        info = default;
        if (switcher.Current is not { } layer)
        {
            return false;
        }

        RtpTimestamp timestamp = layer.SenderReport.IsKnown && layer.Track.Clock.IsKnown
            ? new RtpTimestamp(layer.SenderReport.RtpOf(layer.Track.Clock.At(now), subscription.ClockRate).Value + switcher.TimestampDelta)
            : new RtpTimestamp(switcher.LastTimestamp.Value + (uint)((now - subscription.LastSentAt).TotalSeconds * subscription.ClockRate));
        info = new SenderInfo(SessionClock.ToNtp(now), timestamp, subscription.PacketCount, subscription.OctetCount);
        return true;
    }
}

/// <summary>RFC 7022: one canonical name for all streams of a publisher, so that a receiver plays them in step.</summary>
internal static class Cname
{
    public const int MaxBytes = 24;

    public static string Of(ParticipantId publisher) => $"wardline-{publisher.Value}";

    public static int Write(ParticipantId publisher, Span<byte> destination)
    {
        "wardline-"u8.CopyTo(destination);
        publisher.Value.TryFormat(destination[9..], out int digits);
        return 9 + digits;
    }
}
