using Wardline.Rtc.Dtls;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Sdp;

namespace Wardline.Rtc.Tests.Sdp;

public sealed class SdpAnswerTests
{
    private static readonly SdpAnswerParameters Parameters = new()
    {
        Ice = new IceCredentials("abcdefgh", "0123456789012345678901234567abcd"),
        Fingerprint = DtlsFingerprint.Of("certificate"u8),
        CandidateLines = ["candidate:u0 1 udp 2130706431 192.0.2.1 7881 typ host", "candidate:t0 1 tcp 1518280447 192.0.2.1 7881 typ host tcptype passive"],
        SessionId = 42,
        Version = 1,
    };

    private static (SdpOffer Offer, List<NegotiatedSection> Sections) Negotiate(string sdp)
    {
        Assert.True(SdpOfferParser.TryParse(sdp, SdpLimits.Default, out SdpOffer? offer, out SdpError? error), $"{error}");
        return (offer, [.. offer.Sections.Select(s => SdpNegotiator.Negotiate(s, SdpPolicy.Default))]);
    }

    private static string[][] SectionsOf(string answer)
    {
        Assert.EndsWith("\r\n", answer);
        return [.. answer[..^2].Split("\r\nm=").Select(s => s.Split("\r\n"))];
    }

    [Fact]
    public void Keeps_every_section_in_its_place_and_refuses_the_data_channel_with_port_0()
    {
        (SdpOffer offer, List<NegotiatedSection> sections) = Negotiate(Offers.ChromiumSimulcast);
        string[][] answer = SectionsOf(SdpAnswerWriter.Write(offer, sections, Parameters));
        Assert.Equal(4, answer.Length);
        Assert.Equal("audio 9 UDP/TLS/RTP/SAVPF 111 63", answer[1][0]);
        Assert.Equal("video 9 UDP/TLS/RTP/SAVPF 96 97", answer[2][0]);
        Assert.Equal("application 0 UDP/DTLS/SCTP webrtc-datachannel", answer[3][0]);
        Assert.Contains("a=group:BUNDLE 0 1", answer[0]);
        Assert.Contains("a=ice-lite", answer[0]);
        Assert.Contains("a=mid:2", answer[3]);
    }

    [Fact]
    public void Receives_the_three_layers_of_a_camera()
    {
        foreach (string sdp in new[] { Offers.ChromiumSimulcast, Offers.FirefoxSimulcast })
        {
            (SdpOffer offer, List<NegotiatedSection> sections) = Negotiate(sdp);
            Assert.Equal(["q", "h", "f"], sections[1].Rids);
            string[] video = SectionsOf(SdpAnswerWriter.Write(offer, sections, Parameters))[2];
            Assert.Contains("a=recvonly", video);
            Assert.Contains("a=rid:q recv", video);
            Assert.Contains("a=simulcast:recv q;h;f", video);
            Assert.Contains("a=setup:passive", video);
        }
    }
}
