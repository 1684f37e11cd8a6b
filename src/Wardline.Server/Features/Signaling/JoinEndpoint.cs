using System.Buffers.Text;
using Wardline.Server.Features.Signaling.Sessions;
using Wardline.Server.Features.Signaling.Tickets;
using Wardline.Server.Features.Signaling.Wire;
using Wardline.Server.Features.Visits;
using Wardline.Server.Platform;

namespace Wardline.Server.Features.Signaling;

/// <summary><c>POST /api/visits/{visit}/join</c>: a ticket for one socket of one page load.</summary>
internal static class JoinEndpoint
{
    private const int InstanceBytes = 16;

    public static async Task<IResult> IssueAsync(
        HttpContext context, TicketOffice tickets, SessionRegistry sessions, SignalingOptions options, JoinTries tries)
    {
        Invitation invitation = context.Invitation();
        if (!tries.Limiter.TryTake(invitation.Participant))
        {
            return Problem.TooMany;
        }

        JoinRequest? request = await ApiJson.ReadAsync(context.Request, JoinJson.Default.JoinRequest, context.RequestAborted);
        if (request is null || !Base64Url.IsValid(request.Instance, out int bytes) || bytes != InstanceBytes || request.Instance.Length != Base64Url.GetEncodedLength(InstanceBytes))
        {
            return Problem.Malformed;
        }

        if (await RefusalAsync(invitation, sessions) is { } refusal)
        {
            return refusal;
        }

        return Results.Json(
            new JoinAnswer(
                tickets.Issue(invitation, request.Instance),
                (int)options.TicketLifetime.TotalSeconds,
                $"wss://{context.Request.Host.Value}/api/signal?visit={invitation.Visit.Id}"),
            JoinJson.Default.JoinAnswer);
    }

    /// <summary>What keeps an invited person out at the moment. Asked for the ticket, and again for the socket.</summary>
    public static async Task<Problem?> RefusalAsync(Invitation invitation, SessionRegistry sessions)
    {
        if (invitation.Visit.HasEnded)
        {
            return VisitsFeature.Ended;
        }

        if (invitation.Admission == Admission.Removed)
        {
            return VisitsFeature.Removed;
        }

        return await sessions.HasRoomAsync(invitation) ? null : new Problem(409, "visit.full", "There are 12 people in this visit already.");
    }
}
