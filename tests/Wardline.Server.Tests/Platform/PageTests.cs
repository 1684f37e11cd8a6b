using System.Net;
using Wardline.Server.Tests.Hosting;

namespace Wardline.Server.Tests.Platform;

public sealed class PageTests
{
    [Fact]
    public async Task Pages_are_asked_for_each_time_and_hashed_assets_never_again()
    {
        string web = Directory.CreateTempSubdirectory("wardline-web-").FullName;
        Directory.CreateDirectory(Path.Combine(web, "assets"));
        await File.WriteAllTextAsync(Path.Combine(web, "index.html"), "<!doctype html><title>the page</title>");
        await File.WriteAllTextAsync(Path.Combine(web, "assets", "app-1a2b.js"), "export const a = 1;" + new string(' ', 4000));
        await File.WriteAllTextAsync(Path.Combine(web, "..", "outside.txt"), "not for anybody");
        await using (TestWardline server = await TestWardline.StartAsync($"--Web:Root={web}"))
        {
            using Browser browser = server.Browser();
            foreach (string path in new[] { "/", "/visit/abc", "/anything/else" })
            {
                using HttpResponseMessage page = await browser.GetAsync(path);
                Assert.Equal(HttpStatusCode.OK, page.StatusCode);
                Assert.Equal("no-cache", page.Headers.CacheControl?.ToString());
                Assert.Contains("the page", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            }

            using HttpRequestMessage request = new(HttpMethod.Get, "/assets/app-1a2b.js");
            request.Headers.AcceptEncoding.ParseAdd("br");
            using HttpResponseMessage asset = await browser.Client.SendAsync(request);
            Assert.Equal("public, max-age=31536000, immutable", asset.Headers.CacheControl?.ToString());
            Assert.Equal("text/javascript", asset.Content.Headers.ContentType?.MediaType);
            Assert.Equal("br", Assert.Single(asset.Content.Headers.ContentEncoding));

            foreach (string path in new[] { "/assets/gone.js", "/..%2foutside.txt", "/%2e%2e/outside.txt" })
            {
                using HttpResponseMessage none = await browser.GetAsync(path);
                Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
            }
        }

        Directory.Delete(web, recursive: true);
        File.Delete(Path.Combine(web, "..", "outside.txt"));
    }

    [Fact]
    public async Task Without_a_built_page_the_server_runs_and_says_what_to_do()
    {
        await using TestWardline server = await TestWardline.StartAsync("--Web:Root=no-such-folder");
        using Browser browser = server.Browser();
        using HttpResponseMessage page = await browser.GetAsync("/visit/abc");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, page.StatusCode);
        Assert.Contains("./run.sh", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
