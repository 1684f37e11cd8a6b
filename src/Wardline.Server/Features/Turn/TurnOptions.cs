using System.Text.RegularExpressions;
using Wardline.Server.Platform;

namespace Wardline.Server.Features.Turn;

internal sealed partial record TurnOptions
{
    /// <summary>Such as <c>turns:relay.example.org:443?transport=tcp</c>. Empty: there is no relay.</summary>
    public required IReadOnlyList<string> Urls { get; init; }

    /// <summary>The relay's <c>static-auth-secret</c>.</summary>
    public required string? Secret { get; init; }

    public required TimeSpan Lifetime { get; init; }

    public static TurnOptions Read(SettingsReader settings)
    {
        TurnOptions options = new()
        {
            Urls = settings.List("Turn:Urls"),
            Secret = settings.Secret("Turn:Secret"),
            Lifetime = settings.Duration("Turn:Lifetime", TimeSpan.FromHours(1), TimeSpan.FromSeconds(10), TimeSpan.FromHours(1)),
        };
        foreach (string url in options.Urls.Where(u => !Url().IsMatch(u)))
        {
            settings.Refuse("Turn:Urls", url, "a TURN URI (RFC 7065), such as turns:relay.example.org:443?transport=tcp");
        }

        if (options.Urls.Count > 0 && settings.OptionalText("Turn:Secret") is null)
        {
            settings.Refuse("Turn:Secret", "", "given (file:path, env:NAME or pkcs11:…) when there are Turn:Urls");
        }

        return options;
    }

    // RFC 7065 §3.1
    [GeneratedRegex(@"^turns?:([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:\d{1,5})?(\?transport=(udp|tcp))?$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Url();
}
