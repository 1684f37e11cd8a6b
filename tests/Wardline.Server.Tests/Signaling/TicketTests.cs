using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Wardline.Server.Features.Visits;
using Wardline.Server.Tests.Hosting;

namespace Wardline.Server.Tests.Signaling;

public sealed class TicketTests
{
    [Fact]
    public async Task A_ticket_opens_one_socket_and_the_welcome_says_where_one_is()
    {
        await using TestWardline server = await TestWardline.StartAsync("--Signaling:RotateInterval=10s");
        Guest patient = await server.SignInAsync((await server.InviteAsync(Role.Clinician, Role.Patient))[1]);
        JsonElement join = await patient.TicketAsync();
        Assert.Equal(60, join.GetProperty("expiresInSeconds").GetInt32());
        Assert.StartsWith($"wss://localhost:{server.Port}/api/signal", join.GetProperty("socket").GetString(), StringComparison.Ordinal);

        await using SignalClient client = await SignalClient.OpenAsync(join.GetProperty("socket").GetString()!, join.GetProperty("ticket").GetString()!);
        JsonElement welcome = await client.NextAsync("welcome");
        Assert.Equal(1, welcome.GetProperty("protocol").GetInt32());
        Assert.Equal(patient.Link.Visit, welcome.GetProperty("visit").GetProperty("id").GetString());
        Assert.Equal("consult", welcome.GetProperty("visit").GetProperty("type").GetString());
        Assert.Equal("patient", welcome.GetProperty("you").GetProperty("role").GetString());
        Assert.Equal(patient.Link.Person.Name, welcome.GetProperty("you").GetProperty("name").GetString());
        Assert.False(welcome.GetProperty("resumed").GetBoolean());
        Assert.True(welcome.GetProperty("e2ee").GetProperty("required").GetBoolean());
        Assert.Equal(10, welcome.GetProperty("e2ee").GetProperty("rotateSeconds").GetInt32());
        Assert.Equal(300, welcome.GetProperty("idle").GetProperty("endSeconds").GetInt32());
        Assert.Equal(60, welcome.GetProperty("idle").GetProperty("warnSeconds").GetInt32());
        Assert.Equal("standard", welcome.GetProperty("profile").GetString());

        // The same ticket again.
        Assert.Equal((401, "ticket.used"), await Upgrade.TryAsync(server, $"wardline.v1, ticket.{join.GetProperty("ticket").GetString()}"));
    }

    [Fact]
    public async Task Two_sockets_at_the_same_moment_with_one_ticket_are_one_socket()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        Guest patient = await server.SignInAsync((await server.InviteAsync(Role.Patient))[0]);
        string protocols = $"wardline.v1, ticket.{(await patient.TicketAsync()).GetProperty("ticket").GetString()}";
        (int Status, string? Code)[] outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Upgrade.TryAsync(server, protocols)));
        Assert.Equal(1, outcomes.Count(o => o.Status == 101));
        Assert.Equal(7, outcomes.Count(o => o == (401, "ticket.used")));
    }

    [Fact]
    public async Task Every_refusal_comes_before_the_upgrade_with_its_code()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        Guest patient = await server.SignInAsync((await server.InviteAsync(Role.Patient))[0]);
        string ticket = (await patient.TicketAsync()).GetProperty("ticket").GetString()!;
        string good = $"wardline.v1, ticket.{ticket}";

        Assert.Equal((401, "ticket.missing"), await Upgrade.TryAsync(server, "wardline.v1"));
        Assert.Equal((400, "signal.version"), await Upgrade.TryAsync(server, null));
        Assert.Equal((400, "signal.version"), await Upgrade.TryAsync(server, $"wardline.v2, ticket.{ticket}"));
        Assert.Equal((403, "signal.origin"), await Upgrade.TryAsync(server, good, headers: ("Origin", "https://evil.example")));
        Assert.Equal((403, "signal.origin"), await Upgrade.TryAsync(server, good, headers: ("Origin", "null")));
        Assert.Equal((403, "ticket.wrong-visit"), await Upgrade.TryAsync(server, good, "?visit=another"));
        foreach (string forged in new[]
        {
            "x", ".", "a.b", ticket + "A", ticket[1..], ticket.Split('.')[0], $"{ticket.Split('.')[0]}.", $"{ticket}.{ticket}",
            $"{Flip(ticket.Split('.')[0])}.{ticket.Split('.')[1]}", $"{ticket.Split('.')[0]}.{Flip(ticket.Split('.')[1])}", new string('a', 3000),
        })
        {
            Assert.Equal((401, "ticket.invalid"), await Upgrade.TryAsync(server, $"wardline.v1, ticket.{forged}"));
        }

        // None of these tries has used it up.
        Assert.Equal(101, (await Upgrade.TryAsync(server, good, $"?visit={patient.Link.Visit}", ("Origin", server.Origin))).Status);

        static string Flip(string text) => $"{(text[0] == 'A' ? 'B' : 'A')}{text[1..]}";
    }

    [Fact]
    public async Task A_ticket_lives_for_60_seconds()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        Guest patient = await server.SignInAsync((await server.InviteAsync(Role.Patient))[0]);
        string first = (await patient.TicketAsync()).GetProperty("ticket").GetString()!;
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        string second = (await patient.TicketAsync()).GetProperty("ticket").GetString()!;
        server.Clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal((401, "ticket.expired"), await Upgrade.TryAsync(server, $"wardline.v1, ticket.{first}"));
        Assert.Equal(101, (await Upgrade.TryAsync(server, $"wardline.v1, ticket.{second}")).Status);
    }

    [Fact]
    public async Task Another_servers_ticket_is_worth_nothing()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        await using TestWardline other = await TestWardline.StartAsync();
        Guest there = await other.SignInAsync((await other.InviteAsync(Role.Patient))[0]);
        string ticket = (await there.TicketAsync()).GetProperty("ticket").GetString()!;
        Assert.Equal((401, "ticket.invalid"), await Upgrade.TryAsync(server, $"wardline.v1, ticket.{ticket}"));
    }

    [Fact]
    public async Task A_ticket_does_not_outlive_its_visit_nor_its_persons_removal()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        IReadOnlyList<Link> links = await server.InviteAsync(Role.Clinician, Role.Patient, Role.Family);
        Guest clinician = await server.SignInAsync(links[0]), patient = await server.SignInAsync(links[1]), family = await server.SignInAsync(links[2]);
        string patientTicket = (await patient.TicketAsync()).GetProperty("ticket").GetString()!;
        string familyTicket = (await family.TicketAsync()).GetProperty("ticket").GetString()!;

        await using SignalClient osei = await clinician.EnterAsync("in-call");
        await using SignalClient ruth = await patient.EnterAsync("waiting");
        Assert.Equal("ok", await osei.CodeAsync(2, $"\"type\":\"remove\",\"participant\":\"{ruth.Participant}\""));
        Assert.Equal(4002, await ruth.ClosedAsync());
        Assert.Equal((403, "visit.removed"), await Upgrade.TryAsync(server, $"wardline.v1, ticket.{patientTicket}"));
        using HttpResponseMessage removed = await patient.JoinAsync();
        Assert.Equal((HttpStatusCode.Forbidden, "visit.removed"), (removed.StatusCode, await Upgrade.CodeAsync(removed)));

        await osei.SendAsync("""{"type":"end"}""");
        Assert.Equal(4003, await osei.ClosedAsync());
        using HttpResponseMessage ended = await family.JoinAsync(); // answered behind the end
        Assert.Equal((HttpStatusCode.Conflict, "visit.ended"), (ended.StatusCode, await Upgrade.CodeAsync(ended)));
        Assert.Equal((409, "visit.ended"), await Upgrade.TryAsync(server, $"wardline.v1, ticket.{familyTicket}"));
        using HttpResponseMessage shown = await family.GetAsync();
        Assert.Equal("ended", (await shown.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("status").GetString());
    }

    [Fact]
    public async Task Who_is_not_invited_learns_nothing_about_a_visit()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        Guest patient = await server.SignInAsync((await server.InviteAsync(Role.Patient))[0]);
        Link other = (await server.InviteAsync(Role.Patient))[0];
        string body = $$"""{"instance":"{{Guest.NewInstance()}}","reason":"join"}""";
        List<string> answers = [];
        foreach (string visit in new[] { other.Visit, "no-such-visit" })
        {
            foreach (string call in new[] { "join", "turn" })
            {
                using HttpResponseMessage response = await patient.Browser.PostAsync($"/api/visits/{visit}/{call}", body, patient.Link.Person.Id);
                Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
                answers.Add(await response.Content.ReadAsStringAsync());
            }

            using HttpResponseMessage shown = await patient.Browser.GetAsync($"/api/visits/{visit}", patient.Link.Person.Id);
            answers.Add(await shown.Content.ReadAsStringAsync());
        }

        Assert.Contains("visit.not-invited", Assert.Single(answers.Distinct(StringComparer.Ordinal)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"instance":""}""")]
    [InlineData("""{"instance":"AAAA"}""")]
    [InlineData("""{"instance":"AAAAAAAAAAAAAAAAAAAAAA=="}""")]
    [InlineData("""{"instance":"!!!!!!!!!!!!!!!!!!!!!!"}""")]
    [InlineData("not json")]
    public async Task An_instance_is_16_bytes(string body)
    {
        await using TestWardline server = await TestWardline.StartAsync();
        Guest patient = await server.SignInAsync((await server.InviteAsync(Role.Patient))[0]);
        using HttpResponseMessage response = await patient.PostAsync("/join", body);
        Assert.Equal((HttpStatusCode.BadRequest, "http.malformed"), (response.StatusCode, await Upgrade.CodeAsync(response)));
    }

    [Fact]
    public async Task Tickets_are_not_for_collecting()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        Guest patient = await server.SignInAsync((await server.InviteAsync(Role.Patient))[0]);
        List<HttpStatusCode> statuses = [];
        for (int i = 0; i < 22; i++)
        {
            using HttpResponseMessage response = await patient.JoinAsync();
            statuses.Add(response.StatusCode);
        }

        Assert.Equal(20, statuses.Count(s => s == HttpStatusCode.OK));
        Assert.Equal(HttpStatusCode.TooManyRequests, statuses[^1]);
    }

    [Fact]
    public async Task A_thirteenth_person_finds_the_visit_full()
    {
        await using TestWardline server = await TestWardline.StartAsync("--Identity:LinkTries=100");
        IReadOnlyList<Link> links = await server.InviteAsync([Role.Clinician, .. Enumerable.Repeat(Role.Family, 12)]);
        List<SignalClient> clients = [];
        foreach (Link link in links.Take(12))
        {
            clients.Add(await (await server.SignInAsync(link)).EnterAsync());
        }

        Guest late = await server.SignInAsync(links[12]);
        using HttpResponseMessage full = await late.JoinAsync();
        Assert.Equal((HttpStatusCode.Conflict, "visit.full"), (full.StatusCode, await Upgrade.CodeAsync(full)));

        await clients[11].SendAsync("""{"type":"leave"}""");
        Assert.Equal(1000, await clients[11].ClosedAsync());
        await using SignalClient now = await late.EnterAsync("waiting");
        foreach (SignalClient client in clients)
        {
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_socket_may_come_over_http_2_as_well()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        Guest patient = await server.SignInAsync((await server.InviteAsync(Role.Patient))[0]);
        JsonElement join = await patient.TicketAsync();
        using HttpMessageInvoker invoker = new(new SocketsHttpHandler { SslOptions = Browser.Trusting });
        using System.Net.WebSockets.ClientWebSocket socket = new();
        socket.Options.HttpVersion = HttpVersion.Version20;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        socket.Options.AddSubProtocol("wardline.v1");
        socket.Options.AddSubProtocol($"ticket.{join.GetProperty("ticket").GetString()}");
        await socket.ConnectAsync(new Uri(join.GetProperty("socket").GetString()!), invoker, default);
        byte[] buffer = new byte[4096];
        System.Net.WebSockets.ValueWebSocketReceiveResult first = await socket.ReceiveAsync(buffer.AsMemory(), default);
        Assert.Contains("welcome", System.Text.Encoding.UTF8.GetString(buffer, 0, first.Count), StringComparison.Ordinal);
    }
}
