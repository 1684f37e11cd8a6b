using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Wardline.Server.Features.Visits;
using Wardline.Server.Platform;
using Wardline.Server.Tests.Hosting;

namespace Wardline.Server.Tests.Demo;

/// <summary>The links of the demo clinic, from the terminal to the cookie.</summary>
public sealed class DemoTests
{
    [Fact]
    public async Task The_secret_stands_only_in_the_fragment_and_in_no_log_and_no_file()
    {
        await using DemoInstance demo = await DemoInstance.StartAsync();
        Assert.Equal(["Clinician", "Patient"], demo.Links.Keys);
        foreach (Uri link in demo.Links.Values)
        {
            string secret = link.Fragment[1..];
            Assert.Equal(22, secret.Length); // 128 bits
            Assert.Equal("", link.Query);
            Assert.DoesNotContain(secret, link.AbsolutePath, StringComparison.Ordinal);
            using HttpResponseMessage signedIn = await demo.ExchangeAsync(link);
            Assert.Equal(HttpStatusCode.OK, signedIn.StatusCode);
            string cookie = signedIn.Headers.GetValues("Set-Cookie").Single().Split('=', 2)[1].Split(';')[0];
            foreach (string hidden in (string[])[secret, cookie])
            {
                Assert.DoesNotContain(hidden, demo.Server.Log.Text, StringComparison.Ordinal);
                Assert.DoesNotContain(hidden, string.Join('\n', signedIn.Headers.Where(h => h.Key != "Set-Cookie").SelectMany(h => h.Value)), StringComparison.Ordinal);
                Assert.DoesNotContain(hidden, await signedIn.Content.ReadAsStringAsync(), StringComparison.Ordinal);
                Assert.All(Directory.EnumerateFiles(demo.Server.Data, "*", SearchOption.AllDirectories), file => Assert.False(Holds(file, hidden), file));
            }
        }
    }

    [Fact]
    public async Task A_link_opened_in_another_browser_is_the_same_person_with_a_cookie_of_its_own()
    {
        await using DemoInstance demo = await DemoInstance.StartAsync();
        Uri link = demo.Links["Patient"];
        using Browser first = demo.Server.Browser();
        using Browser second = demo.Server.Browser();
        using HttpResponseMessage one = await demo.ExchangeAsync(link, browser: first);
        using HttpResponseMessage two = await demo.ExchangeAsync(link, browser: second);
        string[] people = [await PersonAsync(one), await PersonAsync(two)];
        Assert.Equal(people[0], people[1]);
        Assert.Equal(2, new[] { first, second }.Select(b => b.Cookies.GetAllCookies().Single().Value).Distinct(StringComparer.Ordinal).Count());
        foreach (Browser browser in (Browser[])[first, second])
        {
            using HttpResponseMessage visit = await browser.GetAsync($"/api{link.AbsolutePath.Replace("/visit/", "/visits/", StringComparison.Ordinal)}", people[0]);
            Assert.Equal(HttpStatusCode.OK, visit.StatusCode);
        }
    }

    [Fact]
    public async Task A_secret_that_is_wrong_by_one_character_or_for_another_visit_is_refused_in_one_way()
    {
        await using DemoInstance demo = await DemoInstance.StartAsync("--Identity:LinkTries=100");
        await using DemoInstance other = await DemoInstance.StartAsync();
        Uri link = demo.Links["Patient"];
        string secret = link.Fragment[1..];
        List<string> refusals = [];
        for (int i = 0; i < secret.Length - 1; i++) // the last character carries spare bits
        {
            char[] wrong = secret.ToCharArray();
            wrong[i] = wrong[i] == 'A' ? 'B' : 'A';
            refusals.Add(await RefusalAsync(new string(wrong)));
        }

        refusals.Add(await RefusalAsync(other.Links["Patient"].Fragment[1..]));
        Assert.Equal("identity.link-refused", JsonElement.Parse(Assert.Single(refusals.Distinct(StringComparer.Ordinal))).GetProperty("code").GetString());
        using HttpResponseMessage right = await demo.ExchangeAsync(link);
        Assert.Equal(HttpStatusCode.OK, right.StatusCode);

        async Task<string> RefusalAsync(string with)
        {
            using HttpResponseMessage response = await demo.ExchangeAsync(link, with);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
            return await response.Content.ReadAsStringAsync();
        }
    }

    [Fact]
    public async Task A_refusal_takes_the_same_time_whatever_was_wrong()
    {
        await using DemoInstance demo = await DemoInstance.StartAsync("--Identity:LinkTries=1000");
        Uri link = demo.Links["Patient"];
        Uri nowhere = new(link, "/visit/AAAAAAAAAAAAAAAA");
        string near = link.Fragment[1..^3] + (link.Fragment[^2] == 'A' ? "BBA" : "AAA");
        using Browser browser = demo.Server.Browser();
        List<double>[] times = [[], [], []];
        for (int round = 0; round < 60; round++)
        {
            foreach ((int kind, Uri to, string secret) in ((int, Uri, string)[])[(0, link, "AAAAAAAAAAAAAAAAAAAAAA"), (1, nowhere, near), (2, link, near)])
            {
                long start = Stopwatch.GetTimestamp();
                using HttpResponseMessage response = await demo.ExchangeAsync(to, secret, browser);
                times[kind].Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
                Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
            }
        }

        // Medians of interleaved tries: a shortcut for unknown visits or wrong beginnings would show as a multiple.
        double[] medians = [.. times.Select(t => t.Order().ElementAt(t.Count / 2))];
        Assert.True(medians.Max() < 2 * medians.Min(), string.Join(" µs, ", medians));
    }

    [Fact]
    public async Task The_links_are_the_same_after_a_restart_and_others_on_another_instance()
    {
        string data = Directory.CreateTempSubdirectory("wardline-test-").FullName;
        Dictionary<string, Uri> before;
        await using (DemoInstance first = await DemoInstance.StartOnAsync(data))
        {
            before = first.Links;
        }

        await using (DemoInstance again = await DemoInstance.StartOnAsync(data))
        {
            // The port is another one in these tests; a person's link differs by nothing else.
            Assert.Equal(before.Values.Select(l => l.AbsolutePath + l.Fragment), again.Links.Values.Select(l => l.AbsolutePath + l.Fragment));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(data, "keys", "demo-links")));
        }

        await using DemoInstance elsewhere = await DemoInstance.StartAsync();
        Assert.DoesNotContain(elsewhere.Links["Patient"].Fragment, before.Values.Select(l => l.Fragment));
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task A_demo_visit_that_was_ended_begins_anew_when_one_of_its_links_is_opened_again_and_not_before()
    {
        await using DemoInstance demo = await DemoInstance.StartAsync();
        string visit = demo.Links["Clinician"].Segments[^1];
        Guest clinician = await GuestAsync("Clinician");
        Guest patient = await GuestAsync("Patient");
        await using (SignalClient osei = await clinician.EnterAsync("in-call"))
        await using (SignalClient ruth = await patient.EnterAsync("waiting"))
        {
            Assert.Equal("ok", await osei.CodeAsync(5, $"\"type\":\"admit\",\"participant\":\"{ruth.Participant}\""));
            Assert.Equal("ok", await osei.CodeAsync(6, "\"type\":\"end\""));
            Assert.Equal(4003, await ruth.ClosedAsync());
        }

        using (HttpResponseMessage over = await patient.JoinAsync())
        {
            Assert.Equal("visit.ended", await Upgrade.CodeAsync(over)); // what is over is over for pages that are open
        }

        Guest again = await GuestAsync("Clinician");
        await using SignalClient next = await again.EnterAsync("in-call");
        patient.Reload();
        await using SignalClient waits = await patient.EnterAsync("waiting"); // admitted last time, and not yet now

        async Task<Guest> GuestAsync(string role)
        {
            Browser browser = demo.Server.Browser();
            using HttpResponseMessage response = await demo.ExchangeAsync(demo.Links[role], browser: browser);
            string person = await PersonAsync(response);
            return new Guest(demo.Server, browser, new Link(visit, new(person, ""), demo.Links[role].Fragment[1..]));
        }
    }

    [Fact]
    public async Task After_the_end_the_links_of_the_next_start_are_the_same_and_work()
    {
        string data = Directory.CreateTempSubdirectory("wardline-test-").FullName;
        string before;
        await using (DemoInstance first = await DemoInstance.StartOnAsync(data))
        {
            before = first.Links["Patient"].AbsolutePath + first.Links["Patient"].Fragment;
            await first.Server.Services.GetRequiredService<VisitDirectory>().EndAsync(first.Links["Patient"].Segments[^1]);
        }

        await using (DemoInstance again = await DemoInstance.StartOnAsync(data))
        {
            Assert.Equal(before, again.Links["Patient"].AbsolutePath + again.Links["Patient"].Fragment);
            using Browser browser = again.Server.Browser();
            using HttpResponseMessage signedIn = await again.ExchangeAsync(again.Links["Patient"], browser: browser);
            using HttpResponseMessage visit = await browser.GetAsync($"/api/visits/{again.Links["Patient"].Segments[^1]}", await PersonAsync(signedIn));
            Assert.Equal("scheduled", JsonElement.Parse(await visit.Content.ReadAsStringAsync()).GetProperty("status").GetString());
        }

        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task A_visit_that_is_no_demo_stays_ended_whoever_opens_its_link()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        Link link = (await server.InviteAsync(Role.Clinician))[0];
        await server.Services.GetRequiredService<VisitDirectory>().EndAsync(link.Visit);
        Guest guest = await server.SignInAsync(link);
        using HttpResponseMessage over = await guest.JoinAsync();
        Assert.Equal("visit.ended", await Upgrade.CodeAsync(over));
    }

    [Fact]
    public async Task Without_a_host_that_a_phone_can_reach_the_terminal_says_how_to_start_with_one()
    {
        await using DemoInstance local = await DemoInstance.StartAsync();
        System.Net.IPAddress? first = PlatformOptions.HostAddresses().FirstOrDefault();
        string[] lines = [.. local.Printed.Split('\n').Where(l => l.Contains("./run.sh", StringComparison.Ordinal))];
        Assert.Equal(first is null ? [] : [$"For a phone on the same network, with codes to scan: ./run.sh --host {first}"], lines.Select(l => l.Trim()));
        await using DemoInstance reachable = await DemoInstance.StartAsync("--Server:Host=192.0.2.7", "--Server:Address=127.0.0.1");
        Assert.DoesNotContain("./run.sh", reachable.Printed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_setting_there_is_no_demo()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        Assert.False(File.Exists(Path.Combine(server.Data, "keys", "demo-links")));
    }

    private static async Task<string> PersonAsync(HttpResponseMessage response) =>
        JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("person").GetProperty("id").GetString()!;

    private static bool Holds(string file, string text)
    {
        try
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using MemoryStream copy = new();
            stream.CopyTo(copy);
            return copy.ToArray().AsSpan().IndexOf(Encoding.ASCII.GetBytes(text)) >= 0;
        }
        catch (FileNotFoundException)
        {
            // Gone since it was listed: what was written aside was renamed, and stands in the list under its own name.
            return false;
        }
    }

    /// <summary>An instance with the demo clinic, and what it wrote on the terminal.</summary>
    private sealed class DemoInstance : IAsyncDisposable
    {
        private static readonly SemaphoreSlim Terminal = new(1);

        private DemoInstance(TestWardline server, string printed)
        {
            (Server, Printed) = (server, printed);
            Links = Regex.Matches(printed, @"^(\w+): (https://\S+)\r?$", RegexOptions.Multiline).ToDictionary(m => m.Groups[1].Value, m => new Uri(m.Groups[2].Value));
        }

        public TestWardline Server { get; }

        public string Printed { get; }

        public Dictionary<string, Uri> Links { get; }

        public static Task<DemoInstance> StartAsync(params string[] settings) => StartOnAsync(null, settings);

        public static async Task<DemoInstance> StartOnAsync(string? data, params string[] settings)
        {
            // Links go to the terminal of the process, of which there is one.
            await Terminal.WaitAsync();
            TextWriter terminal = Console.Out;
            try
            {
                using StringWriter copy = new();
                Console.SetOut(copy);
                TestWardline server = await TestWardline.StartAsync(data, null, ["--Demo:Enabled=true", .. settings]);
                return new DemoInstance(server, copy.ToString());
            }
            finally
            {
                Console.SetOut(terminal);
                Terminal.Release();
            }
        }

        public async Task<HttpResponseMessage> ExchangeAsync(Uri link, string? secret = null, Browser? browser = null)
        {
            using Browser own = Server.Browser();
            return await (browser ?? own).PostAsync(
                "/api/identity/link", $$"""{"visit":"{{link.Segments[^1]}}","secret":"{{secret ?? link.Fragment[1..]}}"}""");
        }

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
