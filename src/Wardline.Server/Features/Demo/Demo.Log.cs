namespace Wardline.Server.Features.Demo;

internal static partial class DemoLog
{
    [LoggerMessage(LogLevel.Warning, "The demo visit runs under the profile test-no-e2ee: clients without end-to-end encryption get in. For tests only")]
    public static partial void EncryptionOptional(this ILogger logger);

    [LoggerMessage(LogLevel.Information, "{Count} further demo visits are ready; their links are in {Path}")]
    public static partial void LoadVisitsReady(this ILogger logger, int count, string path);
}
