using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Wardline.Cli.Patient;
using Wardline.Client;
using Wardline.Client.Signaling;

namespace Wardline.Cli.Load;

/// <summary>
/// <c>wardline load</c>: how much an instance carries, through the real signaling. Exit code 0 when every bound holds, 1 when
/// one is broken or somebody did not get in, was lost or received nothing at all, 2 for a plan that cannot be carried out. What
/// went wrong most often stands on standard error, in one line with its code.
/// </summary>
internal static class LoadCommand
{
    public static Command Create()
    {
        Option<string> links = new("--links") { Description = "The visits to fill: the file that ./run.sh --visits N writes.", DefaultValueFactory = _ => Path.Combine(Environment.GetEnvironmentVariable("Data__Root") ?? "data", "demo", "visits.json") };
        Option<int> sessions = new("--sessions") { Description = "How many of them, 1 to 5000.", DefaultValueFactory = _ => 10 };
        Option<int> participants = new("--participants") { Description = "People in each, 1 to 12.", DefaultValueFactory = _ => 2 };
        Option<string> profile = new("--profile") { Description = string.Join("; ", LoadProfile.All.Select(p => $"{p.Name}: {p.Means}")), DefaultValueFactory = _ => "consult" };
        Option<double> seconds = new("--seconds") { Description = "How long the load stands, 1 to 3600.", DefaultValueFactory = _ => 20 };
        Option<double> joins = new("--joins-per-second") { Description = "How fast people come.", DefaultValueFactory = _ => 20 };
        Option<int> loops = new("--loops") { Description = "Threads for the media.", DefaultValueFactory = _ => 1 };
        Option<string?> pin = new("--pin") { Description = "PEM file of the server's certificate; by default the one beside the links." };
        Option<string?> json = new("--json") { Description = "Write the report here too." };
        Option<string[]> bounds = new("--bound") { Description = $"name=most, several times; a broken one fails the run. Names: {LoadBounds.Names}.", AllowMultipleArgumentsPerToken = true };
        Option<string> churn = new("--churn") { Description = "Share of the people who leave and come back each minute, as 10%.", DefaultValueFactory = _ => "0%" };
        Option<int> seed = new("--seed") { Description = "Of what is random: who leaves, and when.", DefaultValueFactory = _ => 1 };
        Option<bool> lines = new("--json-lines") { Description = "Each second as a line of JSON, and nothing else, on standard output." };
        Option<bool> remote = new("--remote") { Description = "The server is not on this machine, it is yours, and you mean it." };
        Command command = new("load", "Find how much an instance carries: many visits with real-looking traffic.")
        {
            links, sessions, participants, profile, seconds, joins, loops, churn, seed, pin, json, lines, bounds, remote,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            TextWriter output = parsed.InvocationConfiguration.Output;
            TextWriter error = parsed.InvocationConfiguration.Error;
            try
            {
                LoadPlan plan = Plan(
                    parsed.GetValue(links)!, parsed.GetValue(sessions), parsed.GetValue(participants), parsed.GetValue(profile)!, parsed.GetValue(seconds),
                    parsed.GetValue(joins), parsed.GetValue(loops), parsed.GetValue(pin), parsed.GetValue(remote)) with
                {
                    Churn = Percent(parsed.GetValue(churn)!, 1000, "--churn"),
                    Seed = parsed.GetValue(seed),
                };
                (string Name, double Most)[] kept = [.. (parsed.GetValue(bounds) ?? []).Select(b => LoadBounds.Parse(b) ?? throw Bad($"'{b}' is no bound. There are: {LoadBounds.Names}"))];
                return await RunAsync(plan, kept, parsed.GetValue(json), parsed.GetValue(lines), output, error, cancel);
            }
            catch (WardlineException e)
            {
                await error.WriteLineAsync($"{e.Code}: {e.Message}");
                return 2;
            }
        });
        return command;
    }

    public static LoadPlan Plan(
        string links, int sessions, int participants, string profile, double seconds, double joins, int loops, string? pin, bool remote)
    {
        LoadProfile wanted = LoadProfile.All.FirstOrDefault(p => p.Name == profile) ?? throw Bad($"there is no profile '{profile}'");
        Within(sessions, 1, 5000, "--sessions");
        Within(participants, 1, 12, "--participants");
        Within(seconds, 1, 3600, "--seconds");
        Within(joins, 0.1, 2000, "--joins-per-second");
        Within(loops, 1, 64, "--loops");
        LoadVisit[] visits = Read(links);
        if (visits.Length < sessions || visits.Any(v => v.Links.Count < participants))
        {
            int people = visits.Length == 0 ? 0 : visits.Min(v => v.Links.Count);
            throw Bad($"{links} has {visits.Length} visits for {people} people each. ./run.sh --visits {sessions} --guests {Math.Max(0, participants - 2)} makes as many as are wanted");
        }

        foreach (LoadLink link in visits[..sessions].SelectMany(v => v.Links).Where(_ => !remote))
        {
            Uri server = VisitLink.Parse(link.Link).Server;
            if (!server.IsLoopback && !(IPAddress.TryParse(server.Host, out IPAddress? address) && IPAddress.IsLoopback(address)))
            {
                throw Bad($"{server.Host} is not this machine. --remote says that it is meant");
            }
        }

        string beside = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(links))!, "..", "tls", "certificate.pem");
        return new LoadPlan(
            visits[..sessions], participants, wanted, joins, TimeSpan.FromSeconds(seconds),
            PatientCommand.Trust(pin ?? (File.Exists(beside) ? beside : null)), loops, (1280, 720));
    }

    /// <returns>The share of 1.</returns>
    public static double Percent(string text, double most, string option)
    {
        if (!text.EndsWith('%') || !double.TryParse(text[..^1], NumberStyles.Float, CultureInfo.InvariantCulture, out double percent) || !(percent >= 0 && percent <= most))
        {
            throw Bad($"{option} is from 0% to {most}%");
        }

        return percent / 100;
    }

    private static async Task<int> RunAsync(
        LoadPlan plan, (string Name, double Most)[] bounds, string? json, bool lines, TextWriter output, TextWriter error, CancellationToken cancel)
    {
        if (!lines)
        {
            await output.WriteLineAsync($"{plan.Visits.Count} visits of {plan.Participants}, {plan.Profile.Name}: {plan.Profile.Means}");
            await output.WriteLineAsync("joined  failed    lost   frames/s  p50 (ms)  p99 (ms)");
        }

        LoadRun run = new(plan);
        LoadReport report = await run.RunAsync(tick => { output.WriteLine(lines ? JsonSerializer.Serialize(tick, LoadLines.Default.LoadTick) : Row(tick)); output.Flush(); }, cancel);
        report = report with { Broken = LoadBounds.Broken(report, bounds) };
        string text = JsonSerializer.Serialize(report, LoadJson.Default.LoadReport);
        if (!lines)
        {
            await output.WriteLineAsync(text);
        }

        if (json is not null)
        {
            await File.WriteAllTextAsync(json, text + "\n", CancellationToken.None);
        }

        if (!cancel.IsCancellationRequested && run.Failure is { } failure)
        {
            await error.WriteLineAsync($"{failure.Code}: {failure.Message} {Extent(report)}");
        }

        return cancel.IsCancellationRequested ? 130 : report.Broken.Count > 0 || report.Failures.Count > 0 ? 1 : 0;
    }

    private static string Extent(LoadReport report)
    {
        int people = report.Sessions * report.Participants;
        return report.FailedJoins == people ? "Nobody got in."
            : $"{report.FailedJoins} of {people} people did not get in, {report.Lost} were lost, {report.FailedReturns} could not come back.";
    }

    private static string Row(LoadTick tick) => string.Create(
        CultureInfo.InvariantCulture, $"{tick.Joined,6} {tick.Failed,7} {tick.Lost,7} {tick.Frames,10} {tick.DelayP50Ms,9:0.0} {tick.DelayP99Ms,9:0.0}");

    private static LoadVisit[] Read(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            return JsonSerializer.Deserialize(stream, LoadJson.Default.LoadVisitArray) ?? throw new JsonException("null");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Bad($"{path} cannot be read: {e.Message} Start the server with ./run.sh --visits N");
        }
        catch (JsonException)
        {
            throw Bad($"{path} is no file of visits");
        }
    }

    private static void Within(double value, double least, double most, string option)
    {
        if (!(value >= least && value <= most))
        {
            throw Bad($"{option} is from {least} to {most}");
        }
    }

    private static WardlineException Bad(string why) => new("load.plan", $"{why}.");
}
