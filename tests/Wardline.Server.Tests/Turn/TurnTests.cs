using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Wardline.Server.Features.Visits;
using Wardline.Server.Platform;
using Wardline.Server.Tests.Hosting;

namespace Wardline.Server.Tests.Turn;

/// <summary>POST /api/visits/{visit}/turn: who gets relay credentials, for how long, and what is written down about it.</summary>
public sealed class TurnTests
{
    private const string Secret = "0123456789abcdef0123456789abcdef";
    private const string Reason = """{"reason":"join"}""";

    [Fact]
    public async Task An_invited_person_gets_credentials_that_the_relay_can_check_for_one_hour()
    {
        await using TestWardline server = await StartAsync();
        Guest patient = await server.SignInAsync((await server.InviteAsync(Role.Clinician, Role.Patient))[1]);
        JsonElement answer = await GetAsync(patient);
        JsonElement relay = Assert.Single(answer.GetProperty("iceServers").EnumerateArray());
        Assert.Equal(["turn:relay.example.org:3478?transport=udp", "turns:relay.example.org:443?transport=tcp"], relay.GetProperty("urls").EnumerateArray().Select(u => u.GetString()));
        string username = relay.GetProperty("username").GetString()!;
        Assert.Equal(server.Clock.GetUtcNow().AddHours(1).ToUnixTimeSeconds(), Expires(username));
        Assert.Equal(3600, answer.GetProperty("expiresInSeconds").GetInt32());
        Assert.Equal(Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes(username))), relay.GetProperty("credential").GetString());

        // The relay's operator learns nothing about the person.
        foreach (string known in (string[])[patient.Link.Person.Id, patient.Link.Person.Name, patient.Link.Visit, "patient"])
        {
            Assert.DoesNotContain(known, username, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task Each_participant_of_each_visit_has_a_name_of_its_own_at_the_relay_that_stays_the_same()
    {
        await using TestWardline server = await StartAsync();
        List<string> holders = [];
        for (int visit = 0; visit < 2; visit++)
        {
            foreach (Link link in await server.InviteAsync(Role.Clinician, Role.Patient, Role.Interpreter))
            {
                Guest guest = await server.SignInAsync(link);
                string first = await HolderAsync(guest);
                Assert.Equal(first, await HolderAsync(guest));
                holders.Add(first);
            }
        }

        Assert.Equal(6, holders.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task Nobody_gets_any_without_being_signed_in_and_invited()
    {
        await using TestWardline server = await StartAsync();
        IReadOnlyList<Link> links = await server.InviteAsync(Role.Clinician, Role.Patient);
        Link elsewhere = (await server.InviteAsync(Role.Clinician))[0];
        Guest stranger = await server.SignInAsync(elsewhere);
        string path = $"/api/visits/{links[0].Visit}/turn";
        using Browser nobody = server.Browser();
        await RefusedAsync(401, "identity.person-header-missing", nobody.PostAsync(path, Reason));
        await RefusedAsync(401, "identity.not-signed-in", nobody.PostAsync(path, Reason, links[0].Person.Id));
        await RefusedAsync(403, "visit.not-invited", stranger.Browser.PostAsync(path, Reason, elsewhere.Person.Id));
        await RefusedAsync(403, "visit.not-invited", stranger.Browser.PostAsync("/api/visits/no-such-visit/turn", Reason, elsewhere.Person.Id));
        await RefusedAsync(401, "identity.not-signed-in", stranger.Browser.PostAsync(path, Reason, links[0].Person.Id));
        await RefusedAsync(403, "http.origin", stranger.Browser.PostAsync(stranger.Path("/turn"), Reason, elsewhere.Person.Id, r => r.Headers.Add("Origin", "https://evil.example")));
        Assert.DoesNotContain("Relay credentials", server.Log.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(nameof(Role.Clinician))]
    [InlineData(nameof(Role.Patient))]
    [InlineData(nameof(Role.Interpreter))]
    [InlineData(nameof(Role.Family))]
    public async Task Every_invited_role_gets_them_also_before_it_is_admitted(string role)
    {
        await using TestWardline server = await StartAsync();
        Guest guest = await server.SignInAsync((await server.InviteAsync(Enum.Parse<Role>(role)))[0]);
        Assert.NotEmpty((await GetAsync(guest)).GetProperty("iceServers").EnumerateArray());
    }

    [Fact]
    public async Task A_removed_person_gets_no_more_and_nobody_does_after_the_end()
    {
        await using TestWardline server = await StartAsync();
        IReadOnlyList<Link> links = await server.InviteAsync(Role.Clinician, Role.Patient);
        Guest clinician = await server.SignInAsync(links[0]);
        Guest patient = await server.SignInAsync(links[1]);
        await using SignalClient doctor = await clinician.EnterAsync("in-call");
        await using SignalClient waiting = await patient.EnterAsync("waiting");
        Assert.Equal("ok", await doctor.CodeAsync(11, $"\"type\":\"remove\",\"participant\":\"{waiting.Participant}\""));
        await RefusedAsync(403, "visit.removed", patient.PostAsync("/turn", Reason));
        await GetAsync(clinician);
        Assert.Equal("ok", await doctor.CodeAsync(12, "\"type\":\"end\""));
        await RefusedAsync(409, "visit.ended", clinician.PostAsync("/turn", Reason));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"reason":null}""")]
    [InlineData("""{"reason":"JOIN"}""")]
    [InlineData("""{"reason":"because\nRelay credentials for participant x"}""")]
    public async Task A_request_without_a_known_reason_is_malformed_and_its_words_are_in_no_log(string body)
    {
        await using TestWardline server = await StartAsync();
        Guest guest = await server.SignInAsync((await server.InviteAsync(Role.Patient))[0]);
        await RefusedAsync(400, "http.malformed", guest.PostAsync("/turn", body));
        Assert.DoesNotContain("because", server.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_asks_too_often_has_to_wait_and_others_do_not()
    {
        await using TestWardline server = await StartAsync();
        IReadOnlyList<Link> links = await server.InviteAsync(Role.Clinician, Role.Patient);
        Guest greedy = await server.SignInAsync(links[0]);
        Guest other = await server.SignInAsync(links[1]);
        for (int i = 0; i < 20; i++)
        {
            await GetAsync(greedy);
        }

        await RefusedAsync(429, "http.rate", greedy.PostAsync("/turn", Reason));
        await GetAsync(other);
        server.Clock.Advance(TimeSpan.FromSeconds(3));
        await GetAsync(greedy);
        await RefusedAsync(429, "http.rate", greedy.PostAsync("/turn", Reason));
    }

    [Fact]
    public async Task Each_request_is_logged_with_who_why_and_until_when_and_without_the_credential()
    {
        await using TestWardline server = await StartAsync();
        Guest guest = await server.SignInAsync((await server.InviteAsync(Role.Patient))[0]);
        List<JsonElement> given = [];
        foreach (string reason in (string[])["join", "restart", "refresh"])
        {
            given.Add(await GetAsync(guest, reason));
        }

        string[] lines = [.. server.Log.Lines.Where(l => l.Contains("Relay credentials", StringComparison.Ordinal))];
        Assert.Equal(3, lines.Length);
        string holder = given[0].GetProperty("iceServers")[0].GetProperty("username").GetString()!.Split(':')[1];
        foreach ((string line, string reason) in lines.Zip((string[])["join", "restart", "refresh"]))
        {
            Assert.Contains($"visit {guest.Link.Visit}, to {reason};", line, StringComparison.Ordinal);
            Assert.Contains($"knows them as {holder}", line, StringComparison.Ordinal);
            Assert.Contains($"until {server.Clock.GetUtcNow().AddHours(1):O}", line, StringComparison.Ordinal);
        }

        Assert.All(given, g => Assert.DoesNotContain(g.GetProperty("iceServers")[0].GetProperty("credential").GetString()!, server.Log.Text, StringComparison.Ordinal));
        Assert.DoesNotContain(Secret, server.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(guest.Link.Person.Name, server.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_refused_request_is_logged_once_with_who_why_and_the_outcome_and_nothing_that_a_stranger_sent()
    {
        await using TestWardline server = await StartAsync();
        IReadOnlyList<Link> links = await server.InviteAsync(Role.Clinician, Role.Patient);
        Link elsewhere = (await server.InviteAsync(Role.Clinician))[0];
        Guest clinician = await server.SignInAsync(links[0]);
        Guest patient = await server.SignInAsync(links[1]);
        Guest stranger = await server.SignInAsync(elsewhere);
        string path = patient.Path("/turn");
        await using SignalClient doctor = await clinician.EnterAsync("in-call");
        await using SignalClient waiting = await patient.EnterAsync("waiting");

        await LoggedAsync(server, ["nobody signed in", "identity.person-header-missing"], () => stranger.Browser.PostAsync(path, Reason));
        await LoggedAsync(server, ["nobody signed in", "identity.not-signed-in"], () => stranger.Browser.PostAsync(path, Reason, "whoever"));
        await LoggedAsync(server, [$"person {elsewhere.Person.Id}", "visit.not-invited"], () => stranger.Browser.PostAsync(path, Reason, elsewhere.Person.Id));
        await LoggedAsync(server, [$"participant {waiting.Participant}", links[1].Visit, "to unknown", "http.malformed"], () => patient.PostAsync("/turn", """{"reason":"mischief"}"""));
        Assert.DoesNotContain("mischief", server.Log.Text, StringComparison.Ordinal);
        for (int i = 0; i < 20; i++)
        {
            await GetAsync(patient);
        }

        await LoggedAsync(server, [$"participant {waiting.Participant}", links[1].Visit, "to restart", "http.rate"], () => patient.PostAsync("/turn", """{"reason":"restart"}"""));
        Assert.Equal("ok", await doctor.CodeAsync(11, $"\"type\":\"remove\",\"participant\":\"{waiting.Participant}\""));
        await LoggedAsync(server, [$"participant {waiting.Participant}", "to refresh", "visit.removed"], () => patient.PostAsync("/turn", """{"reason":"refresh"}"""));
        Assert.Equal("ok", await doctor.CodeAsync(12, "\"type\":\"end\""));
        await LoggedAsync(server, [$"participant {doctor.Participant}", "to join", "visit.ended"], () => clinician.PostAsync("/turn", Reason));

        await using TestWardline bare = await TestWardline.StartAsync();
        Guest alone = await bare.SignInAsync((await bare.InviteAsync(Role.Patient))[0]);
        await LoggedAsync(bare, ["to join", alone.Link.Visit, "there is no relay"], () => alone.PostAsync("/turn", Reason));

        static async Task LoggedAsync(TestWardline server, string[] words, Func<Task<HttpResponseMessage>> ask)
        {
            int before = server.Log.Lines.Count(l => l.Contains("TurnOptions", StringComparison.Ordinal));
            using HttpResponseMessage response = await ask();
            string[] lines = [.. server.Log.Lines.Where(l => l.Contains("TurnOptions", StringComparison.Ordinal)).Skip(before)];
            Assert.All(words, word => Assert.Contains(word, Assert.Single(lines), StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task An_instance_without_a_relay_says_so_with_an_empty_list()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        Guest guest = await server.SignInAsync((await server.InviteAsync(Role.Patient))[0]);
        Assert.Empty((await GetAsync(guest)).GetProperty("iceServers").EnumerateArray());
    }

    [Theory]
    [InlineData("--Turn:Lifetime=61m", "Turn:Lifetime")]
    [InlineData("--Turn:Urls=http://relay.example.org", "Turn:Urls")]
    [InlineData("--Turn:Urls=turn:relay.example.org", "Turn:Secret")] // no secret
    public async Task Credentials_for_longer_than_an_hour_or_for_no_relay_cannot_be_set(string setting, string named)
    {
        InvalidSettingsException invalid = await Assert.ThrowsAsync<InvalidSettingsException>(() => TestWardline.StartAsync(setting));
        Assert.Contains(named, invalid.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_with_credentials_are_kept_by_no_cache()
    {
        await using TestWardline server = await StartAsync();
        Guest guest = await server.SignInAsync((await server.InviteAsync(Role.Patient))[0]);
        using HttpResponseMessage response = await guest.PostAsync("/turn", Reason);
        Assert.True(response.Headers.CacheControl?.NoStore);
    }

    private static async Task<TestWardline> StartAsync()
    {
        string secret = Path.Combine(Path.GetTempPath(), $"wardline-turn-{Guid.NewGuid():N}");
        await File.WriteAllTextAsync(secret, Secret);
        try
        {
            return await TestWardline.StartAsync("--Turn:Urls=turn:relay.example.org:3478?transport=udp,turns:relay.example.org:443?transport=tcp", $"--Turn:Secret=file:{secret}");
        }
        finally
        {
            File.Delete(secret);
        }
    }

    private static async Task<JsonElement> GetAsync(Guest guest, string reason = "join")
    {
        using HttpResponseMessage response = await guest.PostAsync("/turn", $$"""{"reason":"{{reason}}"}""");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return JsonElement.Parse(await response.Content.ReadAsStringAsync());
    }

    private static async Task<string> HolderAsync(Guest guest) =>
        (await GetAsync(guest)).GetProperty("iceServers")[0].GetProperty("username").GetString()!.Split(':')[1];

    private static long Expires(string username) => long.Parse(username.Split(':')[0], CultureInfo.InvariantCulture);

    private static async Task RefusedAsync(int status, string code, Task<HttpResponseMessage> asked)
    {
        using HttpResponseMessage response = await asked;
        Assert.Equal((status, code), ((int)response.StatusCode, await Upgrade.CodeAsync(response)));
    }
}
