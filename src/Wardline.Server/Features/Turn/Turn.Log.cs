namespace Wardline.Server.Features.Turn;

internal static partial class TurnLog
{
    [LoggerMessage(LogLevel.Information, "Relay credentials for participant {participant} of visit {visit}, to {reason}; the relay knows them as {holder}, until {expires:O}")]
    public static partial void CredentialsIssued(this ILogger logger, string participant, string visit, string reason, string holder, DateTimeOffset expires);
}
