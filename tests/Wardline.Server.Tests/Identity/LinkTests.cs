using System.Net;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Wardline.Server.Features.Identity;
using Wardline.Server.Features.Visits;
using Wardline.Server.Tests.Hosting;

namespace Wardline.Server.Tests.Identity;

public sealed class LinkTests
{
    [Fact]
    public async Task A_link_makes_its_person_known_and_sets_a_cookie_that_no_script_and_no_other_site_gets()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        Link link = (await server.InviteAsync(Role.Clinician, Role.Patient))[1];
        using Browser browser = server.Browser();
        using HttpResponseMessage response = await browser.PostAsync("/api/identity/link", $$"""{"visit":"{{link.Visit}}","secret":"{{link.Secret}}"}""");

        JsonElement answer = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal(link.Visit, answer.GetProperty("visit").GetString());
        Assert.Equal(link.Person.Id, answer.GetProperty("person").GetProperty("id").GetString());
        Assert.Equal(link.Person.Name, answer.GetProperty("person").GetProperty("name").GetString());
        Assert.Equal("patient", answer.GetProperty("person").GetProperty("role").GetString());

        string cookie = Assert.Single(response.Headers.GetValues("Set-Cookie"));
        string[] parts = cookie.Split("; ");
        Assert.StartsWith($"__Host-wardline-{link.Person.Id}=", parts[0], StringComparison.Ordinal);
        Assert.Equal(43, parts[0].Split('=')[1].Length); // 256 bits
        Assert.Superset(new HashSet<string>(["path=/", "secure", "samesite=strict", "httponly"], StringComparer.Ordinal), new HashSet<string>(parts, StringComparer.Ordinal));
        Assert.DoesNotContain(parts, p => p.StartsWith("domain", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Wrong_unknown_expired_and_foreign_links_get_one_and_the_same_answer()
    {
        await using TestWardline server = await TestWardline.StartAsync("--Identity:LinkTries=100");
        Link link = (await server.InviteAsync(Role.Patient))[0];
        Link other = (await server.InviteAsync(Role.Patient))[0];
        List<string> answers = [];
        using Browser browser = server.Browser();
        foreach ((string visit, string secret) in new[]
        {
            (link.Visit, "AAAAAAAAAAAAAAAAAAAAAA"),
            ("no-such-visit", link.Secret),
            (link.Visit, other.Secret),
            (link.Visit, ""),
            (link.Visit, "%%%"),
            (link.Visit, new string('%', 22)), // the right length, and no base64url
            (link.Visit, "AAAAAAAAAAAAAAAAAAAA=="),
            (link.Visit, link.Secret + "A"),
            ("", ""),
        })
        {
            answers.Add(await TryAsync(visit, secret));
        }

        server.Clock.Advance(TimeSpan.FromDays(2));
        answers.Add(await TryAsync(link.Visit, link.Secret));
        Assert.Single(answers.Distinct(StringComparer.Ordinal));
        Assert.Contains("identity.link-refused", answers[0], StringComparison.Ordinal);

        async Task<string> TryAsync(string visit, string secret)
        {
            using HttpResponseMessage response = await browser.PostAsync("/api/identity/link", $$"""{"visit":"{{visit}}","secret":"{{secret}}"}""");
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
            Assert.False(response.Headers.Contains("Set-Cookie"));
            return await response.Content.ReadAsStringAsync();
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"visit":"a"}""")]
    [InlineData("""{"visit":1,"secret":"b"}""")]
    [InlineData("""{"visit":null,"secret":"b"}""")]
    [InlineData("""{"visit":"a","secret":"\ud800"}""")]
    [InlineData("""{"visit":"a","visit":"b","secret":"c"}""")]
    [InlineData("""{"visit":"a","secret":"b","x":[[[[[[[[[[1]]]]]]]]]]}""")]
    public async Task A_body_of_another_shape_is_malformed(string body)
    {
        await using TestWardline server = await TestWardline.StartAsync();
        using Browser browser = server.Browser();
        using HttpResponseMessage response = await browser.PostAsync("/api/identity/link", body);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("http.malformed", await Upgrade.CodeAsync(response));
    }

    [Fact]
    public async Task A_guesser_has_to_wait_and_locks_nobody_out_who_shares_the_address()
    {
        await using TestWardline server = await TestWardline.StartAsync("--Identity:LinkTries=3", "--Identity:LinkTryEvery=10s");
        Link link = (await server.InviteAsync(Role.Patient))[0];
        string right = $$"""{"visit":"{{link.Visit}}","secret":"{{link.Secret}}"}""";
        string wrong = $$"""{"visit":"{{link.Visit}}","secret":"AAAAAAAAAAAAAAAAAAAAAA"}""";
        using Browser browser = server.Browser();

        Assert.Equal([200, 200, 200, 200, 200], await StatusesAsync(right, 5)); // honest tries cost nothing
        Assert.Equal([401, 401, 401, 429, 429], await StatusesAsync(wrong, 5));
        Assert.Equal([200, 200], await StatusesAsync(right, 2)); // the rest of the hospital behind the same NAT
        Assert.Equal([429], await StatusesAsync(wrong, 1));
        server.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal([401, 429], await StatusesAsync(wrong, 2));

        async Task<List<int>> StatusesAsync(string body, int count)
        {
            List<int> statuses = [];
            for (int i = 0; i < count; i++)
            {
                using HttpResponseMessage response = await browser.PostAsync("/api/identity/link", body);
                statuses.Add((int)response.StatusCode);
                if (response.StatusCode == HttpStatusCode.TooManyRequests)
                {
                    Assert.Equal("http.rate", await Upgrade.CodeAsync(response));
                }
            }

            return statuses;
        }
    }

    [Fact]
    public async Task Behind_a_trusted_proxy_each_client_has_tries_of_its_own_and_a_strangers_word_about_its_address_counts_for_nothing()
    {
        Assert.Equal([401, 429, 401, 401], await TryAsync("--Server:TrustedProxies=127.0.0.0/8,::1,10.0.0.0/8"));
        Assert.Equal([401, 429, 429, 429], await TryAsync());
        Assert.Equal([401, 429, 429, 429], await TryAsync("--Server:TrustedProxies=10.0.0.0/8"));

        static async Task<List<int>> TryAsync(params string[] settings)
        {
            await using TestWardline server = await TestWardline.StartAsync(["--Identity:LinkTries=1", .. settings]);
            using Browser browser = server.Browser();
            List<int> statuses = [];

            // The last one claims an address before the one that the proxies saw; only what they saw is believed.
            foreach (string seen in (string[])["192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.1, 192.0.2.3, 10.1.2.3"])
            {
                using HttpResponseMessage response = await browser.PostAsync(
                    "/api/identity/link", """{"visit":"a","secret":"b"}""", change: r => r.Headers.Add("X-Forwarded-For", seen));
                statuses.Add((int)response.StatusCode);
            }

            return statuses;
        }
    }

    [Fact]
    public async Task The_cookie_goes_with_the_browsers_session()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        Link link = (await server.InviteAsync(Role.Patient))[0];
        using Browser browser = server.Browser();
        using HttpResponseMessage response = await browser.PostAsync("/api/identity/link", $$"""{"visit":"{{link.Visit}}","secret":"{{link.Secret}}"}""");
        string cookie = Assert.Single(response.Headers.GetValues("Set-Cookie"));
        Assert.DoesNotContain("max-age", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("expires", cookie, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Signing_out_ends_the_session_here_and_there_for_that_person_alone_and_the_link_still_leads_back()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        IReadOnlyList<Link> links = await server.InviteAsync(Role.Clinician, Role.Patient);
        Guest patient = await server.SignInAsync(links[1]);
        Guest elsewhere = await server.SignInAsync(links[1]); // the same person, on a phone of their own
        using (HttpResponseMessage other = await patient.Browser.PostAsync("/api/identity/link", $$"""{"visit":"{{links[0].Visit}}","secret":"{{links[0].Secret}}"}"""))
        {
            Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        }

        string kept = patient.Browser.Cookies.GetAllCookies().Single(c => c.Name == BrowserSessions.CookieName(links[1].Person.Id)).Value;
        using (HttpResponseMessage gone = await patient.Browser.DeleteAsync("/api/identity/session", links[1].Person.Id))
        {
            Assert.Equal(HttpStatusCode.NoContent, gone.StatusCode);
            string cookie = Assert.Single(gone.Headers.GetValues("Set-Cookie"));
            Assert.StartsWith($"__Host-wardline-{links[1].Person.Id}=;", cookie, StringComparison.Ordinal);
            Assert.Contains("expires=Thu, 01 Jan 1970", cookie, StringComparison.Ordinal);
            Assert.All((string[])["path=/", "secure", "samesite=strict", "httponly"], part => Assert.Contains(part, cookie.Split("; ")));
        }

        // The cookie that somebody copied before is worth nothing either.
        using Browser thief = server.Browser();
        thief.Cookies.Add(new Uri(server.Origin), new Cookie(BrowserSessions.CookieName(links[1].Person.Id), kept) { Secure = true });
        foreach (Browser browser in (Browser[])[patient.Browser, thief])
        {
            using HttpResponseMessage refused = await browser.GetAsync(patient.Path(), links[1].Person.Id);
            Assert.Equal((HttpStatusCode.Unauthorized, "identity.not-signed-in"), (refused.StatusCode, await Upgrade.CodeAsync(refused)));
        }

        using HttpResponseMessage clinician = await patient.Browser.GetAsync(patient.Path(), links[0].Person.Id);
        using HttpResponseMessage phone = await elsewhere.GetAsync();
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (clinician.StatusCode, phone.StatusCode));

        using HttpResponseMessage twice = await patient.Browser.DeleteAsync("/api/identity/session", links[1].Person.Id);
        Assert.Equal(HttpStatusCode.NoContent, twice.StatusCode);
        using HttpResponseMessage back = await patient.Browser.PostAsync("/api/identity/link", $$"""{"visit":"{{links[1].Visit}}","secret":"{{links[1].Secret}}"}""");
        Assert.Equal(links[1].Person.Id, JsonElement.Parse(await back.Content.ReadAsStringAsync()).GetProperty("person").GetProperty("id").GetString());
    }

    [Fact]
    public async Task Nobody_is_signed_out_by_a_page_of_another_site_or_without_being_named()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        Guest guest = await server.SignInAsync((await server.InviteAsync(Role.Patient))[0]);
        using HttpResponseMessage foreign = await guest.Browser.DeleteAsync("/api/identity/session", guest.Link.Person.Id, r => r.Headers.Add("Origin", "https://evil.example"));
        Assert.Equal((HttpStatusCode.Forbidden, "http.origin"), (foreign.StatusCode, await Upgrade.CodeAsync(foreign)));
        using HttpResponseMessage unnamed = await guest.Browser.DeleteAsync("/api/identity/session");
        Assert.Equal((HttpStatusCode.Unauthorized, "identity.person-header-missing"), (unnamed.StatusCode, await Upgrade.CodeAsync(unnamed)));
        using HttpResponseMessage strange = await guest.Browser.DeleteAsync("/api/identity/session", "a b; c");
        Assert.Equal(HttpStatusCode.NoContent, strange.StatusCode);
        Assert.False(strange.Headers.Contains("Set-Cookie"));
        using HttpResponseMessage still = await guest.GetAsync();
        Assert.Equal(HttpStatusCode.OK, still.StatusCode);
    }

    [Fact]
    public async Task A_page_of_another_site_cannot_sign_a_browser_in()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        Link link = (await server.InviteAsync(Role.Patient))[0];
        using Browser browser = server.Browser();
        foreach (string origin in new[] { "https://evil.example", "null", $"http://localhost:{server.Port}", $"https://localhost:{server.Port + 1}" })
        {
            using HttpResponseMessage response = await browser.PostAsync(
                "/api/identity/link", $$"""{"visit":"{{link.Visit}}","secret":"{{link.Secret}}"}""", change: r => r.Headers.Add("Origin", origin));
            Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
            Assert.Equal("http.origin", await Upgrade.CodeAsync(response));
        }

        using HttpResponseMessage own = await browser.PostAsync(
            "/api/identity/link", $$"""{"visit":"{{link.Visit}}","secret":"{{link.Secret}}"}""", change: r => r.Headers.Add("Origin", server.Origin));
        Assert.Equal(HttpStatusCode.OK, own.StatusCode);
    }

    [Fact]
    public async Task Opening_the_link_again_stays_the_same_person_and_the_cookie_before_it_is_worth_nothing()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        Link link = (await server.InviteAsync(Role.Patient))[0];
        Guest guest = await server.SignInAsync(link);
        string first = guest.Browser.Cookies.GetAllCookies().Single().Value;

        using (HttpResponseMessage again = await guest.Browser.PostAsync("/api/identity/link", $$"""{"visit":"{{link.Visit}}","secret":"{{link.Secret}}"}"""))
        {
            JsonElement answer = JsonElement.Parse(await again.Content.ReadAsStringAsync());
            Assert.Equal(link.Person.Id, answer.GetProperty("person").GetProperty("id").GetString());
        }

        using HttpResponseMessage current = await guest.GetAsync();
        Assert.Equal(HttpStatusCode.OK, current.StatusCode);

        using Browser thief = server.Browser();
        thief.Cookies.Add(new Uri(server.Origin), new Cookie(BrowserSessions.CookieName(link.Person.Id), first) { Secure = true });
        using HttpResponseMessage stolen = await thief.GetAsync(guest.Path(), link.Person.Id);
        Assert.Equal("identity.not-signed-in", await Upgrade.CodeAsync(stolen));
    }

    [Fact]
    public async Task The_header_chooses_among_cookies_and_proves_nothing()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        IReadOnlyList<Link> links = await server.InviteAsync(Role.Clinician, Role.Patient);
        Guest clinician = await server.SignInAsync(links[0]);
        string path = clinician.Path();

        using HttpResponseMessage without = await clinician.Browser.GetAsync(path);
        Assert.Equal((HttpStatusCode.Unauthorized, "identity.person-header-missing"), (without.StatusCode, await Upgrade.CodeAsync(without)));
        foreach (string person in new[] { links[1].Person.Id, "nobody", "a b", new string('x', 500), "../x" })
        {
            using HttpResponseMessage wrong = await clinician.Browser.GetAsync(path, person);
            Assert.Equal((HttpStatusCode.Unauthorized, "identity.not-signed-in"), (wrong.StatusCode, await Upgrade.CodeAsync(wrong)));
        }

        // Both links in one browser, side by side.
        using (HttpResponseMessage second = await clinician.Browser.PostAsync("/api/identity/link", $$"""{"visit":"{{links[1].Visit}}","secret":"{{links[1].Secret}}"}"""))
        {
            Assert.Equal(HttpStatusCode.OK, second.StatusCode);
        }

        foreach ((Link link, string role) in new[] { (links[0], "clinician"), (links[1], "patient") })
        {
            using HttpResponseMessage right = await clinician.Browser.GetAsync(path, link.Person.Id);
            JsonElement you = JsonElement.Parse(await right.Content.ReadAsStringAsync()).GetProperty("you");
            Assert.Equal((link.Person.Id, role), (you.GetProperty("id").GetString()!, you.GetProperty("role").GetString()!));
        }
    }

    [Fact]
    public async Task A_cookie_survives_a_restart_of_the_server_and_ends_with_its_lifetime()
    {
        string data = Directory.CreateTempSubdirectory("wardline-test-").FullName;
        ManualClock clock = new();
        Link link;
        string token;
        await using (TestWardline server = await TestWardline.StartAsync(data, clock))
        {
            link = (await server.InviteAsync(Role.Patient))[0];
            token = (await server.SignInAsync(link)).Browser.Cookies.GetAllCookies().Single().Value;
        }

        await using (TestWardline server = await TestWardline.StartAsync(data, clock))
        {
            using Browser browser = server.Browser();
            browser.Cookies.Add(new Uri(server.Origin), new Cookie(BrowserSessions.CookieName(link.Person.Id), token) { Secure = true });
            using HttpResponseMessage after = await browser.GetAsync($"/api/visits/{link.Visit}", link.Person.Id);
            Assert.Equal(HttpStatusCode.OK, after.StatusCode);
            clock.Advance(TimeSpan.FromHours(12));
            using HttpResponseMessage late = await browser.GetAsync($"/api/visits/{link.Visit}", link.Person.Id);
            Assert.Equal("identity.not-signed-in", await Upgrade.CodeAsync(late));
        }

        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task Neither_links_nor_cookies_are_stored_as_they_are()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        Link link = (await server.InviteAsync(Role.Patient))[0];
        Guest guest = await server.SignInAsync(link);
        string token = guest.Browser.Cookies.GetAllCookies().Single().Value;
        await using IdentityDb db = await server.Services.GetRequiredService<IDbContextFactory<IdentityDb>>().CreateDbContextAsync();
        Assert.Equal(32, (await db.Sessions.SingleAsync()).TokenHash.Length);

        foreach (string file in Directory.GetFiles(server.Data, "wardline.db*"))
        {
            await using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using MemoryStream copy = new();
            await stream.CopyToAsync(copy);
            byte[] bytes = copy.ToArray();
            foreach (string secret in new[] { token, link.Secret })
            {
                Assert.Equal(-1, bytes.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(secret)));
                Assert.Equal(-1, bytes.AsSpan().IndexOf(System.Buffers.Text.Base64Url.DecodeFromChars(secret)));
            }
        }
    }
}
