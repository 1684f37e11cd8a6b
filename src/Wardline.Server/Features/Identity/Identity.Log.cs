namespace Wardline.Server.Features.Identity;

internal static partial class IdentityLog
{
    [LoggerMessage(LogLevel.Information, "Participant {participant} signed in by a visit link")]
    public static partial void SignedIn(this ILogger logger, string participant);

    [LoggerMessage(LogLevel.Information, "A browser signed its person out")]
    public static partial void SignedOut(this ILogger logger);

    [LoggerMessage(LogLevel.Warning, "A visit link from {address} was refused")]
    public static partial void LinkRefused(this ILogger logger, string address);

    [LoggerMessage(LogLevel.Warning, "Too many link tries from {address}")]
    public static partial void TooManyLinkTries(this ILogger logger, string address);
}
