using System.Text.Json;
using System.Text.Json.Serialization;
using Wardline.Server.Features.Visits;
using Wardline.Server.Platform;

namespace Wardline.Server.Features.Demo;

/// <summary>
/// Visits beside the one that people try, for <c>wardline load</c>: anew at each start, since a load run leaves them ended or
/// half full. Their links are secrets, so they stand in <c>demo/visits.json</c> of the data root and nowhere else.
/// </summary>
internal sealed class LoadVisits(DemoOptions options, VisitDirectory visits, DemoLinks links, DataRoot data, ILogger<LoadVisits> log) : IHostedService
{
    public const string Type = "load";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        string path = data.File("demo", "visits.json");
        await visits.ForgetDemoAsync(Type, cancellationToken);
        if (options.Visits == 0)
        {
            File.Delete(path);
            return;
        }

        List<LoadVisit> made = new(options.Visits);
        for (int i = 0; i < options.Visits; i++)
        {
            (Person Person, Role Role)[] people = DemoClinic.Staff[..(2 + options.Guests)];
            Visit visit = await visits.CreateAsync(Type, options.Profile, demo: true, people, cancellationToken);
            foreach ((Person person, _) in people)
            {
                await links.AddAsync(visit.Id, person.Id, cancellationToken);
            }

            IReadOnlyList<Invitation> invited = await visits.PeopleAsync(visit.Id, cancellationToken);
            made.Add(new LoadVisit(visit.Id, [.. invited.Select(p => new LoadLink(p.Role.ToString(), links.Of(p)))]));
        }

        DataRoot.WritePrivate(path, JsonSerializer.SerializeToUtf8Bytes(made, LoadVisitsJson.Default.ListLoadVisit));
        log.LoadVisitsReady(options.Visits, path);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <param name="Links">One a person, clinicians first.</param>
internal sealed record LoadVisit(string Visit, IReadOnlyList<LoadLink> Links);

internal sealed record LoadLink(string Role, string Link);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(List<LoadVisit>))]
internal sealed partial class LoadVisitsJson : JsonSerializerContext;
