using Wardline.Rtc.Sdp;

namespace Wardline.Rtc.Tests.Sdp;

public sealed class SdpReofferTests
{
    private static readonly SdpOffer First = Parse(Offers.ChromiumPlain);

    private static SdpOffer Parse(string sdp)
    {
        Assert.True(SdpOfferParser.TryParse(sdp, SdpLimits.Default, out SdpOffer? offer, out SdpError? error), $"{error}");
        return offer;
    }

    private static string? Check(SdpOffer next, out bool restart) =>
        SdpReoffer.TryCheck(First, next, out restart, out SdpError? error) ? null : error.Code;

    [Fact]
    public void The_same_again_and_more_sections_are_fine()
    {
        Assert.Null(Check(First, out bool restart));
        Assert.False(restart);
        string more = Offers.ChromiumPlain.Replace("BUNDLE 0 1 2", "BUNDLE 0 1 2 3") +
            "m=audio 9 UDP/TLS/RTP/SAVPF 111\na=mid:3\na=recvonly\na=rtcp-mux\na=rtpmap:111 opus/48000/2\n";
        Assert.Null(Check(Parse(more), out _));
    }

    [Fact]
    public void New_credentials_are_an_ice_restart_and_half_of_them_a_mismatch()
    {
        Assert.Null(Check(First with { Ice = new("abcd", "0123456789012345678901") }, out bool restart));
        Assert.True(restart);
        Assert.Equal(SdpCodes.IceMismatch, Check(First with { Ice = First.Ice with { Ufrag = "abcd" } }, out restart));
        Assert.False(restart);
        Assert.Equal(SdpCodes.IceMismatch, Check(First with { Ice = First.Ice with { Password = "0123456789012345678901" } }, out _));
    }

    [Fact]
    public void The_certificate_does_not_change() =>
        Assert.Equal(SdpCodes.IceMismatch, Check(First with { Fingerprint = new("sha-256", "00") }, out _));

    [Fact]
    public void Sections_neither_vanish_nor_become_others()
    {
        Assert.Equal(SdpCodes.Malformed, Check(First with { Sections = [.. First.Sections.Take(2)] }, out _));
        Assert.Equal(SdpCodes.Malformed, Check(First with { Sections = [.. First.Sections.Reverse()] }, out _));
        Assert.Equal(SdpCodes.Malformed, Check(First with { Sections = [First.Sections[0] with { Kind = MediaKind.Video }, .. First.Sections.Skip(1)] }, out _));
    }

    [Fact]
    public void The_place_of_a_rejected_section_may_be_used_again()
    {
        SdpOffer before = First with { Sections = [First.Sections[0] with { Rejected = true }, .. First.Sections.Skip(1)] };
        SdpOffer after = First with { Sections = [First.Sections[1] with { Mid = "9" }, .. First.Sections.Skip(1)] };
        Assert.True(SdpReoffer.TryCheck(before, after, out _, out _));
    }
}
