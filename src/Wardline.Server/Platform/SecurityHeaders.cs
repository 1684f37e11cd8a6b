namespace Wardline.Server.Platform;

/// <summary>What every answer says to the browser about itself.</summary>
internal static class SecurityHeaders
{
    // Only features that browsers know: each unknown name is a warning on every page. `bluetooth` is known only where
    // Chromium ships Web Bluetooth, and there each use asks the person; no script but ours runs here to ask.
    private const string Permissions =
        "camera=(self), microphone=(self), display-capture=(self), screen-wake-lock=(self), autoplay=(self), " +
        "geolocation=(), payment=(), usb=(), serial=(), hid=(), midi=(), accelerometer=(), gyroscope=(), magnetometer=()";

    public static void Use(WebApplication app) => app.Use(static (context, next) =>
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers.StrictTransportSecurity = "max-age=31536000";
        headers.ContentSecurityPolicy = Policy(context.Request.Host);
        headers["Permissions-Policy"] = Permissions;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer"; // addresses of visits stay here
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (context.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase))
        {
            headers.CacheControl = "no-store";
        }

        return next(context);
    });

    // 'self' covers wss of the same origin only in browsers of CSP level 3, so the socket's origin is named.
    private static string Policy(HostString host) =>
        "default-src 'self'; script-src 'self'; style-src 'self'; worker-src 'self'; " +
        $"connect-src 'self'{(IsPlain(host.Value) ? $" wss://{host.Value}" : "")}; " +
        "img-src 'self' blob: data:; media-src 'self' blob:; font-src 'self'; object-src 'none'; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static bool IsPlain(string? host) =>
        !string.IsNullOrEmpty(host) && host.AsSpan().IndexOfAnyExcept(HostCharacters) < 0;

    private static readonly System.Buffers.SearchValues<char> HostCharacters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]");
}
