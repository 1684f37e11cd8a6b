using Wardline.Rtc.Dtls;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Sdp;

namespace Wardline.Rtc.Tests.Sdp;

public sealed class SdpAnswerTests
{
    private static readonly SdpAnswerParameters Parameters = new()
    {
        Ice = new IceCredentials("abcdefgh", "0123456789012345678901234567abcd"),
        Fingerprint = new DtlsFingerprint(DtlsFingerprint.Sha256, "00:11"),
        CandidateLines = ["candidate:u0 1 udp 2130706431 192.0.2.1 7881 typ host"],
        SessionId = 42,
        Version = 1,
    };

    private static (SdpOffer Offer, List<NegotiatedSection> Sections) Negotiate(string sdp, SdpPolicy? policy = null)
    {
        Assert.True(SdpOfferParser.TryParse(sdp, SdpLimits.Default, out SdpOffer? offer, out SdpError? error), $"{error}");
        return (offer, [.. offer.Sections.Select(s => SdpNegotiator.Negotiate(s, policy ?? SdpPolicy.Default))]);
    }

    /// <summary>The answer's sections, 0 being the session.</summary>
    private static string[][] Answer(string sdp, SdpAnswerParameters? parameters = null)
    {
        (SdpOffer offer, List<NegotiatedSection> sections) = Negotiate(sdp);
        string answer = SdpAnswerWriter.Write(offer, sections, parameters ?? Parameters);
        Assert.EndsWith("\r\n", answer);
        Assert.DoesNotContain("\n", answer.Replace("\r\n", ""));
        return [.. answer[..^2].Split("\r\nm=").Select(s => s.Split("\r\n"))];
    }

    [Fact]
    public void The_whole_answer_to_chromiums_camera_and_microphone()
    {
        (SdpOffer offer, List<NegotiatedSection> sections) = Negotiate(Offers.ChromiumSimulcast);
        Assert.Equal(
            """
            v=0
            o=- 42 1 IN IP4 127.0.0.1
            s=-
            t=0 0
            a=ice-lite
            a=group:BUNDLE 0 1
            a=msid-semantic:WMS *
            m=audio 9 UDP/TLS/RTP/SAVPF 111 63
            c=IN IP4 0.0.0.0
            a=ice-ufrag:abcdefgh
            a=ice-pwd:0123456789012345678901234567abcd
            a=fingerprint:sha-256 00:11
            a=setup:passive
            a=candidate:u0 1 udp 2130706431 192.0.2.1 7881 typ host
            a=end-of-candidates
            a=mid:0
            a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
            a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
            a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
            a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
            a=recvonly
            a=rtcp-mux
            a=rtcp-rsize
            a=rtpmap:111 opus/48000/2
            a=fmtp:111 minptime=10;useinbandfec=1
            a=rtcp-fb:111 transport-cc
            a=rtpmap:63 red/48000/2
            a=fmtp:63 111/111
            m=video 9 UDP/TLS/RTP/SAVPF 96 97
            c=IN IP4 0.0.0.0
            a=ice-ufrag:abcdefgh
            a=ice-pwd:0123456789012345678901234567abcd
            a=fingerprint:sha-256 00:11
            a=setup:passive
            a=mid:1
            a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
            a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
            a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
            a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
            a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id
            a=recvonly
            a=rtcp-mux
            a=rtcp-rsize
            a=rtpmap:96 VP8/90000
            a=rtcp-fb:96 transport-cc
            a=rtcp-fb:96 ccm fir
            a=rtcp-fb:96 nack
            a=rtcp-fb:96 nack pli
            a=rtpmap:97 rtx/90000
            a=fmtp:97 apt=96
            a=rid:q recv
            a=rid:h recv
            a=rid:f recv
            a=simulcast:recv q;h;f
            m=application 0 UDP/DTLS/SCTP webrtc-datachannel
            c=IN IP4 0.0.0.0
            a=mid:2
            a=inactive

            """.ReplaceLineEndings("\r\n"),
            SdpAnswerWriter.Write(offer, sections, Parameters));
    }

    [Fact]
    public void Negotiates_what_the_sfu_needs_to_know_of_firefox()
    {
        (_, List<NegotiatedSection> sections) = Negotiate(Offers.FirefoxSimulcast);
        NegotiatedSection audio = sections[0], video = sections[1];
        Assert.Equal((109, null), (audio.OpusPt, audio.RedPt));
        Assert.Equal((3, 7, 1, 0), (audio.MidExt, audio.TransportCcExt, audio.AudioLevelExt, audio.AbsSendTimeExt));
        Assert.Equal<(byte?, byte?)>((109, null), (audio.OpusPt, audio.RedPt));
        Assert.Equal((3, 9, 10, 7, 4), (video.MidExt, video.RidExt, video.RepairedRidExt, video.TransportCcExt, video.AbsSendTimeExt));
        Assert.True(video is { TransportCc: true, Nack: true, Pli: true, Fir: true, Remb: false });
        Assert.Equal(["q", "h", "f"], video.Rids);
        Assert.Equal(3, video.Sources.Count);
        Assert.True(sections[2] is { Rejected: true, Problem: null });
    }

    [Fact]
    public void Directions_of_extensions_are_answered_by_their_reverse()
    {
        string[] video = Answer(Offers.FirefoxSimulcast)[2];
        Assert.Contains("a=extmap:9/recvonly urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id", video);
        Assert.Contains("a=extmap:4 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time", video);
        Assert.DoesNotContain(video, l => l.Contains("dependency-descriptor") || l.Contains("playout-delay") || l.Contains("toffset"));
    }

    [Fact]
    public void Sends_on_a_section_that_receives_with_sources_of_its_own()
    {
        SdpSendStream stream = new(new Ssrc(1000), new Ssrc(1001), "person-7", "camera-7", "cname7");
        string[][] answer = Answer(Offers.FirefoxMaxBundle, Parameters with { Send = new Dictionary<string, SdpSendStream> { ["6"] = stream } });
        string[] video = answer[6];
        Assert.StartsWith("video 9 ", video[0]);
        Assert.Contains("a=sendonly", video);
        Assert.Contains("a=msid:person-7 camera-7", video);
        Assert.Contains("a=ssrc-group:FID 1000 1001", video);
        Assert.Contains("a=ssrc:1000 cname:cname7", video);
        Assert.Contains("a=ssrc:1001 cname:cname7", video);
        // Chromium takes the first SSRC for the stream itself: with the repair stream first it decodes nothing.
        Assert.True(Array.IndexOf(video, "a=ssrc:1000 cname:cname7") < Array.IndexOf(video, "a=ssrc:1001 cname:cname7"));

        // Sections that the client left or stopped keep their place.
        Assert.Contains("a=group:BUNDLE 0 1 3 6", answer[0]);
        Assert.Equal("application 0 UDP/DTLS/SCTP webrtc-datachannel", answer[4][0]);
        Assert.Equal("audio 0 UDP/TLS/RTP/SAVPF 0", answer[5][0]);
    }

    [Fact]
    public void A_section_without_anything_to_send_is_not_promised()
    {
        string[][] answer = Answer(Offers.ChromiumPlain);
        Assert.Contains("a=recvonly", answer[1]);
        Assert.Contains("a=inactive", Answer(Offers.FirefoxMaxBundle)[6]);
        Assert.DoesNotContain(answer.SelectMany(s => s), l => l.StartsWith("a=ssrc", StringComparison.Ordinal) || l.StartsWith("a=msid:", StringComparison.Ordinal));
    }

    [Fact]
    public void A_caller_may_narrow_a_direction_and_the_simulcast_stays_known()
    {
        (SdpOffer offer, List<NegotiatedSection> sections) = Negotiate(Offers.ChromiumSimulcast);
        sections[1] = sections[1] with { AnswerDirection = SdpDirection.Inactive };
        string answer = SdpAnswerWriter.Write(offer, sections, Parameters);
        Assert.Contains("a=inactive\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=rtpmap:96 VP8", answer);
        Assert.Contains("a=simulcast:recv q;h;f", answer);
    }

    [Theory]
    [InlineData(true, "audio 9 UDP/TLS/RTP/SAVPF 63 111")]
    [InlineData(false, "audio 9 UDP/TLS/RTP/SAVPF 111 63")]
    public void Red_stands_first_when_it_is_preferred(bool prefer, string line) =>
        Assert.Equal(line, Answer(Offers.ChromiumSimulcast, Parameters with { PreferRed = prefer })[1][0]);

    [Fact]
    public void Preferring_red_changes_nothing_for_a_client_without_it() =>
        Assert.Equal("audio 9 UDP/TLS/RTP/SAVPF 109", Answer(Offers.FirefoxSimulcast, Parameters with { PreferRed = true })[1][0]);

    [Theory]
    [InlineData("a=fmtp:63 111/111\n", "a=fmtp:63 111/9\n")]
    [InlineData("a=fmtp:63 111/111\n", "")]
    [InlineData("a=rtpmap:63 red/48000/2\n", "a=rtpmap:63 red/8000\n")]
    public void Red_of_anything_but_opus_is_not_taken(string before, string after)
    {
        (_, List<NegotiatedSection> sections) = Negotiate(Offers.ChromiumSimulcast.Replace(before, after));
        Assert.Null(sections[0].RedPt);
        Assert.Equal((byte)111, sections[0].OpusPt);
    }

    [Fact]
    public void A_policy_without_red_and_with_one_layer_is_kept()
    {
        (SdpOffer offer, List<NegotiatedSection> sections) = Negotiate(Offers.ChromiumSimulcast, new SdpPolicy { AllowRed = false, MaxRids = 1 });
        Assert.Null(sections[0].RedPt);
        Assert.Equal(["q"], sections[1].Rids);
        string answer = SdpAnswerWriter.Write(offer, sections, Parameters);
        Assert.Contains("a=rid:q recv", answer);
        Assert.DoesNotContain("a=simulcast", answer);
    }

    [Theory]
    [InlineData("opus/48000/2", "opus/48000", 0)]
    [InlineData("VP8/90000", "VP9/90000", 1)]
    public void A_section_without_our_codec_is_refused_with_the_reason(string before, string after, int section)
    {
        (SdpOffer offer, List<NegotiatedSection> sections) = Negotiate(Offers.ChromiumSimulcast.Replace(before, after));
        Assert.True(sections[section].Rejected);
        Assert.Equal(SdpCodes.NoCodec, sections[section].Problem!.Code);
        Assert.Contains($" 0 UDP/TLS/RTP/SAVPF {offer.Sections[section].Formats[0]}", SdpAnswerWriter.Write(offer, sections, Parameters));
        Assert.Null(sections[1 - section].Problem);
    }

    [Fact]
    public void Candidates_move_on_when_the_first_section_is_refused()
    {
        string[][] answer = Answer(Offers.ChromiumSimulcast.Replace("m=audio 33519", "m=audio 0"));
        Assert.Equal("audio 0 UDP/TLS/RTP/SAVPF 111 63 9 0 13 126", answer[1][0]);
        Assert.DoesNotContain("a=end-of-candidates", answer[1]);
        Assert.Contains("a=end-of-candidates", answer[2]);
        Assert.Contains("a=group:BUNDLE 1", answer[0]);
    }

    [Fact]
    public void Payload_types_that_look_like_rtcp_are_not_used()
    {
        (_, List<NegotiatedSection> sections) = Negotiate(
            Offers.ChromiumPlain.Replace("SAVPF 96 97", "SAVPF 72 96 97").Replace("a=rtpmap:96", "a=rtpmap:72 VP8/90000\na=rtpmap:96"));
        Assert.Equal((byte)96, sections[1].Vp8Pt);
    }

    [Fact]
    public void Extension_ids_that_need_two_byte_headers_are_left_out()
    {
        (_, List<NegotiatedSection> sections) = Negotiate(Offers.ChromiumPlain.Replace("extmap:3 ", "extmap:15 "));
        Assert.True(sections[1] is { TransportCcExt: 0, TransportCc: false, Remb: true });
    }

    [Fact]
    public void A_transport_cc_extension_without_its_feedback_is_not_answered()
    {
        string[] video = Answer(Offers.ChromiumPlain.Replace("a=rtcp-fb:96 transport-cc\n", ""))[2];
        Assert.DoesNotContain(video, l => l.Contains("transport-wide-cc"));
        Assert.Contains("a=rtcp-fb:96 goog-remb", video);
    }

    [Fact]
    public void A_camera_that_is_off_keeps_its_layers()
    {
        (_, List<NegotiatedSection> sections) = Negotiate(Offers.ChromiumSimulcast.Replace("a=sendonly", "a=inactive"));
        Assert.Equal(SdpDirection.Inactive, sections[1].AnswerDirection);
        Assert.Equal(["q", "h", "f"], sections[1].Rids);
        Assert.Equal((10, 11), (sections[1].RidExt, sections[1].RepairedRidExt));
    }

    [Fact]
    public void An_answer_for_another_number_of_sections_is_our_bug()
    {
        (SdpOffer offer, List<NegotiatedSection> sections) = Negotiate(Offers.ChromiumPlain);
        Assert.Throws<ArgumentException>(() => SdpAnswerWriter.Write(offer, sections[..1], Parameters));
    }
}
