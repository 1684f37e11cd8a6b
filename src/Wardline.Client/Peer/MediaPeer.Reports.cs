using Wardline.Client.Media;
using Wardline.Rtc;
using Wardline.Rtc.Rtcp;

namespace Wardline.Client.Peer;

// RTCP, both ways.
internal sealed partial class MediaPeer
{
    private static readonly TimeSpan s_reportInterval = TimeSpan.FromSeconds(1);
    private static readonly byte[] s_cname = "wardline"u8.ToArray(); // says nothing about the person (RFC 7022)

    /// <summary>Feedback and requests that belong to no stream of ours are sent in this name.</summary>
    private readonly Ssrc _self = new(1);
    private Instant _nextReport;

    /// <summary>Key frames that receivers asked of us.</summary>
    public long KeyFramesAsked { get; private set; }

    private void TakeRtcp(ReadOnlySpan<byte> compound, Instant now, PacketTrains output)
    {
        RtcpReader reader = new(compound);
        while (reader.TryRead(out RtcpPacket packet))
        {
            if (SenderReportView.TryRead(packet, out SenderReportView report))
            {
                FindStream(report.Sender)?.OnSenderReport(report.Info, now);
            }
            else if (NackView.TryRead(packet, out NackView nack))
            {
                Resend(nack, now, output);
            }
            else if (TransportCcView.TryRead(packet, out TransportCcView arrivals))
            {
                _uplink.Estimator.OnFeedback(arrivals, now);
            }
            else if (PliView.TryRead(packet, out PliView pli))
            {
                AskKeyFrame(pli.Media);
            }
            else if (FirView.TryRead(packet, out FirView fir))
            {
                for (int i = 0; i < fir.Count; i++)
                {
                    AskKeyFrame(fir[i].Media);
                }
            }
        }
    }

    private void Resend(NackView nack, Instant now, PacketTrains output)
    {
        foreach (Publication publication in _publications)
        {
            foreach (SentLayer layer in publication.Layers)
            {
                if (layer.Ssrc == nack.Media)
                {
                    foreach (SequenceNumber sequence in nack)
                    {
                        layer.Resend(sequence, _uplink, now, output);
                    }
                }
            }
        }
    }

    private void AskKeyFrame(Ssrc media)
    {
        foreach (Publication publication in _publications)
        {
            if (publication.TakesKeyFrameRequest(media))
            {
                KeyFramesAsked++;
            }
        }
    }

    private void SendFeedback(Instant now, PacketTrains output)
    {
        // 1. Arrivals, 50 to 100 ms after the first one that they tell of.
        while (now >= _arrivals.NextFeedback && Transport.TryReserve(output, out Span<byte> slot) &&
            _arrivals.TryWriteFeedback(now, _self, _streams.Count > 0 ? _streams[0].Ssrc : _self, slot[..MaxRtcpBytes], out int length))
        {
            Transport.TryCommitRtcp(output, slot, length);
        }

        // 2. What is missing.
        Span<SequenceNumber> missing = stackalloc SequenceNumber[64];
        foreach (ReceivedStream stream in _streams)
        {
            if (stream.Video is not { } video)
            {
                continue;
            }

            int count = now >= video.NextAsk ? video.TakeMissing(now, missing) : 0;
            if (count > 0 && Transport.TryReserve(output, out Span<byte> slot))
            {
                RtcpWriter writer = new(slot[..MaxRtcpBytes]);
                if (writer.TryWriteNack(_self, stream.Ssrc, missing[..count]))
                {
                    Transport.TryCommitRtcp(output, slot, writer.Length);
                }
            }

            if (stream.TakesKeyFrameRequest(now))
            {
                SendKeyFrameRequest(stream.Ssrc, output);
            }
        }

        // 3. Reports.
        if (now >= _nextReport)
        {
            _nextReport = now + s_reportInterval;
            SendReports(now, output);
        }
    }

    // Room for SRTCP's index and tag behind it.
    private const int MaxRtcpBytes = 1200;

    private void SendReports(Instant now, PacketTrains output)
    {
        Span<ReportBlock> blocks = stackalloc ReportBlock[RtcpWriter.MaxReportBlocks];
        int count = 0;
        foreach (ReceivedStream stream in _streams)
        {
            if (count < blocks.Length && stream.TakeReport(now) is { } block)
            {
                blocks[count++] = block;
            }
        }

        if (!Transport.TryReserve(output, out Span<byte> slot))
        {
            return;
        }

        RtcpWriter writer = new(slot[..MaxRtcpBytes]);
        bool written = true;
        foreach (Publication publication in _publications)
        {
            foreach (SentLayer layer in publication.Layers)
            {
                if (layer.Packets > 0)
                {
                    written &= writer.TryWriteSenderReport(layer.Ssrc, layer.Report(), default) && writer.TryWriteCname(layer.Ssrc, s_cname);
                }
            }
        }

        written &= writer.TryWriteReceiverReport(_self, blocks[..count]) && writer.TryWriteCname(_self, s_cname);
        if (written)
        {
            Transport.TryCommitRtcp(output, slot, writer.Length);
        }
    }

    private void SendKeyFrameRequest(Ssrc media, PacketTrains output)
    {
        if (Transport.TryReserve(output, out Span<byte> slot))
        {
            RtcpWriter writer = new(slot[..MaxRtcpBytes]);
            if (writer.TryWritePli(_self, media))
            {
                Transport.TryCommitRtcp(output, slot, writer.Length);
            }
        }
    }

    private ReceivedStream? FindStream(Ssrc ssrc)
    {
        foreach (ReceivedStream stream in _streams)
        {
            if (stream.Ssrc == ssrc)
            {
                return stream;
            }
        }

        return null;
    }
}
