using System.Text.Json;
using Wardline.Server.Tests.Hosting;

namespace Wardline.Server.Tests.Signaling;

/// <summary>One admitted person who floods the others through the server: bounded by the server, never by its victims' sockets.</summary>
public sealed class HostileMemberTests
{
    [Fact]
    public async Task A_slow_victim_outlasts_somebody_who_toggles_media_as_fast_as_messages_may_come()
    {
        await using TestWardline server = await TestWardline.StartAsync("--Signaling:SilenceAfter=120s", "--Signaling:IdleEnd=1h");
        (SignalClient osei, SignalClient ruth, _, _) = await WaitingRoomTests.CallAsync(server);
        Assert.Equal("answer", await ruth.CodeAsync(10, "\"type\":\"offer\",\"sdp\":\"v=0\",\"publish\":[{\"mid\":\"0\",\"source\":\"microphone\"}],\"subscribe\":[]"));
        server.Clock.Advance(TimeSpan.FromMilliseconds(101));
        await osei.NextAsync(m => m.GetProperty("type").GetString() == "roster" && Tracks(m, ruth) is [_], "roster with a track");

        const int Seconds = 20;
        for (int second = 0; second < Seconds; second++)
        {
            for (int i = 0; i < 50; i++)
            {
                await ruth.SendAsync($$"""{"type":"media","microphone":{{(i % 2 == 0 ? "false" : "true")}},"camera":true}""");
                server.Clock.Advance(TimeSpan.FromMilliseconds(20));
            }

            await ruth.PingAsync();
        }

        Assert.Equal("ok", await ruth.CodeAsync(11, "\"type\":\"media\",\"microphone\":false,\"camera\":true"));
        server.Clock.Advance(TimeSpan.FromMilliseconds(101));
        await osei.PingAsync();
        List<JsonElement> rosters = [];
        while (!await osei.NothingCameAsync("roster"))
        {
            rosters.Add(await osei.NextAsync("roster"));
        }

        // Ten a second at most, of the fifty changes; the newest is the last one, and versions only rise.
        Assert.InRange(rosters.Count, 1, Seconds * 10 + 2);
        Assert.Equal([false], Tracks(rosters[^1], ruth));
        Assert.Equal(rosters.Select(r => r.GetProperty("version").GetInt32()).Order(), rosters.Select(r => r.GetProperty("version").GetInt32()));
        Assert.True(await ruth.NothingCameAsync("error"));
        await osei.DisposeAsync();
        await ruth.DisposeAsync();

        static bool[] Tracks(JsonElement roster, SignalClient of) =>
            [.. roster.GetProperty("participants").EnumerateArray().Where(p => p.GetProperty("participant").GetString() == of.Participant)
                .SelectMany(p => p.GetProperty("tracks").EnumerateArray()).Select(t => t.GetProperty("on").GetBoolean())];
    }

    [Fact]
    public async Task A_change_within_100_ms_of_the_last_roster_is_told_when_they_are_over_and_only_the_newest()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        (SignalClient osei, SignalClient ruth, _, _) = await WaitingRoomTests.CallAsync(server);
        Assert.Equal("answer", await ruth.CodeAsync(10, "\"type\":\"offer\",\"sdp\":\"v=0\",\"publish\":[{\"mid\":\"0\",\"source\":\"microphone\"}],\"subscribe\":[]"));
        foreach (string on in (string[])["false", "true", "false"])
        {
            Assert.Equal("ok", await ruth.CodeAsync(11, $"\"type\":\"media\",\"microphone\":{on},\"camera\":true"));
        }

        Assert.True(await osei.NothingCameAsync("roster"));
        server.Clock.Advance(TimeSpan.FromMilliseconds(102));
        JsonElement told = (await osei.NextAsync("roster")).GetProperty("participants");
        Assert.False(told.EnumerateArray().Single(p => p.GetProperty("participant").GetString() == ruth.Participant).GetProperty("tracks")[0].GetProperty("on").GetBoolean());
        Assert.True(await osei.NothingCameAsync("roster"));

        // Who is in the call is told at once, whatever was told a moment ago.
        Assert.Equal("ok", await osei.CodeAsync(12, $"\"type\":\"hold\",\"participant\":\"{ruth.Participant}\""));
        await osei.RosterAsync(r => r.EnumerateArray().Any(p => p.GetProperty("state").GetString() == "waiting"));
        await osei.DisposeAsync();
        await ruth.DisposeAsync();
    }

    [Fact]
    public async Task Offers_have_a_bucket_of_their_own_of_10_that_fills_with_2_a_second()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        (SignalClient osei, SignalClient ruth, _, _) = await WaitingRoomTests.CallAsync(server);
        string[] first = await OfferAsync(ruth, 11);
        Assert.Equal([.. Enumerable.Repeat("answer", 10), "signal.rate"], first);
        Assert.Equal(10, server.Media.Room.Negotiations.Count); // the eleventh never got to the media engine
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        string[] later = await OfferAsync(ruth, 3);
        Assert.Equal(["answer", "answer", "signal.rate"], later);
        string[] others = await OfferAsync(osei, 1);
        Assert.Equal(["answer"], others); // a bucket of their own
        await osei.DisposeAsync();
        await ruth.DisposeAsync();

        static async Task<string[]> OfferAsync(SignalClient client, int count)
        {
            List<string> outcomes = [];
            for (int i = 0; i < count; i++)
            {
                outcomes.Add(await client.CodeAsync(100 + i, "\"type\":\"offer\",\"sdp\":\"v=0\",\"publish\":[],\"subscribe\":[]"));
            }

            return [.. outcomes];
        }
    }

    [Fact]
    public async Task Sealed_messages_to_one_person_are_bounded_and_that_person_goes_on_hearing_the_others()
    {
        await using TestWardline server = await TestWardline.StartAsync("--Signaling:SilenceAfter=120s");
        (SignalClient osei, SignalClient ruth, Guest clinician, Guest patient) = await WaitingRoomTests.CallAsync(server);
        string body = new('x', 8192);
        int passed = 0, refused = 0;
        for (int second = 0; second < 10; second++)
        {
            for (int i = 0; i < 50; i++)
            {
                string outcome = await ruth.CodeAsync(1000 + second * 50 + i, $"\"type\":\"e2ee\",\"to\":\"{osei.Participant}\",\"body\":\"{body}\"");
                passed += outcome == "ok" ? 1 : 0;
                refused += outcome == "signal.rate" ? 1 : 0;
                server.Clock.Advance(TimeSpan.FromMilliseconds(20));
            }
        }

        Assert.Equal(500, passed + refused);
        Assert.InRange(passed, 64 + 10 * 8 - 2, 64 + 10 * 8 + 1);
        await osei.PingAsync();
        for (int i = 0; i < passed; i++)
        {
            await osei.NextAsync("e2ee");
        }

        Assert.True(await osei.NothingCameAsync("e2ee"));

        // The bucket is of the pair: the other way is free, and a reload does not fill it again.
        Assert.Equal("ok", await osei.CodeAsync(2, $"\"type\":\"e2ee\",\"to\":\"{ruth.Participant}\",\"body\":\"x\""));
        patient.Reload();
        await using SignalClient again = await patient.EnterAsync("in-call");
        List<string> more = [];
        for (int i = 0; i < 3; i++)
        {
            more.Add(await again.CodeAsync(2000 + i, $"\"type\":\"e2ee\",\"to\":\"{osei.Participant}\",\"body\":\"x\""));
        }

        Assert.Contains("signal.rate", more);
        await osei.DisposeAsync();
        await ruth.DisposeAsync();
    }

    [Fact]
    public async Task Twelve_people_who_come_at_once_can_give_each_other_their_keys()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        (SignalClient osei, SignalClient ruth, _, _) = await WaitingRoomTests.CallAsync(server);

        // Eleven arrivals: a key, its receipt, a commitment and a reveal each, all before any time has passed.
        for (int i = 0; i < 11 * 4; i++)
        {
            await ruth.SendAsync($"{{\"type\":\"e2ee\",\"to\":\"{osei.Participant}\",\"body\":\"{i}\"}}");
        }

        for (int i = 0; i < 11 * 4; i++)
        {
            Assert.Equal(i.ToString(System.Globalization.CultureInfo.InvariantCulture), (await osei.NextAsync("e2ee")).GetProperty("body").GetString());
        }

        Assert.True(await ruth.NothingCameAsync("error"));
        await osei.DisposeAsync();
        await ruth.DisposeAsync();
    }
}
