namespace Wardline.Server.Platform;

/// <summary>A browser says which page a call comes from; only this server's own pages may call.</summary>
internal static class OriginRule
{
    /// <summary>True without an <c>Origin</c> header: not a browser, so no cookies of somebody else are at hand.</summary>
    public static bool Allows(HttpRequest request)
    {
        string? origin = request.Headers.Origin;
        return string.IsNullOrEmpty(origin) ||
            string.Equals(origin, $"https://{request.Host.Value}", StringComparison.OrdinalIgnoreCase);
    }
}
