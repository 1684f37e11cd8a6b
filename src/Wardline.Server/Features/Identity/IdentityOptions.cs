using Wardline.Server.Platform;

namespace Wardline.Server.Features.Identity;

internal sealed record IdentityOptions
{
    /// <summary>How long a browser stays signed in after it has opened a link.</summary>
    public required TimeSpan SessionLifetime { get; init; }

    /// <summary>Wrong links from one address before it has to wait.</summary>
    public required int LinkTries { get; init; }

    /// <summary>After this time one more try is granted.</summary>
    public required TimeSpan LinkTryEvery { get; init; }

    public static IdentityOptions Read(SettingsReader settings) => new()
    {
        SessionLifetime = settings.Duration("Identity:SessionLifetime", TimeSpan.FromHours(12), TimeSpan.FromMinutes(1), TimeSpan.FromDays(30)),
        LinkTries = settings.Whole("Identity:LinkTries", 10, 1, 1000),
        LinkTryEvery = settings.Duration("Identity:LinkTryEvery", TimeSpan.FromSeconds(6), TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1)),
    };
}
