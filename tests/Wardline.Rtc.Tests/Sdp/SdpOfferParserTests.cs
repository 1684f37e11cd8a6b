using Wardline.Rtc.Dtls;
using Wardline.Rtc.Sdp;

namespace Wardline.Rtc.Tests.Sdp;

public sealed class SdpOfferParserTests
{
    private static SdpOffer Parse(string sdp)
    {
        bool parsed = SdpOfferParser.TryParse(sdp, SdpLimits.Default, out SdpOffer? offer, out SdpError? error);
        Assert.True(parsed, $"{error}");
        return offer!;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Reads_chromiums_simulcast_offer_with_either_end_of_line(bool crlf)
    {
        SdpOffer offer = Parse(crlf ? Offers.Crlf(Offers.ChromiumSimulcast) : Offers.ChromiumSimulcast);
        Assert.Equal("gcHZ", offer.Ice.Ufrag);
        Assert.Equal("vCRqq7EhZEpYn4auOEleAvSz", offer.Ice.Password);
        Assert.Equal(DtlsFingerprint.Sha256, offer.Fingerprint.Algorithm);
        Assert.StartsWith("E0:1C:9A:25:", offer.Fingerprint.Value);
        Assert.Equal(SdpSetup.ActPass, offer.Setup);
        Assert.True(offer.TrickleIce);
        Assert.Equal(["0", "1", "2"], offer.BundleGroup);
        Assert.Equal([MediaKind.Audio, MediaKind.Video, MediaKind.Application], offer.Sections.Select(s => s.Kind));

        SdpSection audio = offer.Sections[0];
        Assert.Equal(SdpDirection.SendOnly, audio.Direction);
        Assert.True(audio.RtcpMux && audio.RtcpReducedSize && !audio.Rejected);
        Assert.Equal((111, "opus", 48000, 2), (audio.Codecs[0].PayloadType, audio.Codecs[0].Name, audio.Codecs[0].ClockRate, audio.Codecs[0].Channels));
        Assert.Equal("minptime=10;useinbandfec=1", audio.Codecs[0].Fmtp);
        Assert.Equal(["transport-cc"], audio.Codecs[0].Feedback);
        Assert.Equal(new Ssrc(357099223), Assert.Single(audio.Sources).Ssrc);
        Assert.Equal("tniGU2I3xuWnHEqn", audio.Sources[0].Cname);

        SdpSection video = offer.Sections[1];
        Assert.Equal(["q", "h", "f"], video.SimulcastSend);
        Assert.Contains(new SdpExtension(10, RtpExtensionUris.Rid, SdpDirection.SendRecv), video.Extensions);
        Assert.Equal(["goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"], video.Codecs[0].Feedback);
        Assert.Empty(video.Sources);
    }

    [Fact]
    public void Reads_firefoxs_offer_with_what_it_says_once_at_the_top()
    {
        SdpOffer offer = Parse(Offers.Crlf(Offers.FirefoxSimulcast));
        Assert.StartsWith("8B:78:88:2D:", offer.Fingerprint.Value);
        Assert.Equal("c507fb1f", offer.Ice.Ufrag);
        SdpSection video = offer.Sections[1];
        Assert.Contains(new SdpExtension(9, RtpExtensionUris.Rid, SdpDirection.SendOnly), video.Extensions);
        Assert.Equal(
            [(726294012u, 1873753922u), (2781112547u, 3600256356u), (3668084750u, 1664410555u)],
            video.Sources.Select(s => (s.Ssrc.Value, s.Rtx!.Value.Value)));
        Assert.Equal("{08f86beb-b273-4f6a-9f0f-b23c6f5da2ce}", video.Sources[0].Cname);
    }

    [Fact]
    public void Reads_chromiums_plain_offer()
    {
        SdpOffer offer = Parse(Offers.Crlf(Offers.ChromiumPlain));
        Assert.Equal(SdpDirection.SendRecv, offer.Sections[1].Direction);
        Assert.NotNull(offer.Sections[1].Sources[0].Rtx);
    }
}
