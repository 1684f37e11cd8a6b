using System.Text.Json;
using System.Text.Json.Serialization;

namespace Wardline.Server.Platform;

/// <summary>A refusal with its permanent code (docs/protocol.md). The code is never reused with another meaning.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Code">Such as <c>identity.link-refused</c>.</param>
/// <param name="Detail">For a person; never holds what the caller sent.</param>
internal sealed record Problem(int Status, string Code, string Detail) : IResult
{
    public static Problem Malformed { get; } = new(400, "http.malformed", "The request is not what this address takes.");

    public static Problem NotFound { get; } = new(404, "http.not-found", "There is nothing at this address.");

    public static Problem WrongOrigin { get; } = new(403, "http.origin", "The call comes from a page of another site.");

    public static Problem TooMany { get; } = new(429, "http.rate", "Too many calls. Try again in a while.");

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = Status;
        await httpContext.Response.WriteAsJsonAsync(
            new ProblemDocument("about:blank", Detail, Status, Code), ProblemJson.Default.ProblemDocument, "application/problem+json");
    }
}

/// <summary>RFC 9457.</summary>
internal sealed record ProblemDocument(string Type, string Title, int Status, string Code);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ProblemDocument))]
internal sealed partial class ProblemJson : JsonSerializerContext;
