using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;

namespace Wardline.Server.Platform;

/// <summary>
/// Serves the built pages: the visit page, and below <c>/admin</c> the admin pages. Assets carry a hash in their name and are
/// kept for ever; the page that names them is asked for each time. Every other address outside <c>/api</c> is the page's own
/// business and gets its <c>index.html</c>.
/// </summary>
internal static class Pages
{
    private const string Admin = "/admin";

    public static void MapPages(this WebApplication app)
    {
        PlatformOptions options = app.Services.GetRequiredService<PlatformOptions>();

        // Only public files are compressed: an answer that mixes secrets with a caller's text never is (BREACH).
        app.UseWhen(
            static context => !context.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase),
            pages =>
            {
                pages.UseResponseCompression();
                UseFiles(pages, options.AdminRoot, Admin);
                // The visit page's folder has nothing to say below /admin, whatever lies in it.
                pages.UseWhen(static context => !IsAdmin(context), visit => UseFiles(visit, options.WebRoot, ""));
            });

        app.Map("/api/{**rest}", static () => Problem.NotFound);
        string visitIndex = Path.Combine(options.WebRoot, "index.html");
        string adminIndex = Path.Combine(options.AdminRoot, "index.html");
        app.MapFallback(context => ShowAsync(context, IsAdmin(context) ? adminIndex : visitIndex));
    }

    // As the pages themselves tell their addresses apart: in lower case only.
    private static bool IsAdmin(HttpContext context) => context.Request.Path.StartsWithSegments(Admin, StringComparison.Ordinal);

    private static void UseFiles(IApplicationBuilder pages, string root, PathString below)
    {
        if (Directory.Exists(root))
        {
            pages.UseStaticFiles(new StaticFileOptions
            {
                FileProvider = new PhysicalFileProvider(root),
                RequestPath = below,
                OnPrepareResponse = file => file.Context.Response.Headers.CacheControl =
                    file.Context.Request.Path.StartsWithSegments(below + "/assets", StringComparison.Ordinal) ? "public, max-age=31536000, immutable" : "no-cache",
            });
        }
    }

    private static async Task ShowAsync(HttpContext context, string index)
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
    }
}
