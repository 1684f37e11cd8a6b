using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;

namespace Wardline.Server.Platform;

/// <summary>
/// Serves the built pages. Assets carry a hash in their name and are kept for ever; the page that names them is asked
/// for each time. Every other address outside <c>/api</c> is the page's own business and gets <c>index.html</c>.
/// </summary>
internal static class Pages
{
    public static void MapPages(this WebApplication app)
    {
        string root = app.Services.GetRequiredService<PlatformOptions>().WebRoot;
        string index = Path.Combine(root, "index.html");

        // Only public files are compressed: an answer that mixes secrets with a caller's text never is (BREACH).
        app.UseWhen(
            static context => !context.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase),
            pages =>
            {
                pages.UseResponseCompression();
                if (Directory.Exists(root))
                {
                    pages.UseStaticFiles(new StaticFileOptions { FileProvider = new PhysicalFileProvider(root), OnPrepareResponse = SetCache });
                }
            });

        app.Map("/api/{**rest}", static () => Problem.NotFound);
        app.MapFallback(async context =>
        {
            if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method) || Path.HasExtension(context.Request.Path))
            {
                await Problem.NotFound.ExecuteAsync(context);
                return;
            }

            context.Response.ContentType = "text/html; charset=utf-8";
            context.Response.Headers.CacheControl = "no-cache";
            if (File.Exists(index))
            {
                await context.Response.SendFileAsync(index, context.RequestAborted);
                return;
            }

            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            await context.Response.WriteAsync(
                "<!doctype html><html lang=\"en\"><title>Wardline</title><h1>The pages are not built yet</h1><p>Run <code>./run.sh</code>, or <code>npm run build</code> in <code>web/</code>.</p></html>",
                context.RequestAborted);
        });
    }

    private static void SetCache(StaticFileResponseContext file) =>
        file.Context.Response.Headers.CacheControl =
            file.Context.Request.Path.StartsWithSegments("/assets", StringComparison.Ordinal) ? "public, max-age=31536000, immutable" : "no-cache";
}
