using System.Text;
using Wardline.Rtc.Sdp;

namespace Wardline.Rtc.Tests.Sdp;

/// <summary>The strict filter: one thing wrong in an offer that is otherwise Chromium's, and the code it gets.</summary>
public sealed class SdpRefusalTests
{
    private const string Fingerprint = "a=fingerprint:sha-256 E0:1C:9A:25:AF:6C:11:DC:47:A8:F1:CC:A0:61:A6:66:99:56:2B:62:E4:72:A0:2C:CF:C1:A9:1E:24:CA:9B:18\n";
    private static readonly string Good = Offers.ChromiumSimulcast;

    private static string Refusal(string sdp, SdpLimits? limits = null)
    {
        Assert.False(SdpOfferParser.TryParse(sdp, limits ?? SdpLimits.Default, out SdpOffer? offer, out SdpError? error));
        Assert.Null(offer);
        Assert.NotEmpty(error.Message);
        return error.Code;
    }

    private static string Replace(string what, string with)
    {
        Assert.Contains(what, Good);
        return Good.Replace(what, with);
    }

    [Fact]
    public void The_offer_that_the_others_start_from_is_accepted() =>
        Assert.True(SdpOfferParser.TryParse(Good, SdpLimits.Default, out _, out _));

    [Fact]
    public void No_fingerprint() => Assert.Equal(SdpCodes.NoFingerprint, Refusal(Replace(Fingerprint, "")));

    [Theory]
    [InlineData("sha-1 E0:1C:9A:25:AF:6C:11:DC:47:A8:F1:CC:A0:61:A6:66:99:56:2B:62")]
    [InlineData("SHA-1 E0:1C:9A:25:AF:6C:11:DC:47:A8:F1:CC:A0:61:A6:66:99:56:2B:62")]
    [InlineData("md5 E0:1C:9A:25:AF:6C:11:DC:47:A8:F1:CC:A0:61:A6:66")]
    [InlineData("sha-224 E0:1C")]
    [InlineData("none 00")]
    public void A_weak_hash(string weak)
    {
        Assert.Equal(SdpCodes.WeakFingerprint, Refusal(Replace(Fingerprint, $"a=fingerprint:{weak}\n")));

        // Not even beside a strong one, or at session level: whoever adds it wants it used.
        Assert.Equal(SdpCodes.WeakFingerprint, Refusal(Replace(Fingerprint, $"{Fingerprint}a=fingerprint:{weak}\n")));
        Assert.Equal(SdpCodes.WeakFingerprint, Refusal(Replace("t=0 0\n", $"t=0 0\na=fingerprint:{weak}\n")));
    }

    [Theory]
    [InlineData("a=fingerprint:sha-256 E0:1C:9A\n")]
    [InlineData("a=fingerprint:sha-256\n")]
    [InlineData("a=fingerprint:sha-256 E0-1C-9A-25-AF-6C-11-DC-47-A8-F1-CC-A0-61-A6-66-99-56-2B-62-E4-72-A0-2C-CF-C1-A9-1E-24-CA-9B-18\n")]
    [InlineData("a=fingerprint:sha-256 G0:1C:9A:25:AF:6C:11:DC:47:A8:F1:CC:A0:61:A6:66:99:56:2B:62:E4:72:A0:2C:CF:C1:A9:1E:24:CA:9B:18\n")]
    public void A_fingerprint_that_cannot_be_read(string line) => Assert.Equal(SdpCodes.Malformed, Refusal(Replace(Fingerprint, line)));

    [Fact]
    public void Two_certificates_in_one_bundle()
    {
        int second = Good.LastIndexOf(Fingerprint, StringComparison.Ordinal);
        Assert.Equal(SdpCodes.Malformed, Refusal(Good.Remove(second, Fingerprint.Length).Insert(second, Fingerprint.Replace("E0:1C", "E0:1D"))));
    }

    [Theory]
    [InlineData("a=mid:0\n", "a=mid:0\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\n")]
    [InlineData("a=mid:2\n", "a=mid:2\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\n")]
    [InlineData("t=0 0\n", "t=0 0\na=key-mgmt:mikey AQAFgM\n")]
    [InlineData("t=0 0\n", "t=0 0\nk=base64:c2VjcmV0\n")]
    [InlineData("a=mid:1\n", "k=prompt\na=mid:1\n")]
    public void Keys_in_the_sdp(string before, string after) => Assert.Equal(SdpCodes.Sdes, Refusal(Replace(before, after)));

    [Theory]
    [InlineData("RTP/AVP")]
    [InlineData("RTP/AVPF")]
    [InlineData("RTP/SAVP")]
    [InlineData("RTP/SAVPF")]
    [InlineData("UDP/TLS/RTP/SAVP")]
    [InlineData("UDP/TLS/RTP/savpf")]
    [InlineData("TCP/RTP/AVP")]
    public void Media_that_would_not_run_over_dtls_with_feedback(string protocol)
    {
        Assert.Equal(SdpCodes.InsecureProfile, Refusal(Replace("UDP/TLS/RTP/SAVPF 111", protocol + " 111")));
        Assert.Equal(SdpCodes.InsecureProfile, Refusal(Replace("UDP/TLS/RTP/SAVPF 96", protocol + " 96")));
    }

    [Theory]
    [InlineData("m=application 37678 RTP/AVP webrtc-datachannel")]
    [InlineData("m=application 37678 SCTP webrtc-datachannel")]
    [InlineData("m=text 37678 RTP/AVP t140")]
    [InlineData("m=message 37678 TCP/MSRP *")]
    public void Other_sections_that_would_run_in_the_clear(string line) =>
        Assert.Equal(SdpCodes.InsecureProfile, Refusal(Replace("m=application 37678 UDP/DTLS/SCTP webrtc-datachannel", line)));

    [Theory]
    [InlineData("a=setup:passive\n")]
    [InlineData("a=setup:holdconn\n")]
    [InlineData("a=setup:ACTPASS\n")]
    [InlineData("a=setup:\n")]
    [InlineData("a=setup:server\n")]
    [InlineData("")]
    public void A_role_in_dtls_that_does_not_fit_a_passive_server(string line) =>
        Assert.Equal(SdpCodes.SetupRole, Refusal(Replace("a=setup:actpass\n", line)));

    [Theory]
    [InlineData("a=ice-ufrag:gcHZ\n", "")]
    [InlineData("a=ice-pwd:vCRqq7EhZEpYn4auOEleAvSz\n", "")]
    [InlineData("a=ice-ufrag:gcHZ\n", "a=ice-ufrag:gcH\n")]
    [InlineData("a=ice-ufrag:gcHZ\n", "a=ice-ufrag:gc:HZ\n")]
    [InlineData("a=ice-pwd:vCRqq7EhZEpYn4auOEleAvSz\n", "a=ice-pwd:short\n")]
    [InlineData("t=0 0\n", "t=0 0\na=ice-lite\n")]
    public void No_usable_ice(string before, string after) => Assert.Equal(SdpCodes.NoIce, Refusal(Replace(before, after)));

    [Fact]
    public void No_rtcp_mux() => Assert.Equal(SdpCodes.NoRtcpMux, Refusal(Replace("a=rtcp-mux\n", "")));

    [Theory]
    [InlineData("")]
    [InlineData("a=group:BUNDLE 0 1\n")]
    [InlineData("a=group:BUNDLE\n")]
    [InlineData("a=group:LS 0 1 2\n")]
    public void A_section_outside_the_bundle(string group) => Assert.Equal(SdpCodes.NoBundle, Refusal(Replace("a=group:BUNDLE 0 1 2\n", group)));

    [Fact]
    public void Too_many_sections()
    {
        int video = Good.IndexOf("m=application", StringComparison.Ordinal);
        StringBuilder many = new(Good[..video]);
        for (int i = 2; i <= 40; i++)
        {
            many.Append($"m=audio 0 UDP/TLS/RTP/SAVPF 0\nc=IN IP4 0.0.0.0\na=mid:{i}\n");
        }

        Assert.Equal(SdpCodes.TooManySections, Refusal(many.Replace("BUNDLE 0 1 2", "BUNDLE 0 1").ToString()));
        Assert.True(SdpOfferParser.TryParse(many.ToString(), new SdpLimits { MaxSections = 41 }, out _, out _));
    }

    [Fact]
    public void Too_many_codecs() =>
        Assert.Equal(SdpCodes.TooManyCodecs, Refusal(Replace("SAVPF 111 63", "SAVPF " + string.Join(' ', Enumerable.Range(0, 65)))));

    [Fact]
    public void Too_large()
    {
        Assert.Equal(SdpCodes.TooLarge, Refusal(Good + new string('x', 48 * 1024)));
        Assert.Equal(SdpCodes.TooLarge, Refusal(Good + string.Concat(Enumerable.Repeat("a=x\n", 1500))));
        Assert.Equal(SdpCodes.TooLarge, Refusal(Good + "a=" + new string('x', 2047) + "\n"));
    }

    [Theory]
    [InlineData("v=0\n", "")]
    [InlineData("v=0\n", "v=1\n")]
    [InlineData("v=0\n", "v=0\nv=0\n")]
    [InlineData("s=-\n", "")]
    [InlineData("s=-\n", "s=-\ns=-\n")]
    [InlineData("t=0 0\n", "t=0 0\n\n")]
    [InlineData("t=0 0\n", "t=0 0\nhello\n")]
    [InlineData("t=0 0\n", "t=0 0\nA=x\n")]
    [InlineData("t=0 0\n", "t=0 0\na=tab\there\n")]
    [InlineData("t=0 0\n", "t=0 0\na=bare\rreturn\n")]
    [InlineData("t=0 0\n", "t=0 0\na=null\0\n")]
    [InlineData("t=0 0\n", "t=0 0\na=naïve\n")]
    [InlineData("m=audio 33519", "m=audio 70000")]
    [InlineData("m=audio 33519", "m=audio 33519/2")]
    [InlineData("m=audio 33519", "m=audio -1")]
    [InlineData("m=audio 33519", "m=audio  33519")]
    [InlineData("SAVPF 111 63", "SAVPF 111 111")]
    [InlineData("SAVPF 111 63", "SAVPF 111 128")]
    [InlineData("SAVPF 111 63", "SAVPF opus 63")]
    [InlineData("a=mid:0\n", "")]
    [InlineData("a=mid:0\n", "a=mid:1\n")]
    [InlineData("a=mid:0\n", "a=mid:0\na=mid:0\n")]
    [InlineData("a=mid:0\n", "a=mid:\n")]
    [InlineData("a=mid:0\n", "a=mid:0 0\n")]
    [InlineData("a=mid:0\n", "a=mid:01234567890123456\n")]
    [InlineData("BUNDLE 0 1 2\n", "BUNDLE 0 1 2 3\n")]
    [InlineData("BUNDLE 0 1 2\n", "BUNDLE 0 1 2\na=group:BUNDLE 0 1 2\n")]
    [InlineData("a=rtpmap:96 VP8/90000\n", "a=rtpmap:96 VP8\n")]
    [InlineData("a=rtpmap:96 VP8/90000\n", "a=rtpmap:96 VP8/fast\n")]
    [InlineData("a=rtpmap:96 VP8/90000\n", "a=rtpmap:96 VP8/90000/1/1\n")]
    [InlineData("a=rtpmap:96 VP8/90000\n", "a=rtpmap:96 VP8/90000\na=rtpmap:96 VP9/90000\n")]
    [InlineData("a=rtpmap:96 VP8/90000\n", "a=rtpmap:VP8/90000\n")]
    [InlineData("a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\n", "a=extmap:0 urn:ietf:params:rtp-hdrext:sdes:mid\n")]
    [InlineData("a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\n", "a=extmap:4/sideways urn:ietf:params:rtp-hdrext:sdes:mid\n")]
    [InlineData("a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\n", "a=extmap:4\n")]
    [InlineData("a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\n", "a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid\n")]
    [InlineData("a=rid:q send\n", "")]
    [InlineData("a=rid:q send\n", "a=rid:q recv\n")]
    [InlineData("a=rid:q send\n", "a=rid:q send\na=rid:q send\n")]
    [InlineData("a=rid:q send\n", "a=rid:q sideways\n")]
    [InlineData("a=rid:q send\n", "a=rid:q! send\n")]
    [InlineData("send q;h;f", "send q;;f")]
    [InlineData("send q;h;f", "send q;q;f")]
    [InlineData("send q;h;f", "send")]
    [InlineData("send q;h;f", "push q;h;f")]
    [InlineData("a=ssrc:357099223 cname:", "a=ssrc:4294967296 cname:")]
    [InlineData("a=ssrc:357099223 cname:", "a=ssrc:+1 cname:")]
    [InlineData("a=ssrc:357099223 cname:", "a=ssrc-group:FID 1 1\na=ssrc:1 cname:")]
    [InlineData("a=ssrc:357099223 cname:", "a=ssrc-group:FID 1\na=ssrc:1 cname:")]
    [InlineData("a=rtcp-fb:96 nack\n", "a=rtcp-fb:\n")]
    public void What_is_not_sdp_as_it_is_spoken_here(string before, string after) => Assert.Equal(SdpCodes.Malformed, Refusal(Replace(before, after)));

    [Fact]
    public void One_header_extension_id_with_two_meanings()
    {
        int video = Good.IndexOf("m=video", StringComparison.Ordinal);
        const string mid = "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\n";
        Assert.Equal(SdpCodes.Malformed, Refusal(Good[..video] + Good[video..].Replace(mid, "a=extmap:4 urn:x\n")));
        Assert.Equal(SdpCodes.Malformed, Refusal(Good[..video] + Good[video..].Replace(mid, mid.Replace(":4 ", ":1 "))));
    }

    [Fact]
    public void One_source_in_two_sections()
    {
        int video = Good.IndexOf("a=rid:q", StringComparison.Ordinal);
        Assert.Equal(SdpCodes.Malformed, Refusal(Good.Insert(video, "a=ssrc:357099223 cname:x\n")));
    }

    [Fact]
    public void Nothing_at_all()
    {
        Assert.Equal(SdpCodes.Malformed, Refusal(""));
        Assert.Equal(SdpCodes.Malformed, Refusal("v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nt=0 0\n"));
    }

    [Fact]
    public void The_error_names_the_line()
    {
        Assert.False(SdpOfferParser.TryParse(Replace("s=-\n", "s=-\nbroken\n"), SdpLimits.Default, out _, out SdpError? error));
        Assert.Equal(4, error!.Line);
    }

    [Fact]
    public void Every_line_may_be_missing_doubled_or_cut_without_a_throw()
    {
        foreach (string offer in new[] { Offers.ChromiumSimulcast, Offers.ChromiumPlain, Offers.FirefoxSimulcast, Offers.FirefoxMaxBundle })
        {
            string[] lines = offer.Split('\n');
            for (int i = 0; i < lines.Length; i++)
            {
                Try([.. lines[..i], .. lines[(i + 1)..]]);
                Try([.. lines[..i], lines[i], .. lines[i..]]);
                Try([.. lines[..i], lines[i][..(lines[i].Length / 2)], .. lines[(i + 1)..]]);
                Try([.. lines[..i], lines[i] + " " + lines[i], .. lines[(i + 1)..]]);
            }
        }

        // Either way it is an offer or an error, never both, never neither, and an offer can be answered.
        static void Try(string[] lines)
        {
            bool parsed = SdpOfferParser.TryParse(string.Join('\n', lines), SdpLimits.Default, out SdpOffer? offer, out SdpError? error);
            Assert.Equal(parsed, offer is not null);
            Assert.Equal(parsed, error is null);
            if (offer is not null)
            {
                Assert.All(offer.Sections, s => SdpNegotiator.Negotiate(s, SdpPolicy.Default));
            }
        }
    }
}
