using System.Net;
using System.Text.Json;

namespace Wardline.Server.Tests.Hosting;

/// <summary>A WebSocket upgrade by hand, to read the answer of a refusal.</summary>
internal static class Upgrade
{
    public static async Task<(int Status, string? Code)> TryAsync(TestWardline server, string? protocols, string query = "", params (string Name, string Value)[] headers)
    {
        using Browser browser = server.Browser();
        using HttpRequestMessage request = new(HttpMethod.Get, $"/api/signal{query}") { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.TryAddWithoutValidation("Connection", "Upgrade");
        request.Headers.TryAddWithoutValidation("Upgrade", "websocket");
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Version", "13");
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
        if (protocols is not null)
        {
            request.Headers.TryAddWithoutValidation("Sec-WebSocket-Protocol", protocols);
        }

        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using HttpResponseMessage response = await browser.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return ((int)response.StatusCode, response.StatusCode == HttpStatusCode.SwitchingProtocols ? null : await CodeAsync(response));
    }

    /// <summary>The code of a problem document; its media type and shape are checked on the way.</summary>
    public static async Task<string> CodeAsync(HttpResponseMessage response)
    {
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        JsonElement problem = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal((int)response.StatusCode, problem.GetProperty("status").GetInt32());
        Assert.NotEmpty(problem.GetProperty("title").GetString()!);
        return problem.GetProperty("code").GetString()!;
    }
}
