using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Wardline.Server.Features.Visits;
using Wardline.Server.Platform.Storage;
using Wardline.Server.Tests.Hosting;

namespace Wardline.Server.Tests.Signaling;

public sealed class WaitingRoomTests
{
    [Fact]
    public async Task A_patient_waits_until_the_clinician_admits()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        (Guest clinician, Guest patient) = await PairAsync(server);
        await using SignalClient ruth = await patient.EnterAsync("waiting");
        Assert.Empty((await ruth.NextAsync("roster")).GetProperty("participants").EnumerateArray());
        Assert.Empty(server.Media.Rooms); // nobody in the call: no media at all

        await using SignalClient osei = await clinician.EnterAsync("in-call");
        JsonElement seen = await osei.RosterAsync(r => r.GetArrayLength() == 2);
        JsonElement waiting = seen.EnumerateArray().Single(p => p.GetProperty("participant").GetString() == ruth.Participant);
        Assert.Equal("waiting", waiting.GetProperty("state").GetString());
        Assert.Equal("patient", waiting.GetProperty("role").GetString());
        Assert.Equal(JsonValueKind.Null, waiting.GetProperty("e2ee").ValueKind);

        JsonElement clinicianEntry = (await ruth.RosterAsync(r => r.GetArrayLength() == 1))[0];
        Assert.Equal("clinician", clinicianEntry.GetProperty("role").GetString());
        Assert.Equal(JsonValueKind.Null, clinicianEntry.GetProperty("e2ee").ValueKind);
        Assert.Equal(0, clinicianEntry.GetProperty("tracks").GetArrayLength());

        Assert.Equal("ok", await osei.CodeAsync(5, $"\"type\":\"admit\",\"participant\":\"{ruth.Participant}\""));
        Assert.Equal("in-call", (await ruth.NextAsync("state")).GetProperty("state").GetString());
        JsonElement both = await ruth.RosterAsync(r => r.GetArrayLength() == 2);
        foreach (SignalClient client in new[] { osei, ruth })
        {
            JsonElement entry = both.EnumerateArray().Single(p => p.GetProperty("participant").GetString() == client.Participant);
            Assert.Equal("in-call", entry.GetProperty("state").GetString());
            Assert.Equal(client.PublicKey, entry.GetProperty("e2ee").GetProperty("publicKey").GetString());
            Assert.Equal(client.Commitment, entry.GetProperty("e2ee").GetProperty("commitment").GetString());
        }

        Assert.Equal(2, both.EnumerateArray().Select(p => p.GetProperty("e2ee").GetProperty("member").GetInt32()).Distinct().Count());
        Assert.Equal(2, server.Media.Room.Added.Count);
    }

    [Theory]
    [InlineData("\"type\":\"admit\",\"participant\":\"{me}\"")]
    [InlineData("\"type\":\"admit\",\"participant\":\"{clinician}\"")]
    [InlineData("\"type\":\"hold\",\"participant\":\"{clinician}\"")]
    [InlineData("\"type\":\"remove\",\"participant\":\"{clinician}\"")]
    [InlineData("\"type\":\"end\"")]
    public async Task A_patient_cannot_do_a_clinicians_act_in_any_state(string act)
    {
        await using TestWardline server = await TestWardline.StartAsync();
        (Guest clinician, Guest patient) = await PairAsync(server);
        await using SignalClient osei = await clinician.EnterAsync("in-call");
        await using SignalClient ruth = await patient.OpenAsync();
        await ruth.NextAsync("welcome");
        string message = act.Replace("{me}", ruth.Participant, StringComparison.Ordinal).Replace("{clinician}", osei.Participant, StringComparison.Ordinal);

        Assert.Equal("signal.not-allowed", await ruth.CodeAsync(2, message)); // before hello
        await ruth.HelloAsync(3);
        Assert.Equal("waiting", (await ruth.NextAsync("state")).GetProperty("state").GetString());
        Assert.Equal("signal.not-allowed", await ruth.CodeAsync(4, message)); // waiting
        Assert.Single(server.Media.Room.Added);
        Assert.Equal("ok", await osei.CodeAsync(5, $"\"type\":\"admit\",\"participant\":\"{ruth.Participant}\""));
        Assert.Equal("in-call", (await ruth.NextAsync("state")).GetProperty("state").GetString());
        Assert.Equal("signal.not-allowed", await ruth.CodeAsync(6, message)); // in the call
        await osei.PingAsync(); // untouched
    }

    [Fact]
    public async Task Held_means_that_media_stops_at_once_and_the_patient_waits_again()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        (SignalClient osei, SignalClient ruth, _, Guest patient) = await CallAsync(server);
        Assert.Equal("ok", await osei.CodeAsync(9, $"\"type\":\"hold\",\"participant\":\"{ruth.Participant}\""));
        Assert.Equal(server.Media.Room.Added.Last(), Assert.Single(server.Media.Room.Removed)); // before the clinician was told
        Assert.Equal("waiting", (await ruth.NextAsync("state")).GetProperty("state").GetString());
        Assert.Equal("signal.out-of-place", await ruth.CodeAsync(10, "\"type\":\"offer\",\"sdp\":\"v=0\",\"publish\":[],\"subscribe\":[]"));
        Assert.Equal("signal.out-of-place", await ruth.CodeAsync(11, $"\"type\":\"e2ee\",\"to\":\"{osei.Participant}\",\"body\":\"x\""));
        await osei.RosterAsync(r => r.EnumerateArray().Any(p => p.GetProperty("state").GetString() == "waiting" && p.GetProperty("e2ee").ValueKind == JsonValueKind.Null));

        // Held stays held over a reload, admitted stays admitted.
        await ruth.DisposeAsync();
        patient.Reload();
        await using SignalClient again = await patient.EnterAsync("waiting");
        Assert.Equal("ok", await osei.CodeAsync(12, $"\"type\":\"admit\",\"participant\":\"{again.Participant}\""));
        Assert.Equal("in-call", (await again.NextAsync("state")).GetProperty("state").GetString());
        await osei.DisposeAsync();
    }

    [Theory]
    [InlineData("hold")]
    [InlineData("remove")]
    [InlineData("admit")]
    public async Task An_act_that_cannot_be_stored_has_not_happened(string act)
    {
        await using TestWardline server = await TestWardline.StartAsync();
        (SignalClient osei, SignalClient ruth, Guest clinician, Guest patient) = await CallAsync(server);
        if (act == "admit")
        {
            Assert.Equal("ok", await osei.CodeAsync(8, $"\"type\":\"hold\",\"participant\":\"{ruth.Participant}\""));
            Assert.Equal("waiting", (await ruth.NextAsync("state")).GetProperty("state").GetString());
        }

        int removed = server.Media.Room.Removed.Count;
        int added = server.Media.Room.Added.Count;
        using (Microsoft.Data.Sqlite.SqliteConnection disk = server.Services.GetRequiredService<Database>().Open())
        {
            using Microsoft.Data.Sqlite.SqliteCommand breaks = disk.CreateCommand();
            breaks.CommandText = "CREATE TRIGGER full_disk BEFORE UPDATE ON invitations BEGIN SELECT RAISE(ABORT, 'the disk is full'); END";
            breaks.ExecuteNonQuery();
        }

        await osei.SendAsync($"{{\"type\":\"{act}\",\"id\":9,\"participant\":\"{ruth.Participant}\"}}");
        Assert.Equal(1011, await osei.ClosedAsync());
        Assert.True(await ruth.NothingCameAsync("state"));
        Assert.Equal((removed, added), (server.Media.Room.Removed.Count, server.Media.Room.Added.Count));

        // The same after a reload: what is stored and what has happened agree.
        await ruth.DisposeAsync();
        patient.Reload();
        await using SignalClient again = await patient.EnterAsync(act == "admit" ? "waiting" : "in-call");
        await osei.DisposeAsync();
    }

    [Fact]
    public async Task Every_entry_into_the_call_has_a_member_number_of_its_own()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        (SignalClient osei, SignalClient ruth, _, _) = await CallAsync(server);
        List<int> numbers = [];
        for (int times = 0; times < 3; times++)
        {
            Assert.Equal("ok", await osei.CodeAsync(20 + (2 * times), $"\"type\":\"hold\",\"participant\":\"{ruth.Participant}\""));
            await osei.RosterAsync(r => r.EnumerateArray().Any(p => p.GetProperty("state").GetString() == "waiting"));
            Assert.Equal("ok", await osei.CodeAsync(21 + (2 * times), $"\"type\":\"admit\",\"participant\":\"{ruth.Participant}\""));
            JsonElement both = await osei.RosterAsync(r => r.EnumerateArray().Count(p => p.GetProperty("e2ee").ValueKind == JsonValueKind.Object) == 2);
            numbers.Add(both.EnumerateArray().Single(p => p.GetProperty("participant").GetString() == ruth.Participant)
                .GetProperty("e2ee").GetProperty("member").GetInt32());
        }

        Assert.Equal(3, numbers.Distinct().Count());
        await ruth.DisposeAsync();
        await osei.DisposeAsync();
    }

    [Fact]
    public async Task Admitted_stays_admitted_over_reloads_and_a_restart_of_the_server()
    {
        string data = Directory.CreateTempSubdirectory("wardline-test-").FullName;
        ManualClock clock = new();
        IReadOnlyList<Link> links;
        await using (TestWardline server = await TestWardline.StartAsync(data, clock))
        {
            (SignalClient osei, SignalClient ruth, Guest clinician, Guest patient) = await CallAsync(server);
            links = [clinician.Link, patient.Link];
            patient.Reload();
            await using SignalClient reloaded = await patient.EnterAsync("in-call");
            Assert.Equal(4001, await ruth.ClosedAsync());
            await osei.DisposeAsync();
            await ruth.DisposeAsync();
        }

        await using (TestWardline server = await TestWardline.StartAsync(data, clock))
        {
            await using SignalClient ruth = await (await server.SignInAsync(links[1])).EnterAsync("in-call");
        }

        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task Removed_means_closed_gone_from_media_and_never_back()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        (SignalClient osei, SignalClient ruth, _, Guest patient) = await CallAsync(server);
        Assert.Equal("ok", await osei.CodeAsync(9, $"\"type\":\"remove\",\"participant\":\"{ruth.Participant}\""));
        Assert.Equal(server.Media.Room.Added.Last(), Assert.Single(server.Media.Room.Removed));
        Assert.Equal(4002, await ruth.ClosedAsync());
        await osei.RosterAsync(r => r.GetArrayLength() == 1);
        using HttpResponseMessage join = await patient.JoinAsync();
        Assert.Equal("visit.removed", await Upgrade.CodeAsync(join));
        using HttpResponseMessage turn = await patient.PostAsync("/turn", """{"reason":"restart"}""");
        Assert.Equal("visit.removed", await Upgrade.CodeAsync(turn));
        await osei.DisposeAsync();
        await ruth.DisposeAsync();
    }

    [Fact]
    public async Task The_end_is_for_all_also_for_those_who_wait()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        (SignalClient osei, SignalClient ruth, Guest clinician, _) = await CallAsync(server, Role.Family);
        Assert.Equal("ok", await osei.CodeAsync(9, "\"type\":\"end\""));
        Assert.Equal(4003, await osei.ClosedAsync());
        Assert.Equal(4003, await ruth.ClosedAsync());
        Assert.True(server.Media.Room.Disposed);
        using HttpResponseMessage join = await clinician.JoinAsync();
        Assert.Equal("visit.ended", await Upgrade.CodeAsync(join));
        await osei.DisposeAsync();
        await ruth.DisposeAsync();
    }

    [Fact]
    public async Task A_clinician_is_held_and_removed_by_nobody_and_strangers_are_unknown()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        (SignalClient osei, SignalClient ruth, _, _) = await CallAsync(server);
        int id = 20;
        foreach (string act in new[] { "admit", "hold", "remove" })
        {
            Assert.Equal("signal.not-allowed", await osei.CodeAsync(id++, $"\"type\":\"{act}\",\"participant\":\"{osei.Participant}\""));
            Assert.Equal("signal.unknown-participant", await osei.CodeAsync(id++, $"\"type\":\"{act}\",\"participant\":\"nobody\""));
        }

        Assert.Equal("ok", await osei.CodeAsync(id, $"\"type\":\"admit\",\"participant\":\"{ruth.Participant}\"")); // already in: nothing happens
        Assert.True(await ruth.NothingCameAsync("state"));
        await osei.DisposeAsync();
        await ruth.DisposeAsync();
    }

    [Fact]
    public async Task The_waiting_room_hears_nothing_of_what_goes_on_inside()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        IReadOnlyList<Link> links = await server.InviteAsync(Role.Clinician, Role.Patient, Role.Family);
        await using SignalClient osei = await (await server.SignInAsync(links[0])).EnterAsync("in-call");
        await using SignalClient ruth = await (await server.SignInAsync(links[1])).EnterAsync("waiting");
        await using SignalClient family = await (await server.SignInAsync(links[2])).EnterAsync("waiting");
        await family.NextAsync("roster");
        Assert.Equal("ok", await osei.CodeAsync(2, $"\"type\":\"admit\",\"participant\":\"{ruth.Participant}\""));
        Assert.Equal("ok", await osei.CodeAsync(3, "\"type\":\"media\",\"microphone\":false,\"camera\":true"));
        Assert.True(await family.NothingCameAsync("roster"));
        Assert.True(await family.NothingCameAsync("quality"));
    }

    internal static async Task<(Guest Clinician, Guest Patient)> PairAsync(TestWardline server, params Role[] more)
    {
        IReadOnlyList<Link> links = await server.InviteAsync([Role.Clinician, Role.Patient, .. more]);
        return (await server.SignInAsync(links[0]), await server.SignInAsync(links[1]));
    }

    internal static async Task<(SignalClient Osei, SignalClient Ruth, Guest Clinician, Guest Patient)> CallAsync(TestWardline server, params Role[] more)
    {
        (Guest clinician, Guest patient) = await PairAsync(server, more);
        SignalClient osei = await clinician.EnterAsync("in-call");
        SignalClient ruth = await patient.EnterAsync("waiting");
        Assert.Equal("ok", await osei.CodeAsync(900, $"\"type\":\"admit\",\"participant\":\"{ruth.Participant}\""));
        Assert.Equal("in-call", (await ruth.NextAsync("state")).GetProperty("state").GetString());
        await osei.RosterAsync(r => r.EnumerateArray().Count(p => p.GetProperty("state").GetString() == "in-call") == 2);
        await ruth.RosterAsync(r => r.GetArrayLength() == 2);
        return (osei, ruth, clinician, patient);
    }
}
