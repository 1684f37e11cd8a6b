using Wardline.Server.Platform;

namespace Wardline.Server.Features.Signaling;

/// <summary>The times of docs/protocol.md. Sizes and rates are part of the protocol and no settings.</summary>
internal sealed record SignalingOptions
{
    public required TimeSpan TicketLifetime { get; init; }

    public required TimeSpan HelloWithin { get; init; }

    /// <summary>Without any message for so long a socket is dead.</summary>
    public required TimeSpan SilenceAfter { get; init; }

    /// <summary>How long the media transport of a lost socket waits for its page.</summary>
    public required TimeSpan ResumeWithin { get; init; }

    public required TimeSpan IdleEnd { get; init; }

    /// <summary>How long before <see cref="IdleEnd"/> people are warned.</summary>
    public required TimeSpan IdleWarning { get; init; }

    /// <summary>How often members of a call turn their sender keys.</summary>
    public required TimeSpan RotateInterval { get; init; }

    public static SignalingOptions Read(SettingsReader settings)
    {
        TimeSpan second = TimeSpan.FromSeconds(1);
        SignalingOptions options = new()
        {
            TicketLifetime = settings.Duration("Signaling:TicketLifetime", 60 * second, second, 60 * second),
            HelloWithin = settings.Duration("Signaling:HelloWithin", 10 * second, second, 60 * second),
            SilenceAfter = settings.Duration("Signaling:SilenceAfter", 15 * second, 6 * second, 120 * second),
            ResumeWithin = settings.Duration("Signaling:ResumeWithin", 60 * second, second, TimeSpan.FromMinutes(10)),
            IdleEnd = settings.Duration("Signaling:IdleEnd", TimeSpan.FromMinutes(5), 2 * second, TimeSpan.FromHours(8)),
            IdleWarning = settings.Duration("Signaling:IdleWarning", 60 * second, second, TimeSpan.FromHours(1)),
            RotateInterval = settings.Duration("Signaling:RotateInterval", TimeSpan.FromMinutes(30), second, TimeSpan.FromMinutes(30)),
        };
        if (options.IdleWarning >= options.IdleEnd)
        {
            settings.Refuse("Signaling:IdleWarning", options.IdleWarning.ToString(), $"shorter than Signaling:IdleEnd ({options.IdleEnd})");
        }

        return options;
    }
}
