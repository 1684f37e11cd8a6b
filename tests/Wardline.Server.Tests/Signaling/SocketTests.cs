using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Wardline.Server.Features.Signaling.Media;
using Wardline.Server.Features.Visits;
using Wardline.Server.Tests.Hosting;

namespace Wardline.Server.Tests.Signaling;

public sealed class SocketTests
{
    private const string EmptyOffer = "\"type\":\"offer\",\"sdp\":\"v=0\",\"publish\":[],\"subscribe\":[]";

    [Fact]
    public async Task Five_faults_in_a_row_close_and_a_good_message_forgives()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        await using SignalClient osei = await (await server.SignInAsync((await server.InviteAsync(Role.Clinician))[0])).EnterAsync("in-call");
        string[] faults = ["nonsense", "[]", "{\"type\":\"dance\"}", "{\"type\":\"hello\"}"];
        for (int round = 0; round < 2; round++)
        {
            foreach (string fault in faults)
            {
                await osei.SendAsync(fault);
            }

            Assert.Equal(["signal.malformed", "signal.malformed", "signal.unknown-type", "signal.out-of-place"],
                new[] { await osei.ErrorAsync(), await osei.ErrorAsync(), await osei.ErrorAsync(), await osei.ErrorAsync() });
            await osei.PingAsync();
        }

        for (int i = 0; i < 5; i++)
        {
            await osei.SendAsync(new byte[] { 1 }, WebSocketMessageType.Binary);
        }

        Assert.Equal(4005, await osei.ClosedAsync());
    }

    [Fact]
    public async Task Sizes_and_rates_are_bounded()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        (SignalClient osei, SignalClient ruth, _, _) = await WaitingRoomTests.CallAsync(server);
        Assert.Equal("signal.too-large", await osei.CodeAsync(2, $"\"type\":\"e2ee\",\"to\":\"{ruth.Participant}\",\"body\":\"{new string('x', 8193)}\""));
        await ruth.SendAsync(Encoding.ASCII.GetBytes(new string(' ', 65_537)), WebSocketMessageType.Text);
        Assert.Equal(1009, await ruth.ClosedAsync());
        for (int i = 0; i < 201; i++)
        {
            await osei.SendAsync("{\"type\":\"activity\"}");
        }

        Assert.Equal("signal.rate", await osei.ErrorAsync());
        Assert.Equal(4006, await osei.ClosedAsync());
        await osei.DisposeAsync();
        await ruth.DisposeAsync();
    }

    [Fact]
    public async Task Without_keys_nobody_gets_in_unless_the_visit_is_a_test()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        await using SignalClient strict = await (await server.SignInAsync((await server.InviteAsync(Role.Clinician))[0])).OpenAsync();
        Assert.Equal("e2ee.required", await strict.CodeAsync(1, "\"type\":\"hello\""));
        Assert.Equal("e2ee.malformed", await strict.CodeAsync(2, "\"type\":\"hello\",\"e2ee\":{\"publicKey\":\"AAAA\",\"commitment\":\"AAAA\"}"));
        await using SignalClient test = await (await server.SignInAsync((await server.InviteAsync(MediaProfile.TestNoE2ee, Role.Clinician))[0])).OpenAsync();
        Assert.Equal("ok", await test.CodeAsync(1, "\"type\":\"hello\""));
    }

    [Fact]
    public async Task Offers_go_to_the_engine_with_their_subscriptions_and_its_refusals_come_back_coded()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        (SignalClient osei, SignalClient ruth, _, _) = await WaitingRoomTests.CallAsync(server);
        JsonElement answer = await ruth.AskAsync(3, $$"""
            "type":"offer","sdp":"v=0","publish":[{"mid":"0","source":"camera"}],"subscribe":[{"mid":"1","participant":"{{osei.Participant}}","source":"camera"}]
            """);
        Assert.Equal("answer to v=0", answer.GetProperty("sdp").GetString());
        Asked asked = Assert.Single(server.Media.Room.Negotiations);
        Assert.Equal(server.Media.Room.Added.First(), Assert.Single(asked.Subscribe).Publisher);
        Assert.Equal("signal.unknown-participant", await ruth.CodeAsync(4, "\"type\":\"offer\",\"sdp\":\"v=0\",\"publish\":[],\"subscribe\":[{\"mid\":\"1\",\"participant\":\"x\",\"source\":\"camera\"}]"));
        server.Media.Answer = _ => new Negotiation(null, "sdp.sdes", "no");
        Assert.Equal("sdp.sdes", await ruth.CodeAsync(5, EmptyOffer));
        Assert.Equal("ok", await ruth.CodeAsync(6, $"\"type\":\"e2ee\",\"to\":\"{osei.Participant}\",\"body\":\"sealed\""));
        JsonElement passed = await osei.NextAsync("e2ee");
        Assert.Equal((ruth.Participant, "sealed"), (passed.GetProperty("from").GetString(), passed.GetProperty("body").GetString()));
        await osei.DisposeAsync();
        await ruth.DisposeAsync();
    }

    [Fact]
    public async Task A_broken_socket_comes_back_to_its_transport_within_60_seconds_and_not_after()
    {
        await using TestWardline server = await TestWardline.StartAsync("--Signaling:SilenceAfter=120s");
        (SignalClient osei, SignalClient ruth, _, Guest patient) = await WaitingRoomTests.CallAsync(server);
        ruth.Break();
        await osei.RosterAsync(r => r.EnumerateArray().Any(p => p.GetProperty("state").GetString() == "away"));
        SignalClient back = await patient.OpenAsync();
        Assert.True((await back.NextAsync("welcome")).GetProperty("resumed").GetBoolean());
        await back.HelloAsync();
        await back.NextAsync("state");
        Assert.Empty(server.Media.Room.Removed);
        back.Break();
        await osei.RosterAsync(r => r.EnumerateArray().Any(p => p.GetProperty("state").GetString() == "away"));
        server.Clock.Advance(TimeSpan.FromSeconds(60.1));
        await osei.RosterAsync(r => r.GetArrayLength() == 1);
        Assert.Single(server.Media.Room.Removed);
        await using SignalClient late = await patient.OpenAsync();
        Assert.False((await late.NextAsync("welcome")).GetProperty("resumed").GetBoolean());
        await osei.DisposeAsync();
        await ruth.DisposeAsync();
        await back.DisposeAsync();
    }

    [Fact]
    public async Task A_second_socket_of_the_same_page_takes_over_with_a_code_that_says_so()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        (SignalClient osei, SignalClient ruth, _, Guest patient) = await WaitingRoomTests.CallAsync(server);
        await using SignalClient second = await patient.OpenAsync();
        Assert.True((await second.NextAsync("welcome")).GetProperty("resumed").GetBoolean());
        Assert.Equal(4007, await ruth.ClosedAsync());
        await second.HelloAsync();
        Assert.Equal("in-call", (await second.NextAsync("state")).GetProperty("state").GetString());
        Assert.Empty(server.Media.Room.Removed);
        await osei.DisposeAsync();
        await ruth.DisposeAsync();
    }

    [Fact]
    public async Task A_call_in_which_nobody_is_active_is_warned_and_ended()
    {
        await using TestWardline server = await TestWardline.StartAsync("--Signaling:SilenceAfter=120s", "--Signaling:IdleEnd=30s", "--Signaling:IdleWarning=10s");
        await using SignalClient osei = await (await server.SignInAsync((await server.InviteAsync(Role.Clinician))[0])).EnterAsync("in-call");
        await osei.PingAsync();
        server.Clock.Advance(TimeSpan.FromSeconds(20.1));
        Assert.Equal(10, (await osei.NextAsync("idle-warning")).GetProperty("secondsLeft").GetInt32());
        await osei.SendAsync("{\"type\":\"activity\"}");
        await osei.NextAsync("idle-cleared");
        server.Clock.Advance(TimeSpan.FromSeconds(20.1));
        await osei.NextAsync("idle-warning");
        server.Clock.Advance(TimeSpan.FromSeconds(10.1));
        Assert.Equal(4004, await osei.ClosedAsync());
    }

    [Fact]
    public async Task Two_people_who_mute_stop_video_and_walk_off_are_warned_and_ended_although_their_packets_keep_coming()
    {
        await using TestWardline server = await TestWardline.StartAsync("--Signaling:SilenceAfter=120s", "--Signaling:IdleEnd=30s", "--Signaling:IdleWarning=10s");
        (SignalClient osei, SignalClient ruth, _, _) = await WaitingRoomTests.CallAsync(server);
        const string Publish = "\"type\":\"offer\",\"sdp\":\"v=0\",\"publish\":[{\"mid\":\"0\",\"source\":\"microphone\"},{\"mid\":\"1\",\"source\":\"camera\"}],\"subscribe\":[]";
        foreach (SignalClient client in new[] { osei, ruth })
        {
            Assert.Equal("answer", await client.CodeAsync(10, Publish));
        }

        // Switched on: packets are enough, for as long as one likes.
        Assert.Equal("ok", await ruth.CodeAsync(11, "\"type\":\"media\",\"microphone\":false,\"camera\":false"));
        await PacketsForAsync(60);
        Assert.True(await osei.NothingCameAsync("idle-warning"));

        // Everything off: the packets are digital silence.
        Assert.Equal("ok", await osei.CodeAsync(12, "\"type\":\"media\",\"microphone\":false,\"camera\":false"));
        await PacketsForAsync(21);
        await ruth.NextAsync("idle-warning");
        await osei.NextAsync("idle-warning");

        // One camera is enough to be there again.
        Assert.Equal("ok", await ruth.CodeAsync(13, "\"type\":\"media\",\"microphone\":false,\"camera\":true"));
        await osei.NextAsync("idle-cleared");
        await PacketsForAsync(40);
        Assert.True(await osei.NothingCameAsync("idle-warning"));
        Assert.Equal("ok", await ruth.CodeAsync(14, "\"type\":\"media\",\"microphone\":false,\"camera\":false"));
        await PacketsForAsync(21);
        await osei.NextAsync("idle-warning");
        for (int i = 0; i < 10; i++)
        {
            server.Media.Room.LastMediaTimestamp = server.Clock.GetTimestamp();
            server.Clock.Advance(TimeSpan.FromSeconds(1.1));
        }

        Assert.Equal(4004, await osei.ClosedAsync());
        Assert.Equal(4004, await ruth.ClosedAsync());
        await osei.DisposeAsync();
        await ruth.DisposeAsync();

        async Task PacketsForAsync(int seconds)
        {
            for (int i = 0; i < seconds; i++)
            {
                server.Media.Room.LastMediaTimestamp = server.Clock.GetTimestamp();
                server.Clock.Advance(TimeSpan.FromSeconds(1));
                await osei.PingAsync(); // a ping is no activity
                await ruth.PingAsync();
            }
        }
    }

    [Fact]
    public async Task Somebody_who_talked_until_their_socket_broke_leaves_the_others_the_whole_time_before_the_end()
    {
        await using TestWardline server = await TestWardline.StartAsync("--Signaling:SilenceAfter=120s", "--Signaling:IdleEnd=30s", "--Signaling:IdleWarning=10s");
        (SignalClient osei, SignalClient ruth, _, _) = await WaitingRoomTests.CallAsync(server);
        Assert.Equal("answer", await ruth.CodeAsync(10, "\"type\":\"offer\",\"sdp\":\"v=0\",\"publish\":[{\"mid\":\"0\",\"source\":\"microphone\"}],\"subscribe\":[]"));
        for (int i = 0; i < 60; i++)
        {
            server.Media.Room.LastMediaTimestamp = server.Clock.GetTimestamp();
            server.Clock.Advance(TimeSpan.FromSeconds(1));
            await osei.PingAsync();
        }

        ruth.Break();
        await osei.RosterAsync(r => r.EnumerateArray().Any(p => p.GetProperty("state").GetString() == "away"));
        server.Clock.Advance(TimeSpan.FromSeconds(15));
        Assert.True(await osei.NothingCameAsync("idle-warning"));
        server.Clock.Advance(TimeSpan.FromSeconds(5));
        await osei.NextAsync("idle-warning");
        await osei.DisposeAsync();
        await ruth.DisposeAsync();
    }

    [Fact]
    public async Task Silence_and_a_missing_hello_close()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        IReadOnlyList<Link> links = await server.InviteAsync(Role.Clinician, Role.Patient);
        await using SignalClient osei = await (await server.SignInAsync(links[0])).EnterAsync("in-call");
        await using SignalClient ruth = await (await server.SignInAsync(links[1])).OpenAsync();
        await ruth.NextAsync("welcome");
        await osei.PingAsync();
        server.Clock.Advance(TimeSpan.FromSeconds(10.1));
        Assert.Equal(4005, await ruth.ClosedAsync());
        server.Clock.Advance(TimeSpan.FromSeconds(5.1));
        Assert.Equal(4008, await osei.ClosedAsync());
    }

    [Fact]
    public async Task No_message_of_any_shape_breaks_the_server()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        Guest clinician = await server.SignInAsync((await server.InviteAsync(Role.Clinician))[0]);
        Random random = new(20261122);
        string[] parts = ["{", "}", "[", "]", "\"type\"", ":", ",", "\"offer\"", "\"hello\"", "\"e2ee\"", "\"sdp\"", "1", "-1", "1e999", "null", "true", "\"\\ud800\"", "\"mid\"", "\"id\"", "2147483648", "\"view\"", "\"slots\""];
        for (int round = 0; round < 10; round++)
        {
            clinician.Reload();
            await using SignalClient client = await clinician.EnterAsync("in-call");
            for (int i = 0; i < 5; i++)
            {
                await client.SendAsync($"{{\"type\":{string.Concat(Enumerable.Range(0, random.Next(1, 40)).Select(_ => parts[random.Next(parts.Length)]))}");
            }

            Assert.Equal(4005, await client.ClosedAsync());
        }

        Assert.DoesNotContain(server.Log.Lines, l => l.StartsWith("Error", StringComparison.Ordinal) || l.StartsWith("Critical", StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_secret_and_no_name_gets_into_the_log()
    {
        string secretFile = Path.GetTempFileName();
        await File.WriteAllTextAsync(secretFile, "the-relays-shared-secret");
        await using TestWardline server = await TestWardline.StartAsync("--Turn:Urls=turn:127.0.0.1:3478?transport=udp", $"--Turn:Secret=file:{secretFile}");
        (SignalClient osei, SignalClient ruth, Guest clinician, Guest patient) = await WaitingRoomTests.CallAsync(server);
        using HttpResponseMessage turn = await patient.PostAsync("/turn", "{\"reason\":\"join\"}");
        JsonElement relay = JsonElement.Parse(await turn.Content.ReadAsStringAsync()).GetProperty("iceServers")[0];
        string ticket = (await patient.TicketAsync()).GetProperty("ticket").GetString()!;
        string log = server.Log.Text;
        Assert.Contains("Relay credentials", log, StringComparison.Ordinal);
        foreach (string secret in new[]
        {
            "the-relays-shared-secret", relay.GetProperty("credential").GetString()!, ticket, patient.Link.Secret, clinician.Link.Secret,
            patient.Browser.Cookies.GetAllCookies().Single().Value, patient.Link.Person.Name, clinician.Link.Person.Name,
        })
        {
            Assert.DoesNotContain(secret, log, StringComparison.Ordinal);
        }

        File.Delete(secretFile);
        await osei.DisposeAsync();
        await ruth.DisposeAsync();
    }
}
