using Wardline.Server.Platform;

namespace Wardline.Server.Features.Demo;

/// <summary>A small clinic to try Wardline with: its people, one visit, and their links on the terminal.</summary>
internal static class DemoFeature
{
    public static void AddDemo(this WebApplicationBuilder builder, SettingsReader settings)
    {
        DemoOptions options = DemoOptions.Read(settings);
        if (options.Enabled)
        {
            builder.Services.AddSingleton(options);
            builder.Services.AddSingleton<DemoLinks>();
            builder.Services.AddHostedService<DemoClinic>();
            builder.Services.AddHostedService<LoadVisits>();
        }
    }
}
