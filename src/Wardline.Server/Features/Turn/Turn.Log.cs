namespace Wardline.Server.Features.Turn;

internal static partial class TurnLog
{
    [LoggerMessage(LogLevel.Information, "Relay credentials for participant {participant} of visit {visit}, to {reason}; the relay knows them as {holder}, until {expires:O}")]
    public static partial void CredentialsIssued(this ILogger logger, string participant, string visit, string reason, string holder, DateTimeOffset expires);

    [LoggerMessage(LogLevel.Information, "Relay request by participant {participant} of visit {visit}, to {reason}: answered that there is no relay")]
    public static partial void NoRelay(this ILogger logger, string participant, string visit, string reason);

    [LoggerMessage(LogLevel.Warning, "Relay request by {who} from {address}, visit {visit}, to {reason}: refused with {code}")]
    public static partial void Refused(this ILogger logger, string who, string address, string visit, string reason, string code);
}
