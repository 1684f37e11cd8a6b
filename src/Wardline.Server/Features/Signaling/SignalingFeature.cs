using Wardline.Server.Features.Health;
using Wardline.Server.Features.Signaling.Media;
using Wardline.Server.Features.Signaling.Sessions;
using Wardline.Server.Features.Signaling.Tickets;
using Wardline.Server.Features.Visits;
using Wardline.Server.Platform;

namespace Wardline.Server.Features.Signaling;

/// <summary>Join tickets, the socket, and the live visits behind it (docs/protocol.md).</summary>
internal static class SignalingFeature
{
    public static void AddSignaling(this WebApplicationBuilder builder, SettingsReader settings)
    {
        builder.Services.AddSingleton(SignalingOptions.Read(settings));
        builder.Services.AddSingleton<TicketOffice>();
        builder.Services.AddSingleton<SignalingMeters>();
        builder.Services.AddSingleton<SessionRegistry>();
        builder.Services.AddSingleton<IReadiness>(services => services.GetRequiredService<SessionRegistry>());
        builder.Services.AddHostedService(services => services.GetRequiredService<SessionRegistry>());
        builder.Services.AddSingleton(services => new JoinTries(
            new TryLimiter(services.GetRequiredService<TimeProvider>(), burst: 20, refillEvery: TimeSpan.FromSeconds(2))));
        builder.AddMediaGateway(settings);
    }

    public static void MapSignaling(this WebApplication app)
    {
        app.MapInvited().MapPost("/join", JoinEndpoint.IssueAsync);

        // A WebSocket comes as GET (RFC 6455) or, over HTTP/2, as CONNECT (RFC 8441).
        app.MapMethods("/api/signal", [HttpMethods.Get, HttpMethods.Connect], SocketEndpoint.OpenAsync);
    }
}

internal sealed record JoinTries(TryLimiter Limiter);
