using Wardline.Rtc;
using Wardline.Rtc.Rtcp;
using Wardline.Rtc.Sdp;

namespace Wardline.Sfu.Tests.Harness;

/// <summary>One participant of a <see cref="SfuKit"/>: what it offers, and all that it got.</summary>
internal sealed class KitPeer
{
    private readonly SfuKit _kit;

    public KitPeer(SfuKit kit, Peer peer, OfferBuilder offer)
    {
        _kit = kit;
        Peer = peer;
        Offer = offer;
        peer.OnRtp = (bytes, at) => Rtp.Add(Got.From(bytes, at));
        peer.OnRtcp = (bytes, _) => Rtcp.Add(bytes);
    }

    public delegate void Compose(ref RtcpWriter writer);

    public delegate void Visit(RtcpPacket packet);

    public Peer Peer { get; }

    public ParticipantId Id => Peer.Id;

    public OfferBuilder Offer { get; }

    public List<Got> Rtp { get; } = [];

    public List<byte[]> Rtcp { get; } = [];

    public string Answer { get; private set; } = "";

    public List<PublishRequest> PublishRequests { get; } = [];

    public List<SubscribeRequest> SubscribeRequests { get; } = [];

    public KitPeer Publish(TrackSource source, params string[] rids)
    {
        PublishRequests.Add(new PublishRequest(Offer.Add(source, sends: true, rids).Mid, source));
        return this;
    }

    /// <returns>The mid.</returns>
    public string Subscribe(KitPeer publisher, TrackSource source)
    {
        string mid = Offer.Add(source, sends: false).Mid;
        SubscribeRequests.Add(new SubscribeRequest(mid, publisher.Id, source));
        return mid;
    }

    public bool TryNegotiate(out SdpError error)
    {
        bool agreed = _kit.Session.TryNegotiate(
            Id, Offer.Write(Peer.Ice, Peer.Fingerprint), PublishRequests, SubscribeRequests,
            ["candidate:1 1 udp 2130706431 192.0.2.200 9000 typ host"], _kit.Now, out string answer, out error);
        Answer = agreed ? answer : Answer;
        return agreed;
    }

    public KitPeer Negotiate()
    {
        Assert.True(TryNegotiate(out SdpError error), error?.Code);
        _kit.TakeEvents();
        return this;
    }

    public KitPeer Connect()
    {
        Negotiate();
        Peer.Check();
        _kit.Deliver();
        Peer.StartDtls(_kit.Now);
        _kit.Deliver();
        Assert.True(Peer.IsConnected);
        return this;
    }

    /// <summary>SSRC and RTX SSRC that the answer names for a mid.</summary>
    public (uint Ssrc, uint Rtx) SsrcsOf(string mid)
    {
        string section = Answer.Split("\r\nm=").Skip(1).Single(s => s.Contains($"\r\na=mid:{mid}\r\n", StringComparison.Ordinal));
        string[] lines = section.Split("\r\n");
        string? pair = Array.Find(lines, line => line.StartsWith("a=ssrc-group:FID ", StringComparison.Ordinal));
        if (pair is not null)
        {
            string[] both = pair.Split(' ');
            return (uint.Parse(both[1]), uint.Parse(both[2]));
        }

        string single = Array.Find(lines, line => line.StartsWith("a=ssrc:", StringComparison.Ordinal))!;
        return (uint.Parse(single["a=ssrc:".Length..].Split(' ')[0]), 0);
    }

    /// <summary>What came on a mid, first transmissions only, in order of arrival.</summary>
    public List<Got> On(string mid) => Rtp.FindAll(packet => packet.Ssrc.Value == SsrcsOf(mid).Ssrc);

    public List<Got> RtxOn(string mid) => Rtp.FindAll(packet => packet.Ssrc.Value == SsrcsOf(mid).Rtx);

    public void Send(PacketSpec packet)
    {
        Peer.SendRtp(packet.Build());
        _kit.Deliver();
    }

    public void SendRtcp(Compose compose)
    {
        byte[] buffer = new byte[1200];
        RtcpWriter writer = new(buffer);
        compose(ref writer);
        Peer.SendRtcp(buffer.AsSpan(0, writer.Length));
        _kit.Deliver();
    }

    /// <summary>SSRCs for which a PLI has come, in order.</summary>
    public List<uint> KeyFrameRequests()
    {
        List<uint> asked = [];
        Walk(packet =>
        {
            if (PliView.TryRead(packet, out PliView pli))
            {
                asked.Add(pli.Media.Value);
            }
        });
        return asked;
    }

    /// <summary>Sequence numbers that were NACKed, in order.</summary>
    public List<ushort> Nacked()
    {
        List<ushort> lost = [];
        Walk(packet =>
        {
            if (NackView.TryRead(packet, out NackView nack))
            {
                foreach (SequenceNumber sequence in nack)
                {
                    lost.Add(sequence.Value);
                }
            }
        });
        return lost;
    }

    public void Walk(Visit visit)
    {
        foreach (byte[] compound in Rtcp)
        {
            RtcpReader reader = new(compound);
            while (reader.TryRead(out RtcpPacket packet))
            {
                visit(packet);
            }

            Assert.False(reader.IsMalformed);
        }
    }
}
