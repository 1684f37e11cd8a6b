using Wardline.Netem;
using Wardline.Rtc;
using Wardline.Rtc.Bwe;
using Wardline.Rtc.Rtcp;
using Wardline.Rtc.Rtp;
using Wardline.Sfu.Tests.Harness;

namespace Wardline.Sfu.Tests.Visits;

/// <summary>One simulated browser: its transport, what it sends, what it plays, and the feedback that it gives.</summary>
internal sealed class Browser
{
    private static readonly TimeSpan s_checkEvery = TimeSpan.FromMilliseconds(500);

    private readonly TwccRecorder _arrivals = new();
    private readonly byte[] _rtcp = new byte[1200];
    private Instant _nextCheck = Instant.Never;
    private ushort _transportSequence;

    public Browser(Peer peer, Link up, Link down)
    {
        Peer = peer;
        Up = up;
        Down = down;
        peer.OnRtp = OnRtp;
        peer.OnRtcp = OnRtcp;
    }

    public Peer Peer { get; }

    public ParticipantId Id => Peer.Id;

    public Link Up { get; }

    public Link Down { get; }

    public OfferBuilder Offer { get; init; } = new();

    /// <summary>Packets that came with a transport-wide sequence number.</summary>
    public int Numbered { get; private set; }

    public List<PublishRequest> PublishRequests { get; } = [];

    public List<SubscribeRequest> SubscribeRequests { get; } = [];

    public List<SimSource> Sources { get; } = [];

    public Dictionary<string, SimSink> Sinks { get; } = [];

    public Instant NextTimeout
    {
        get
        {
            Instant next = Instant.Min(_nextCheck, Instant.Min(Peer.NextTimeout, _arrivals.NextFeedback));
            if (!Peer.IsConnected)
            {
                return next;
            }

            foreach (SimSource source in Sources)
            {
                next = Instant.Min(next, source.NextFrame);
            }

            foreach (SimSink sink in Sinks.Values)
            {
                next = Instant.Min(next, sink.NextTimeout);
            }

            return next;
        }
    }

    public void PublishMicrophone()
    {
        string mid = Offer.Add(TrackSource.Microphone, sends: true).Mid;
        PublishRequests.Add(new PublishRequest(mid, TrackSource.Microphone));
        Sources.Add(SimSource.Microphone((uint)(Id.Value * 1000 + 1), mid));
    }

    public void PublishCamera(params (string Rid, int Kilobits)[] layers)
    {
        string mid = Offer.Add(TrackSource.Camera, sends: true, [.. layers.Where(layer => layer.Rid.Length > 0).Select(layer => layer.Rid)]).Mid;
        PublishRequests.Add(new PublishRequest(mid, TrackSource.Camera));
        for (int i = 0; i < layers.Length; i++)
        {
            Sources.Add(SimSource.Camera((uint)(Id.Value * 1000 + 10 + 10 * i), mid, layers[i].Rid, i, layers[i].Kilobits));
        }
    }

    public string Subscribe(Browser publisher, TrackSource source)
    {
        string mid = Offer.Add(source, sends: false).Mid;
        SubscribeRequests.Add(new SubscribeRequest(mid, publisher.Id, source));
        return mid;
    }

    public void OnAnswer(string answer, Instant now)
    {
        foreach (SubscribeRequest request in SubscribeRequests)
        {
            string section = answer.Split("\r\nm=").Skip(1).Single(s => s.Contains($"\r\na=mid:{request.Mid}\r\n", StringComparison.Ordinal));
            string[] lines = section.Split("\r\n");
            string? pair = Array.Find(lines, line => line.StartsWith("a=ssrc-group:FID ", StringComparison.Ordinal));
            uint[] ssrcs = pair is null
                ? [uint.Parse(Array.Find(lines, line => line.StartsWith("a=ssrc:", StringComparison.Ordinal))![7..].Split(' ')[0]), 0]
                : [uint.Parse(pair.Split(' ')[1]), uint.Parse(pair.Split(' ')[2])];
            Sinks.TryAdd(request.Mid, new SimSink(ssrcs[0], ssrcs[1], request.Source != TrackSource.Microphone));
        }

        _nextCheck = now;
    }

    public void HandleTimeout(Instant now)
    {
        if (now >= _nextCheck)
        {
            Peer.Check();
            if (!Peer.IsConnected)
            {
                Peer.StartDtls(now);
            }

            _nextCheck = now + s_checkEvery;
        }

        Peer.HandleTimeout(now);
        if (!Peer.IsConnected)
        {
            return;
        }

        foreach (SimSource source in Sources)
        {
            source.Produce(now, Send);
        }

        while (_arrivals.TryWriteFeedback(now, new Ssrc(1), new Ssrc(2), _rtcp, out int length))
        {
            Peer.SendRtcp(_rtcp.AsSpan(0, length));
        }

        RtcpWriter writer = new(_rtcp);
        foreach (SimSink sink in Sinks.Values)
        {
            sink.WriteFeedback(now, ref writer);
        }

        if (writer.Length > 0)
        {
            Peer.SendRtcp(_rtcp.AsSpan(0, writer.Length));
        }
    }

    private void Send(PacketSpec packet) => Peer.SendRtp((packet with { TransportSequence = _transportSequence++ }).Build());

    private void OnRtp(byte[] packet, Instant now)
    {
        if (RtpExtensions.TryReadTransportSequence(packet, Numbers.TransportCc, out ushort sequence))
        {
            Numbered++;
            _arrivals.OnPacket(sequence, now);
        }

        foreach (SimSink sink in Sinks.Values)
        {
            sink.OnRtp(packet, now);
        }
    }

    private void OnRtcp(byte[] compound, Instant now)
    {
        RtcpReader reader = new(compound);
        while (reader.TryRead(out RtcpPacket packet))
        {
            if (PliView.TryRead(packet, out PliView pli))
            {
                Sources.Find(source => source.Ssrc == pli.Media.Value)?.WantKeyFrame();
            }
            else if (NackView.TryRead(packet, out NackView nack))
            {
                Ssrc media = nack.Media;
                SimSource? source = Sources.Find(candidate => candidate.Ssrc == media.Value);
                foreach (SequenceNumber lost in nack)
                {
                    source?.Resend(lost, Send);
                }
            }
            else if (SenderReportView.TryRead(packet, out SenderReportView report))
            {
                foreach (SimSink sink in Sinks.Values)
                {
                    sink.OnSenderReport(report, now);
                }
            }
        }

        Assert.False(reader.IsMalformed);
    }
}
