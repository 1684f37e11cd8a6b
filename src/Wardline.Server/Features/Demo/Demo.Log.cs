namespace Wardline.Server.Features.Demo;

internal static partial class DemoLog
{
    [LoggerMessage(LogLevel.Warning, "The demo visit runs under the profile test-no-e2ee: clients without end-to-end encryption get in. For tests only")]
    public static partial void EncryptionOptional(this ILogger logger);
}
