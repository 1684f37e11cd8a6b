using Wardline.Server.Features.Demo;
using Wardline.Server.Features.Health;
using Wardline.Server.Features.Identity;
using Wardline.Server.Features.Signaling;
using Wardline.Server.Features.Turn;
using Wardline.Server.Features.Visits;
using Wardline.Server.Platform;

namespace Wardline.Server;

/// <summary>What the host is made of, in the order in which it is put together.</summary>
internal static class WardlineHost
{
    /// <param name="args">Settings as <c>--Section:Key=value</c>; the same names work as environment variables (<c>Section__Key</c>).</param>
    /// <param name="replace">A test's clock, its fake media engine: whatever it registers here wins.</param>
    /// <exception cref="InvalidSettingsException">Some setting is wrong; the message names all of them.</exception>
    public static WebApplication Create(string[] args, Action<IServiceCollection>? replace = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            Args = args,
            ContentRootPath = AppContext.BaseDirectory,
        });
        SettingsReader settings = builder.AddSettings();

        builder.AddPlatform(settings);
        builder.AddHealth();
        builder.AddIdentity(settings);
        builder.AddVisits(settings);
        builder.AddTurn(settings);
        builder.AddSignaling(settings);
        builder.AddDemo(settings);
        settings.ThrowIfInvalid();
        replace?.Invoke(builder.Services);

        WebApplication app = builder.Build();
        app.UsePlatform();
        app.MapHealth();
        app.MapIdentity();
        app.MapVisits();
        app.MapTurn();
        app.MapSignaling();
        app.MapPages();
        return app;
    }
}
