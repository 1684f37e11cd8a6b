using Wardline.Rtc.Srtp;
using Wardline.Rtc.Tests.Srtp;

namespace Wardline.Rtc.Tests.Transport;

public sealed class RtcTransportTests
{
    [Fact]
    public void A_check_a_handshake_and_media_flow_both_ways()
    {
        using TransportKit kit = TransportKit.Connected();
        Assert.Equal(SrtpProfile.AeadAes256Gcm, kit.Transport.Profile);
        Assert.Equal("DTLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384", kit.Transport.DtlsDescription);

        byte[] packet = SrtpKit.Seal(kit.PeerSender, 1);
        Assert.Equal(TransportInput.Rtp, kit.Handle(packet, TransportKit.Home, out int length));
        Assert.Equal(SrtpKit.Rtp(1, 50)[..^16], packet[..length]);

        packet = SrtpKit.SealRtcp(kit.PeerSender);
        Assert.Equal(TransportInput.Rtcp, kit.Handle(packet, TransportKit.Home, out length));
        Assert.Equal(SrtpKit.Rtcp()[..^20], packet[..length]);

        byte[] plain = SrtpKit.Rtp(7, 60)[..^16];
        Assert.True(kit.Transport.TryReserve(kit.Output, out Span<byte> slot));
        plain.CopyTo(slot);
        Assert.True(kit.Transport.TryCommitRtp(kit.Output, slot, plain.Length));
        byte[] second = SrtpKit.Rtp(8, 60)[..^16];
        Assert.True(kit.Transport.TrySendRtp(kit.Output, second.AsSpan(0, 20), second.AsSpan(20)));
        byte[] report = SrtpKit.Rtcp()[..^20];
        Assert.True(kit.Transport.TryReserve(kit.Output, out slot));
        report.CopyTo(slot);
        Assert.True(kit.Transport.TryCommitRtcp(kit.Output, slot, report.Length));

        Assert.Equal(1, kit.Output.TrainCount);
        List<(TransportAddress To, byte[] Bytes)> sent = kit.Take();
        Assert.All(sent, s => Assert.Equal(TransportKit.Home, s.To));
        Assert.True(kit.PeerReceiver.TryUnprotectRtp(sent[0].Bytes, out length));
        Assert.Equal(plain, sent[0].Bytes[..length]);
        Assert.True(kit.PeerReceiver.TryUnprotectRtp(sent[1].Bytes, out length));
        Assert.Equal(second, sent[1].Bytes[..length]);
        Assert.True(kit.PeerReceiver.TryUnprotectRtcp(sent[2].Bytes, out length));
        Assert.Equal(report, sent[2].Bytes[..length]);
    }
}
