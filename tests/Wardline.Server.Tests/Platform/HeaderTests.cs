using System.Net;
using Wardline.Server.Tests.Hosting;

namespace Wardline.Server.Tests.Platform;

public sealed class HeaderTests
{
    [Theory]
    [InlineData("/healthz")]
    [InlineData("/visit/any")]
    [InlineData("/api/visits/any")]
    [InlineData("/no/such.file")]
    public async Task Every_answer_tells_the_browser_what_it_may_do(string path)
    {
        await using TestWardline server = await TestWardline.StartAsync();
        using Browser browser = server.Browser();
        using HttpResponseMessage response = await browser.GetAsync(path);

        Dictionary<string, string> policy = Header(response, "Content-Security-Policy").Split("; ")
            .Select(d => d.Split(' ', 2)).ToDictionary(d => d[0], d => d[1], StringComparer.Ordinal);
        Assert.Equal("'self'", policy["default-src"]);
        Assert.Equal("'self'", policy["script-src"]);
        Assert.Equal("'self'", policy["style-src"]);
        Assert.Equal("'self'", policy["worker-src"]);
        Assert.Equal($"'self' wss://localhost:{server.Port}", policy["connect-src"]);
        Assert.Equal("'none'", policy["frame-ancestors"]);
        Assert.Equal("'none'", policy["object-src"]);
        Assert.DoesNotContain("unsafe", string.Concat(policy.Values), StringComparison.Ordinal);

        Assert.Matches(@"^max-age=\d{8}", Header(response, "Strict-Transport-Security"));
        Assert.Contains("camera=(self), microphone=(self)", Header(response, "Permissions-Policy"), StringComparison.Ordinal);
        // Not every Chromium knows this name, and each that does not warns of it on every page.
        Assert.DoesNotContain("bluetooth", Header(response, "Permissions-Policy"), StringComparison.Ordinal);
        Assert.Equal("nosniff", Header(response, "X-Content-Type-Options"));
        Assert.Equal("no-referrer", Header(response, "Referrer-Policy"));
        Assert.Equal("same-origin", Header(response, "Cross-Origin-Opener-Policy"));
        Assert.False(response.Headers.Contains("Server"));
        if (path.StartsWith("/api", StringComparison.Ordinal))
        {
            Assert.Equal("no-store", Header(response, "Cache-Control"));
        }
    }

    [Fact]
    public async Task A_host_name_with_other_characters_does_not_get_into_the_policy()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        using Browser browser = server.Browser();
        using HttpRequestMessage request = new(HttpMethod.Get, "/healthz");
        request.Headers.TryAddWithoutValidation("Host", "a;script-src *");
        using HttpResponseMessage response = await browser.Client.SendAsync(request);
        Assert.True(response.StatusCode == HttpStatusCode.BadRequest || !Header(response, "Content-Security-Policy").Contains('*', StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_address_that_does_not_exist_is_a_coded_problem()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        using Browser browser = server.Browser();
        foreach (string path in new[] { "/api", "/api/nothing", "/api/visits", "/api/identity/link/x" })
        {
            using HttpResponseMessage response = await browser.GetAsync(path);
            Assert.Equal((HttpStatusCode.NotFound, "http.not-found"), (response.StatusCode, await Upgrade.CodeAsync(response)));
        }
    }

    private static string Header(HttpResponseMessage response, string name) => Assert.Single(response.Headers.GetValues(name));
}
