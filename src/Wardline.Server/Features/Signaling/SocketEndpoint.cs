using Wardline.Server.Features.Signaling.Sessions;
using Wardline.Server.Features.Signaling.Tickets;
using Wardline.Server.Features.Visits;
using Wardline.Server.Platform;

namespace Wardline.Server.Features.Signaling;

/// <summary><c>/api/signal</c>: every refusal is an HTTP answer before the upgrade; after it there are only close codes.</summary>
internal static class SocketEndpoint
{
    private const string Protocol = "wardline.v1";
    private const string TicketPrefix = "ticket.";

    public static async Task OpenAsync(
        HttpContext context, TicketOffice tickets, VisitDirectory visits, SessionRegistry sessions,
        TimeProvider time, SignalingMeters meters, IHostApplicationLifetime lifetime, ILogger<TicketOffice> log)
    {
        (Problem? refusal, JoinTicket? ticket, Invitation? invitation) = await CheckAsync(context, tickets, visits, sessions);
        if (refusal is not null)
        {
            log.UpgradeRefused(refusal.Code);
            meters.Refused(refusal.Code);
            await refusal.ExecuteAsync(context);
            return;
        }

        SignalConnection connection = new(await context.WebSockets.AcceptWebSocketAsync(Protocol), time);
        meters.Sockets(1);
        (VisitSession? session, ConnectOutcome outcome) = await sessions.ConnectAsync(connection, invitation!, ticket!.Instance);
        if (session is null)
        {
            connection.Close(outcome switch
            {
                ConnectOutcome.Ended => CloseCode.Ended,
                ConnectOutcome.Removed => CloseCode.Removed,
                _ => CloseCode.TooMany,
            });
        }

        try
        {
            await connection.RunAsync((message, isText) => TakeAsync(message, isText), lifetime.ApplicationStopped);
        }
        finally
        {
            meters.Sockets(-1);
            if (session is not null)
            {
                await session.DisconnectedAsync(connection);
            }
        }

        async Task TakeAsync(ReadOnlyMemory<byte> message, bool isText)
        {
            try
            {
                await session!.ReceiveAsync(connection, message, isText);
            }
            catch (Exception fault)
            {
                log.StepFailed(fault, ticket.Visit);
                connection.Close(CloseCode.Fault);
            }
        }
    }

    /// <summary>In the order of docs/protocol.md §1. The ticket is used up only when nothing but the visit's own state can refuse.</summary>
    private static async Task<(Problem?, JoinTicket?, Invitation?)> CheckAsync(
        HttpContext context, TicketOffice tickets, VisitDirectory visits, SessionRegistry sessions)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            return Refuse(400, "signal.upgrade", "This address opens a WebSocket.");
        }

        if (!OriginRule.Allows(context.Request))
        {
            return Refuse(403, "signal.origin", "The socket is opened by a page of another site.");
        }

        IList<string> offered = context.WebSockets.WebSocketRequestedProtocols;
        if (!offered.Contains(Protocol))
        {
            return Refuse(400, "signal.version", "This server speaks wardline.v1.");
        }

        if (offered.FirstOrDefault(p => p.StartsWith(TicketPrefix, StringComparison.Ordinal)) is not { } text)
        {
            return Refuse(401, "ticket.missing", "There is no ticket among the subprotocols.");
        }

        string? visit = context.Request.Query.TryGetValue("visit", out Microsoft.Extensions.Primitives.StringValues value) ? value.ToString() : null;
        TicketOutcome outcome = tickets.Redeem(text[TicketPrefix.Length..], visit, out JoinTicket? ticket);
        if (outcome != TicketOutcome.Accepted)
        {
            return outcome switch
            {
                TicketOutcome.Expired => Refuse(401, "ticket.expired", "The ticket is too old. Join again."),
                TicketOutcome.Used => Refuse(401, "ticket.used", "The ticket has been used. Join again."),
                TicketOutcome.WrongVisit => Refuse(403, "ticket.wrong-visit", "The ticket is for another visit."),
                _ => Refuse(401, "ticket.invalid", "This is no ticket of this server."),
            };
        }

        Invitation? invitation = await visits.FindAsync(ticket!.Visit, ticket.Person, context.RequestAborted);
        Problem? refusal = invitation is null ? VisitsFeature.NotInvited : await JoinEndpoint.RefusalAsync(invitation, sessions);
        return (refusal, ticket, invitation);

        static (Problem?, JoinTicket?, Invitation?) Refuse(int status, string code, string detail) => (new Problem(status, code, detail), null, null);
    }
}
