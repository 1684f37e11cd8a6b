namespace Wardline.Server.Features.Signaling;

internal static partial class SignalingLog
{
    [LoggerMessage(LogLevel.Information, "Visit {visit}: {participant} opened a socket (resumed: {resumed})")]
    public static partial void Connected(this ILogger logger, string visit, string participant, bool resumed);

    [LoggerMessage(LogLevel.Information, "Visit {visit}: {participant} is {state}")]
    public static partial void StateIs(this ILogger logger, string visit, string participant, string state);

    [LoggerMessage(LogLevel.Information, "Visit {visit}: {clinician} does {act} to {participant}")]
    public static partial void ClinicianActed(this ILogger logger, string visit, string clinician, string act, string participant);

    [LoggerMessage(LogLevel.Information, "Visit {visit} was ended by {clinician}")]
    public static partial void VisitEnded(this ILogger logger, string visit, string clinician);

    [LoggerMessage(LogLevel.Information, "Visit {visit}: nobody was active for {duration}")]
    public static partial void IdleOver(this ILogger logger, string visit, TimeSpan duration);

    [LoggerMessage(LogLevel.Debug, "Visit {visit}: an offer of {participant} was refused: {code}")]
    public static partial void OfferRefused(this ILogger logger, string visit, string participant, string code);

    [LoggerMessage(LogLevel.Warning, "Visit {visit}: the socket of {participant} was closed with {code}")]
    public static partial void ClosedForFault(this ILogger logger, string visit, string participant, CloseCode code);

    [LoggerMessage(LogLevel.Warning, "A socket was refused before the upgrade: {code}")]
    public static partial void UpgradeRefused(this ILogger logger, string code);

    [LoggerMessage(LogLevel.Error, "Visit {visit}: a step of the session failed")]
    public static partial void StepFailed(this ILogger logger, Exception fault, string visit);
}
