using System.Net;
using Wardline.Client.Negotiation;
using Wardline.Netem;
using Wardline.Rtc;
using Wardline.Rtc.Dtls;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Sdp;

namespace Wardline.Client.Tests.Negotiation;

/// <summary>Our offers through the server's own filter, and its answers back.</summary>
public sealed class NegotiationTests
{
    private static readonly IceCredentials s_ours = IceCredentials.Create(new SeededRandom(1));
    private static readonly IceCredentials s_theirs = IceCredentials.Create(new SeededRandom(2));
    private static readonly DtlsFingerprint s_certificate = new("sha-256", string.Join(':', Enumerable.Repeat("AB", 32)));
    private static readonly DtlsFingerprint s_other = new("sha-256", string.Join(':', Enumerable.Repeat("CD", 32)));

    private static readonly MediaSection[] s_sections =
    [
        new("0", MediaSource.Microphone, null), new("1", MediaSource.Camera, null),
        new("2", MediaSource.Microphone, "p2"), new("3", MediaSource.Camera, "p2"),
        new("4", MediaSource.Camera, "p3") { IsIdle = true },
    ];

    [Fact]
    public void An_offer_passes_the_servers_filter_with_everything_that_it_names()
    {
        SdpOffer offer = Parse(ClientOffer.Write(77, 1, s_ours, s_certificate, s_sections, ClientOffer.Rids));
        NegotiatedSection[] sections = [.. offer.Sections.Select(s => SdpNegotiator.Negotiate(s, SdpPolicy.Default))];
        Assert.All(sections, s => Assert.False(s.Rejected));
        Assert.Equal(["0", "1", "2", "3", "4"], sections.Select(s => s.Mid));
        Assert.Equal(["q", "h", "f"], sections[1].Rids);
        Assert.Equal((ClientOffer.Vp8, ClientOffer.Vp8Rtx), (sections[3].Vp8Pt, sections[3].Vp8RtxPt));
        Assert.All(sections, s => Assert.True(s.TransportCc));
        Assert.Equal((ClientOffer.MidId, ClientOffer.RidId, ClientOffer.RepairedRidId), (sections[1].MidExt, sections[1].RidExt, sections[1].RepairedRidExt));
        Assert.Equal(SdpDirection.Inactive, sections[4].AnswerDirection);
    }

    [Fact]
    public void An_answer_tells_paths_certificate_sources_and_layers()
    {
        ServerAnswer answer = ServerAnswer.Parse(Answer());
        Assert.Equal(s_theirs, answer.Ice);
        Assert.Equal(s_other, answer.Fingerprint);
        Assert.Equal(
            [new AnswerCandidate(new IPEndPoint(IPAddress.Loopback, 7881), TransportProtocol.Udp), new AnswerCandidate(new IPEndPoint(IPAddress.Loopback, 7882), TransportProtocol.Tcp)],
            answer.Candidates);
        Assert.Equal(["0", "1", "2", "3", "4"], answer.Sections.Select(s => s.Mid));
        Assert.Equal([true, true, false, false, false], answer.Sections.Select(s => s.Receives));
        Assert.Equal((new Ssrc(111), null), (answer.Sections[2].Source, answer.Sections[2].Repair));
        Assert.Equal((new Ssrc(222), new Ssrc(223)), (answer.Sections[3].Source, answer.Sections[3].Repair));
        Assert.Equal(["q", "h", "f"], answer.Sections[1].Rids);
        Assert.Null(answer.Sections[4].Source);
    }

    [Theory]
    [InlineData("a=fingerprint:sha-256", "a=nothing:sha-256")]
    [InlineData("a=fingerprint:sha-256", "a=fingerprint:sha-1")]
    [InlineData("a=setup:passive", "a=setup:active")]
    [InlineData("a=setup:passive", "a=other:passive")]
    [InlineData("UDP/TLS/RTP/SAVPF", "RTP/AVP")]
    [InlineData("UDP/TLS/RTP/SAVPF", "RTP/SAVPF")]
    [InlineData("a=ice-pwd:", "a=ice-no:")]
    [InlineData("a=ssrc:222 ", "a=ssrc:many ")]
    [InlineData("a=ssrc-group:FID 222 223", "a=ssrc-group:FID 222")]
    public void An_answer_that_would_not_protect_or_cannot_be_read_is_refused(string from, string to) =>
        Assert.Equal("client.malformed", Assert.Throws<WardlineException>(() => ServerAnswer.Parse(Answer().Replace(from, to, StringComparison.Ordinal))).Code);

    [Fact]
    public void Two_certificates_in_one_answer_are_refused()
    {
        string answer = Answer();
        int last = answer.LastIndexOf(s_other.Value, StringComparison.Ordinal);
        string mixed = answer[..last] + s_certificate.Value + answer[(last + s_other.Value.Length)..];
        Assert.Equal("client.malformed", Assert.Throws<WardlineException>(() => ServerAnswer.Parse(mixed)).Code);
    }

    [Fact]
    public void Damaged_answers_are_read_or_refused_and_nothing_else()
    {
        Random random = new(5);
        string whole = Answer();
        for (int i = 0; i < 5000; i++)
        {
            char[] text = whole.ToCharArray(0, random.Next(whole.Length));
            for (int n = random.Next(6); n > 0 && text.Length > 0; n--)
            {
                text[random.Next(text.Length)] = (char)random.Next(1, 300);
            }

            try
            {
                ServerAnswer.Parse(new string(text));
            }
            catch (WardlineException e)
            {
                Assert.Equal("client.malformed", e.Code);
            }
        }
    }

    private static SdpOffer Parse(string sdp)
    {
        Assert.True(SdpOfferParser.TryParse(sdp, SdpLimits.Default, out SdpOffer? offer, out SdpError? error), error?.ToString());
        return offer;
    }

    private static string Answer()
    {
        SdpOffer offer = Parse(ClientOffer.Write(77, 1, s_ours, s_certificate, s_sections, ClientOffer.Rids));
        return SdpAnswerWriter.Write(offer, [.. offer.Sections.Select(s => SdpNegotiator.Negotiate(s, SdpPolicy.Default))], new SdpAnswerParameters
        {
            Ice = s_theirs,
            Fingerprint = s_other,
            CandidateLines = [IceCandidateLine.Udp(IPAddress.Loopback, 7881, 0), IceCandidateLine.PassiveTcp(IPAddress.Loopback, 7882, 0)],
            SessionId = 1,
            Version = 1,
            Send = new Dictionary<string, SdpSendStream>
            {
                ["2"] = new(new Ssrc(111), null, "p2", "p2-microphone", "c"),
                ["3"] = new(new Ssrc(222), new Ssrc(223), "p2", "p2-camera", "c"),
            },
        });
    }
}
