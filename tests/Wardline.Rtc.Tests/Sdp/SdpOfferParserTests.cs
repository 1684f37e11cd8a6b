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

    [Fact]
    public void Port_0_refuses_a_section_unless_it_is_bundle_only()
    {
        SdpOffer offer = Parse(Offers.FirefoxMaxBundle);
        Assert.Equal(["0", "1", "3", "4", "5", "6"], offer.Sections.Select(s => s.Mid));
        Assert.Equal([false, false, false, true, true, false], offer.Sections.Select(s => s.Rejected));
        Assert.Equal(SdpDirection.RecvOnly, offer.Find("6")!.Direction);
        Assert.Null(offer.Find("7"));
    }

    [Fact]
    public void A_bundle_only_section_need_not_repeat_what_the_transport_says()
    {
        // RFC 8843 §7.1.3: of the bundle only the tagged section speaks for the transport.
        int video = Offers.FirefoxMaxBundle.IndexOf("m=video", StringComparison.Ordinal);
        string bare = Offers.FirefoxMaxBundle[video..]
            .Replace("a=rtcp-mux\n", "").Replace("a=setup:actpass\n", "")
            .Replace("a=ice-ufrag:b8fe865c\n", "").Replace("a=ice-pwd:e7f819990681d9e50d8a3b5c52f31e73\n", "");
        Assert.Equal("b8fe865c", Parse(Offers.FirefoxMaxBundle[..video] + bare).Ice.Ufrag);
    }

    [Fact]
    public void The_first_section_of_the_bundle_in_use_speaks_for_the_transport()
    {
        // Each section with credentials of its own, as a client writes that does not yet know whether it may bundle.
        int video = Offers.ChromiumSimulcast.IndexOf("m=video", StringComparison.Ordinal);
        string own = Offers.ChromiumSimulcast[..video] + Offers.ChromiumSimulcast[video..].Replace("gcHZ", "othr");
        Assert.Equal("gcHZ", Parse(own).Ice.Ufrag);
        Assert.Equal("othr", Parse(own.Replace("BUNDLE 0 1 2", "BUNDLE 1 0 2")).Ice.Ufrag);
        Assert.Equal("othr", Parse(own.Replace("m=audio 33519", "m=audio 0")).Ice.Ufrag);
    }

    [Fact]
    public void The_strongest_of_several_fingerprints_counts_whatever_its_case()
    {
        string strong = string.Join(':', Enumerable.Repeat("ab", 64));
        SdpOffer offer = Parse(Offers.FirefoxSimulcast.Replace("a=group:", $"a=fingerprint:SHA-512 {strong}\na=group:"));
        Assert.Equal(new DtlsFingerprint("sha-512", strong.ToUpperInvariant()), offer.Fingerprint);
    }

    [Fact]
    public void Feedback_for_all_codecs_reaches_each_of_them()
    {
        SdpOffer offer = Parse(Offers.ChromiumSimulcast.Replace("a=rtcp-fb:96 transport-cc\n", "a=rtcp-fb:* transport-cc\n"));
        Assert.All(offer.Sections[1].Codecs, c => Assert.Contains("transport-cc", c.Feedback));
        Assert.DoesNotContain("transport-cc", offer.Sections[0].Codecs[1].Feedback);
    }

    [Fact]
    public void Simulcast_takes_the_first_of_alternatives_and_paused_layers_too()
    {
        SdpOffer offer = Parse(Offers.ChromiumSimulcast.Replace("send q;h;f", "recv q send ~q;h,f"));
        Assert.Equal(["q", "h"], offer.Sections[1].SimulcastSend);
    }

    [Fact]
    public void A_direction_at_session_level_holds_where_a_section_has_none()
    {
        SdpOffer offer = Parse(Offers.ChromiumSimulcast.Replace("a=sendonly\n", "").Replace("t=0 0\n", "t=0 0\na=recvonly\n"));
        Assert.All(offer.Sections, s => Assert.Equal(SdpDirection.RecvOnly, s.Direction));
    }

    [Fact]
    public void The_server_may_be_asked_to_let_the_client_open_dtls() =>
        Assert.Equal(SdpSetup.Active, Parse(Offers.ChromiumPlain.Replace("a=setup:actpass", "a=setup:active")).Setup);
}
