using Wardline.Rtc;
using Wardline.Rtc.Rtcp;

namespace Wardline.Sfu.Layers;

/// <summary>What a publisher is told between reports: arrivals (TWCC), losses (NACK), wishes for key frames (PLI).</summary>
internal static class UplinkFeedback
{
    /// <summary>NACKed at once per layer; the rest is due again at the next call.</summary>
    private const int MaxNacks = 64;

    public static void Send(Uplink uplink, RtcTransport transport, Ssrc reporter, TimeSpan roundTrip, SfuCounters counters, Instant now, PacketTrains output)
    {
        SendArrivals(uplink, transport, reporter, now, output);
        foreach (PublishedTrack track in uplink.Tracks)
        {
            if (!track.IsVideo)
            {
                continue;
            }

            foreach (InboundLayer? layer in track.Layers)
            {
                if (layer is { Closed: false } && (now >= layer.Losses.NextAt || now >= layer.KeyFrames.NextAt))
                {
                    SendWishes(layer, transport, reporter, roundTrip, counters, now, output);
                }
            }
        }
    }

    private static void SendArrivals(Uplink uplink, RtcTransport transport, Ssrc reporter, Instant now, PacketTrains output)
    {
        while (now >= uplink.Arrivals.NextFeedback && transport.TryReserve(output, out Span<byte> slot) &&
            uplink.Arrivals.TryWriteFeedback(now, reporter, uplink.AnySsrc, slot[..Uplink.MaxRtcpBytes], out int length))
        {
            transport.TryCommitRtcp(output, slot, length);
        }
    }

    private static void SendWishes(
        InboundLayer layer, RtcTransport transport, Ssrc reporter, TimeSpan roundTrip, SfuCounters counters, Instant now, PacketTrains output)
    {
        if (!transport.TryReserve(output, out Span<byte> slot))
        {
            return;
        }

        RtcpWriter writer = new(slot[..Uplink.MaxRtcpBytes]);
        Span<SequenceNumber> due = stackalloc SequenceNumber[MaxNacks];
        int count = layer.Losses.TakeDue(now, roundTrip, due, out bool hopeless);
        if (hopeless && layer.Track.IsWatched(layer))
        {
            layer.KeyFrames.Wish(now);
        }

        if (count > 0 && writer.TryWriteNack(reporter, layer.Ssrc, due[..count]))
        {
            counters.NacksSent++;
        }

        if (layer.KeyFrames.TryTakeRequest(now) && writer.TryWritePli(reporter, layer.Ssrc))
        {
            counters.KeyFrameRequestsSent++;
        }

        if (writer.Length > 0)
        {
            transport.TryCommitRtcp(output, slot, writer.Length);
        }
    }
}
