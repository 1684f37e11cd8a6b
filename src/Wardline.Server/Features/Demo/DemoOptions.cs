using Wardline.Server.Features.Visits;
using Wardline.Server.Platform;

namespace Wardline.Server.Features.Demo;

internal enum QrCodes
{
    Auto,
    Always,
    Never,
}

internal sealed record DemoOptions
{
    public required bool Enabled { get; init; }

    /// <summary>People beside clinician and patient: an interpreter first, then family.</summary>
    public required int Guests { get; init; }

    /// <summary>Further visits to load this instance with; their links stand in a file of the data root.</summary>
    public required int Visits { get; init; }

    public required string Profile { get; init; }

    public required QrCodes Qr { get; init; }

    public static DemoOptions Read(SettingsReader settings)
    {
        DemoOptions options = new()
        {
            Enabled = settings.Flag("Demo:Enabled", false),
            Guests = settings.Whole("Demo:Guests", 0, 0, 10),
            Visits = settings.Whole("Demo:Visits", 0, 0, 10_000),
            Profile = settings.Text("Demo:Profile", MediaProfile.Standard),
            Qr = settings.OneOf("Demo:Qr", QrCodes.Auto),
        };
        if (options.Profile is not (MediaProfile.Standard or MediaProfile.TestNoE2ee))
        {
            settings.Refuse("Demo:Profile", options.Profile, $"{MediaProfile.Standard}, or {MediaProfile.TestNoE2ee} in tests with clients that cannot encrypt");
        }

        return options;
    }
}
