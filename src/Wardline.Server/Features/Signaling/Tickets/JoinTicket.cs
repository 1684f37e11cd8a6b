namespace Wardline.Server.Features.Signaling.Tickets;

/// <summary>The right to open one socket, for one page load of one person in one visit.</summary>
internal sealed record JoinTicket(string Id, string Visit, string Person, string Instance, string Role, string Profile, long ExpiresAtMs);

internal enum TicketOutcome
{
    Accepted,
    Invalid,
    Expired,
    WrongVisit,
    Used,
}
