using Microsoft.AspNetCore.Http.Features;
using Wardline.Server.Features.Identity;
using Wardline.Server.Platform;
using Wardline.Server.Platform.Storage;

namespace Wardline.Server.Features.Visits;

/// <summary>Appointments: who is invited, and whether a visit is scheduled, open or ended.</summary>
internal static class VisitsFeature
{
    /// <summary>The same for a visit that does not exist: nobody learns which visits there are.</summary>
    public static readonly Problem NotInvited = new(403, "visit.not-invited", "You are not invited to this visit.");
    public static readonly Problem Removed = new(403, "visit.removed", "The clinician has removed you from this visit.");
    public static readonly Problem Ended = new(409, "visit.ended", "This visit has ended.");

    public static void AddVisits(this WebApplicationBuilder builder, SettingsReader settings)
    {
        _ = settings;
        builder.AddSliceStorage<VisitsDb>();
        builder.Services.AddSingleton<VisitDirectory>();
    }

    public static void MapVisits(this WebApplication app) => app.MapInvited().MapGet("", ShowAsync);

    /// <summary>The addresses below one visit: only for a signed-in person who is invited to it.</summary>
    public static RouteGroupBuilder MapInvited(this IEndpointRouteBuilder app) =>
        app.MapGroup("/api/visits/{visit}").RequirePerson().AddEndpointFilter(async (call, next) =>
        {
            HttpContext context = call.HttpContext;
            VisitDirectory visits = context.RequestServices.GetRequiredService<VisitDirectory>();
            string visit = (string)context.GetRouteValue("visit")!;
            Invitation? invitation = await visits.FindAsync(visit, context.SignedInPerson(), context.RequestAborted);
            if (invitation is null)
            {
                return NotInvited;
            }

            context.Features.Set(invitation);
            return await next(call);
        });

    public static Invitation Invitation(this HttpContext context) => context.Features.GetRequiredFeature<Invitation>();

    private static async Task<IResult> ShowAsync(HttpContext context, VisitDirectory visits)
    {
        Invitation you = context.Invitation();
        IReadOnlyList<Invitation> people = await visits.PeopleAsync(you.Visit.Id, context.RequestAborted);
        return Results.Json(
            new VisitAnswer(
                you.Visit.Id, you.Visit.Type, you.Visit.Status, you.Visit.StartsAt,
                [.. people.Select(p => new VisitPerson(p.Person.Name, p.Role))],
                new VisitYou(you.Person.Id, you.Person.Name, you.Role),
                new VisitE2ee(MediaProfile.RequiresE2ee(you.Visit.Profile))),
            VisitsJson.Default.VisitAnswer);
    }
}
