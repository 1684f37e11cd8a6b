namespace Wardline.Server.Features.Identity;

internal static partial class IdentityLog
{
    [LoggerMessage(LogLevel.Information, "Participant {participant} signed in by a visit link")]
    public static partial void SignedIn(this ILogger logger, string participant);

    [LoggerMessage(LogLevel.Warning, "A visit link from {address} was refused")]
    public static partial void LinkRefused(this ILogger logger, string address);

    [LoggerMessage(LogLevel.Warning, "Too many link tries from {address}")]
    public static partial void TooManyLinkTries(this ILogger logger, string address);
}
