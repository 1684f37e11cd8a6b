using Wardline.Client.Signaling;

namespace Wardline.Client.Tests.Signaling;

public sealed class VisitLinkTests
{
    [Theory]
    [InlineData("https://clinic.example:8443/visit/v1#secret")]
    [InlineData("https://clinic.example:8443/visit/v1#k=secret")]
    public void A_link_names_server_visit_and_secret_and_shows_only_the_first_two(string text)
    {
        VisitLink link = VisitLink.Parse(text);
        Assert.Equal(("https://clinic.example:8443/", "v1", "secret"), (link.Server.ToString(), link.Visit, link.Secret));
        Assert.DoesNotContain("secret", link.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("v1#secret")]
    [InlineData("http://clinic.example/visit/v1#secret")]
    [InlineData("https://clinic.example/visit/v1")]
    [InlineData("https://clinic.example/visit/#secret")]
    [InlineData("https://clinic.example/visit/a/b#secret")]
    [InlineData("https://user@clinic.example/visit/v1#secret")]
    [InlineData("https://clinic.example/other/v1#secret")]
    public void Anything_else_is_refused_with_its_code(string text) =>
        Assert.Equal("client.link", Assert.Throws<WardlineException>(() => VisitLink.Parse(text)).Code);
}
