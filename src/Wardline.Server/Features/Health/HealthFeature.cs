using System.Text.Json;
using System.Text.Json.Serialization;
using Wardline.Server.Platform.Storage;

namespace Wardline.Server.Features.Health;

/// <summary>One thing without which this instance cannot take a visit.</summary>
internal interface IReadiness
{
    string Name { get; }

    /// <returns>Null when ready, or what is wrong, in words for an operator.</returns>
    ValueTask<string?> CheckAsync(CancellationToken cancel);
}

/// <summary><c>/healthz</c>: the process answers. <c>/readyz</c>: it can take visits. Neither says anything about anybody.</summary>
internal static class HealthFeature
{
    public static void AddHealth(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IReadiness, StorageReadiness>();
        builder.Services.AddHostedService<InstanceNoteWriter>();
    }

    public static void MapHealth(this WebApplication app)
    {
        app.MapGet("/healthz", static (HttpContext context) => Answer(context, new HealthAnswer("ok", []), StatusCodes.Status200OK));
        app.MapGet("/readyz", static async (HttpContext context, IEnumerable<IReadiness> checks) =>
        {
            List<string> failing = [];
            foreach (IReadiness check in checks)
            {
                if (await check.CheckAsync(context.RequestAborted) is { } problem)
                {
                    failing.Add($"{check.Name}: {problem}");
                }
            }

            return failing.Count == 0
                ? Answer(context, new HealthAnswer("ready", []), StatusCodes.Status200OK)
                : Answer(context, new HealthAnswer("not-ready", failing), StatusCodes.Status503ServiceUnavailable);
        });
    }

    private static IResult Answer(HttpContext context, HealthAnswer answer, int status)
    {
        context.Response.Headers.CacheControl = "no-store";
        return Results.Json(answer, HealthJson.Default.HealthAnswer, statusCode: status);
    }
}

internal sealed class StorageReadiness(Database database) : IReadiness
{
    public string Name => "storage";

    public ValueTask<string?> CheckAsync(CancellationToken cancel)
    {
        try
        {
            using Microsoft.Data.Sqlite.SqliteConnection connection = database.Open();
            using Microsoft.Data.Sqlite.SqliteCommand command = connection.CreateCommand();
            command.CommandText = "SELECT max(number) FROM schema_version";
            return ValueTask.FromResult(command.ExecuteScalar() is long ? null : "the database has no schema");
        }
        catch (Microsoft.Data.Sqlite.SqliteException failure)
        {
            return ValueTask.FromResult<string?>($"SQLite error {failure.SqliteErrorCode}");
        }
    }
}

internal sealed record HealthAnswer(string Status, IReadOnlyList<string> Failing);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(HealthAnswer))]
internal sealed partial class HealthJson : JsonSerializerContext;
