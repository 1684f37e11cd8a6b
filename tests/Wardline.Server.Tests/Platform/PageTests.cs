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
    public async Task The_admin_pages_are_a_second_page_with_the_same_headers_and_files_of_their_own()
    {
        string web = Directory.CreateTempSubdirectory("wardline-web-").FullName;
        foreach ((string app, string title) in new[] { ("visit", "the visit page"), ("admin", "the admin pages") })
        {
            Directory.CreateDirectory(Path.Combine(web, app, "assets"));
            await File.WriteAllTextAsync(Path.Combine(web, app, "index.html"), $"<!doctype html><title>{title}</title>");
            await File.WriteAllTextAsync(Path.Combine(web, app, "assets", $"{app}-1a2b.js"), "export const a = 1;");
        }

        // What somebody left in the visit page's folder under the other page's name.
        Directory.CreateDirectory(Path.Combine(web, "visit", "admin"));
        await File.WriteAllTextAsync(Path.Combine(web, "visit", "admin", "stray.js"), "export const b = 1;");

        await using (TestWardline server = await TestWardline.StartAsync($"--Web:Root={Path.Combine(web, "visit")}", $"--Web:AdminRoot={Path.Combine(web, "admin")}"))
        {
            using Browser browser = server.Browser();
            using HttpResponseMessage visit = await browser.GetAsync("/visit/abc");
            foreach (string path in new[] { "/admin", "/admin/", "/admin/audit", "/admin/visits/x1" })
            {
                using HttpResponseMessage page = await browser.GetAsync(path);
                Assert.Contains("the admin pages", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
                Assert.Equal("no-cache", page.Headers.CacheControl?.ToString());
                foreach (string header in new[] { "Content-Security-Policy", "Strict-Transport-Security", "Permissions-Policy", "Referrer-Policy", "Cross-Origin-Opener-Policy", "X-Content-Type-Options" })
                {
                    Assert.Equal(visit.Headers.GetValues(header), page.Headers.GetValues(header));
                }
            }

            foreach (string path in new[] { "/", "/administration", "/Admin/", "/visit/admin" })
            {
                using HttpResponseMessage page = await browser.GetAsync(path);
                Assert.Contains("the visit page", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            }

            using HttpResponseMessage asset = await browser.GetAsync("/admin/assets/admin-1a2b.js");
            Assert.Equal("public, max-age=31536000, immutable", asset.Headers.CacheControl?.ToString());
            foreach (string path in new[] { "/assets/admin-1a2b.js", "/admin/assets/visit-1a2b.js", "/admin/stray.js", "/admin/..%2findex.html" })
            {
                using HttpResponseMessage none = await browser.GetAsync(path);
                Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
            }
        }

        Directory.Delete(web, recursive: true);
    }

    [Fact]
    public async Task Without_a_built_page_the_server_runs_and_says_what_to_do()
    {
        await using TestWardline server = await TestWardline.StartAsync("--Web:Root=no-such-folder", "--Web:AdminRoot=nor-this-one");
        using Browser browser = server.Browser();
        foreach (string path in new[] { "/visit/abc", "/admin/" })
        {
            using HttpResponseMessage page = await browser.GetAsync(path);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, page.StatusCode);
            Assert.Contains("./run.sh", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }
}
