using System.Net;
using System.Net.Sockets;
using Wardline.Server.Features.Visits;
using Wardline.Server.Platform;
using Wardline.Server.Platform.Storage;

namespace Wardline.Server.Features.Identity;

/// <summary>Who somebody is: visit links, the cookie that they are exchanged for, and the header that chooses among cookies.</summary>
internal static class IdentityFeature
{
    public const string PersonHeader = "Wardline-Person";

    private static readonly Problem LinkRefused = new(401, "identity.link-refused", "This link is not valid. Ask for a new one.");
    private static readonly Problem HeaderMissing = new(401, "identity.person-header-missing", "The header Wardline-Person is missing.");
    private static readonly Problem NotSignedIn = new(401, "identity.not-signed-in", "Open your visit link again.");

    public static void AddIdentity(this WebApplicationBuilder builder, SettingsReader settings)
    {
        IdentityOptions options = IdentityOptions.Read(settings);
        builder.Services.AddSingleton(options);
        builder.AddSliceStorage<IdentityDb>();
        builder.Services.AddSingleton<VisitLinks>();
        builder.Services.AddSingleton<BrowserSessions>();
        builder.Services.AddSingleton(services => new LinkTries(
            new TryLimiter(services.GetRequiredService<TimeProvider>(), options.LinkTries, options.LinkTryEvery)));
    }

    public static void MapIdentity(this WebApplication app)
    {
        app.MapPost("/api/identity/link", ExchangeAsync);
        app.MapDelete("/api/identity/session", SignOutAsync);
    }

    /// <summary>Only for a person whose cookie this browser holds.</summary>
    public static RouteGroupBuilder RequirePerson(this RouteGroupBuilder group) => group.AddEndpointFilter(async (call, next) =>
    {
        HttpContext context = call.HttpContext;
        string? person = context.Request.Headers[PersonHeader];
        if (string.IsNullOrEmpty(person))
        {
            return HeaderMissing;
        }

        if (!IsId(person) || !await context.RequestServices.GetRequiredService<BrowserSessions>().IsSignedInAsync(context, person))
        {
            return NotSignedIn;
        }

        context.Features.Set(new SignedIn(person));
        return await next(call);
    });

    public static string SignedInPerson(this HttpContext context) => context.SignedInPersonOrNull()!;

    /// <summary>For what has to be said of requests that were refused on the way, too.</summary>
    public static string? SignedInPersonOrNull(this HttpContext context) => context.Features.Get<SignedIn>()?.Person;

    private static async Task<IResult> ExchangeAsync(
        HttpContext context, VisitLinks links, VisitDirectory visits, BrowserSessions sessions, LinkTries tries, ILogger<BrowserSessions> log)
    {
        string address = LinkTries.Key(context.Connection.RemoteIpAddress);
        LinkRequest? request = await ApiJson.ReadAsync(context.Request, IdentityJson.Default.LinkRequest, context.RequestAborted);
        if (request is null)
        {
            return Problem.Malformed;
        }

        // 1. The same work for every try, right or wrong.
        string? person = await links.FindPersonAsync(request.Visit, request.Secret, context.RequestAborted);
        Invitation? invitation = await visits.FindAsync(request.Visit, person ?? "", context.RequestAborted);

        // 2. Only wrong links count: a whole hospital may share one address, and nobody in it is to lock the others out. Nor
        //    would a limit before the check keep a guesser away from 128 random bits; it keeps the log and the load small.
        if (invitation is null)
        {
            if (!tries.Limiter.TryTake(address))
            {
                log.TooManyLinkTries(address);
                return Problem.TooMany;
            }

            log.LinkRefused(address);
            return LinkRefused;
        }

        // 3. A demo visit that was ended begins anew for whoever opens its link.
        if (invitation.Visit is { IsDemo: true, HasEnded: true })
        {
            invitation = await visits.BeginAgainAsync(invitation, context.RequestAborted);
        }

        // 4. The browser is this person from now on.
        await sessions.SignInAsync(context, invitation.Person.Id);
        log.SignedIn(invitation.Participant);
        return Results.Json(
            new LinkAnswer(new LinkPerson(invitation.Person.Id, invitation.Person.Name, invitation.Role), invitation.Visit.Id),
            IdentityJson.Default.LinkAnswer);
    }

    /// <summary>This browser is that person no longer. Nobody has to be signed in to sign out: afterwards they are not, in any case.</summary>
    private static async Task<IResult> SignOutAsync(HttpContext context, BrowserSessions sessions, ILogger<BrowserSessions> log)
    {
        string? person = context.Request.Headers[PersonHeader];
        if (string.IsNullOrEmpty(person))
        {
            return HeaderMissing;
        }

        if (IsId(person) && await sessions.SignOutAsync(context, person))
        {
            log.SignedOut();
        }

        return Results.NoContent();
    }

    private static bool IsId(string text) => text.Length <= 64 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    private sealed record SignedIn(string Person);
}

internal sealed record LinkTries(TryLimiter Limiter)
{
    /// <summary>One household or one machine: an IPv4 address, or the /64 of an IPv6 address.</summary>
    public static string Key(IPAddress? address)
    {
        if (address is null)
        {
            return "unknown";
        }

        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        return address.AddressFamily == AddressFamily.InterNetwork
            ? address.ToString()
            : $"{new IPAddress([.. address.GetAddressBytes().AsSpan(0, 8), 0, 0, 0, 0, 0, 0, 0, 0])}/64";
    }
}
