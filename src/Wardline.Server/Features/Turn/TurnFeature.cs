using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Wardline.Server.Features.Identity;
using Wardline.Server.Features.Visits;
using Wardline.Server.Platform;

namespace Wardline.Server.Features.Turn;

/// <summary>Credentials for the relay, for people whose network lets nothing else through: short-lived, one participant's, and each one logged.</summary>
internal static class TurnFeature
{
    private static readonly string[] Reasons = ["join", "restart", "refresh"];

    // The relay and its log know participants by this; it cannot be led back to a visit after a restart.
    private static readonly byte[] HolderKey = RandomNumberGenerator.GetBytes(32);

    public static void AddTurn(this WebApplicationBuilder builder, SettingsReader settings)
    {
        builder.Services.AddSingleton(TurnOptions.Read(settings));
        builder.Services.AddSingleton(services => new TurnRequests(new TryLimiter(
            services.GetRequiredService<TimeProvider>(), burst: 20, refillEvery: TimeSpan.FromSeconds(3))));
    }

    // Around everything that may refuse, so that not one request goes unlogged.
    public static void MapTurn(this WebApplication app) => app.MapGroup("").AddEndpointFilter(LogRefusalAsync).MapInvited().MapPost("/turn", IssueAsync);

    private static async ValueTask<object?> LogRefusalAsync(EndpointFilterInvocationContext call, EndpointFilterDelegate next)
    {
        HttpContext context = call.HttpContext;
        object? outcome = await next(call);
        if (outcome is Problem refusal)
        {
            // What a stranger sent is not repeated: a reason and a visit only when they are known ones.
            Invitation? invitation = context.Features.Get<Invitation>();
            string who = invitation is not null ? $"participant {invitation.Participant}"
                : context.SignedInPersonOrNull() is { } person ? $"person {person}" : "nobody signed in";
            context.RequestServices.GetRequiredService<ILogger<TurnOptions>>().Refused(
                who, LinkTries.Key(context.Connection.RemoteIpAddress), invitation?.Visit.Id ?? "unknown", context.Features.Get<TurnRequest>()?.Reason ?? "unknown", refusal.Code);
        }

        return outcome;
    }

    private static async Task<IResult> IssueAsync(
        HttpContext context, TurnOptions options, TurnRequests requests, TimeProvider time, ILogger<TurnOptions> log)
    {
        Invitation invitation = context.Invitation();
        TurnRequest? request = await ApiJson.ReadAsync(context.Request, TurnJson.Default.TurnRequest, context.RequestAborted);
        if (request is null || !Reasons.Contains(request.Reason))
        {
            return Problem.Malformed;
        }

        context.Features.Set(request);
        if (invitation.Visit.HasEnded)
        {
            return VisitsFeature.Ended;
        }

        if (invitation.Admission == Admission.Removed)
        {
            return VisitsFeature.Removed;
        }

        if (!requests.Limiter.TryTake(invitation.Participant))
        {
            return Problem.TooMany;
        }

        DateTimeOffset expires = time.GetUtcNow() + options.Lifetime;
        int seconds = (int)options.Lifetime.TotalSeconds;
        if (options.Urls.Count == 0 || options.Secret is null)
        {
            log.NoRelay(invitation.Participant, invitation.Visit.Id, request.Reason);
            return Results.Json(new TurnAnswer([], seconds), TurnJson.Default.TurnAnswer);
        }

        string holder = Base64Url.EncodeToString(HMACSHA256.HashData(
            HolderKey, Encoding.UTF8.GetBytes($"{invitation.Visit.Id}\n{invitation.Participant}"))[..12]);
        (string username, string credential) = TurnCredentials.Create(options.Secret, holder, expires);
        log.CredentialsIssued(invitation.Participant, invitation.Visit.Id, request.Reason, holder, expires);
        return Results.Json(new TurnAnswer([new IceServer(options.Urls, username, credential)], seconds), TurnJson.Default.TurnAnswer);
    }
}

internal sealed record TurnRequests(TryLimiter Limiter);

// docs/protocol.md §1, POST /api/visits/{visit}/turn
internal sealed record TurnRequest(string Reason);

internal sealed record TurnAnswer(IReadOnlyList<IceServer> IceServers, int ExpiresInSeconds);

internal sealed record IceServer(IReadOnlyList<string> Urls, string Username, string Credential);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, MaxDepth = 8, AllowDuplicateProperties = false, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(TurnRequest))]
[JsonSerializable(typeof(TurnAnswer))]
internal sealed partial class TurnJson : JsonSerializerContext;
