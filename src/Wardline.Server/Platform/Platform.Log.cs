namespace Wardline.Server.Platform;

internal static partial class PlatformLog
{
    [LoggerMessage(LogLevel.Error, "A {method} request failed")]
    public static partial void RequestFailed(this ILogger logger, Exception fault, string method);

    [LoggerMessage(LogLevel.Information, "Schema script {number} {name} applied")]
    public static partial void SchemaApplied(this ILogger logger, int number, string name);

    [LoggerMessage(LogLevel.Warning, "A call from a page of another site was refused: {endpoint}")]
    public static partial void WrongOrigin(this ILogger logger, string endpoint);
}
