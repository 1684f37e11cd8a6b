using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Wardline.Server.Platform.Storage;

namespace Wardline.Server.Platform;

/// <summary>What every slice stands on: data root, TLS, storage, headers, telemetry.</summary>
internal static class PlatformSetup
{
    private const int MaxRequestBodyBytes = 64 * 1024;

    public static SettingsReader AddSettings(this WebApplicationBuilder builder)
    {
        // The data root may hold the settings of its instance; command line and environment win over it.
        string root = builder.Configuration["Data:Root"] ?? "data";
        builder.Configuration.Sources.Insert(0, new Microsoft.Extensions.Configuration.Json.JsonConfigurationSource
        {
            FileProvider = null,
            Path = Path.GetFullPath(Path.Combine(root, "wardline.json")),
            Optional = true,
        });
        foreach (Microsoft.Extensions.Configuration.Json.JsonConfigurationSource source in builder.Configuration.Sources.OfType<Microsoft.Extensions.Configuration.Json.JsonConfigurationSource>())
        {
            source.ResolveFileProvider();
        }

        return new SettingsReader(builder.Configuration);
    }

    public static void AddPlatform(this WebApplicationBuilder builder, SettingsReader settings)
    {
        PlatformOptions options = PlatformOptions.Read(settings);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(_ => new DataRoot(options.DataRoot));
        builder.Services.AddSingleton(services => ServerCertificate.Load(
            options, services.GetRequiredService<DataRoot>(), TimeProvider.System.GetUtcNow()));
        builder.Services.AddSingleton<ServerAddress>();
        builder.Services.AddResponseCompression(compression => compression.EnableForHttps = true);
        builder.Services.AddHostedService<HeapUpkeep>();
        builder.AddStorage();
        builder.AddTelemetry(options);
        builder.AddLogs();

        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.AddOptions<KestrelServerOptions>().Configure<IServiceProvider>((kestrel, services) =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxRequestBodyBytes;
            kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Limits.MaxConcurrentConnections = 10_000;
            X509Certificate2 certificate = services.GetRequiredService<X509Certificate2>();
            Listen(kestrel, options, listen => listen.UseHttps(https =>
            {
                https.SslProtocols = SslProtocols.Tls13;
                https.ServerCertificate = certificate;
                https.HandshakeTimeout = TimeSpan.FromSeconds(10);
            }));
        });
    }

    public static void UsePlatform(this WebApplication app)
    {
        app.Services.GetRequiredService<SchemaUpgrade>().Apply();
        if (app.Services.GetRequiredService<PlatformOptions>().TrustedProxies is { Count: > 0 } proxies)
        {
            // Who asks, and nothing else: host and scheme are this server's own. A chain is followed back to the first
            // address that is no proxy of ours; what stands before it anybody may have written.
            ForwardedHeadersOptions forwarded = new() { ForwardedHeaders = ForwardedHeaders.XForwardedFor, ForwardLimit = null };
            forwarded.KnownProxies.Clear();
            forwarded.KnownIPNetworks.Clear();
            foreach (System.Net.IPNetwork proxy in proxies)
            {
                forwarded.KnownIPNetworks.Add(proxy);
            }

            app.UseForwardedHeaders(forwarded);
        }

        SecurityHeaders.Use(app);
        app.Use(static async (context, next) =>
        {
            try
            {
                await next(context);
            }
            catch (Microsoft.AspNetCore.Http.BadHttpRequestException) when (!context.Response.HasStarted)
            {
                await Problem.Malformed.ExecuteAsync(context);
            }
            catch (Exception fault) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
            {
                context.RequestServices.GetRequiredService<ILogger<WebApplication>>().RequestFailed(fault, context.Request.Method);
                await new Problem(500, "http.fault", "The server made a mistake; it is in its log.").ExecuteAsync(context);
            }
        });
        app.Use(static (context, next) =>
        {
            if (!(HttpMethods.IsPost(context.Request.Method) || HttpMethods.IsDelete(context.Request.Method)) || OriginRule.Allows(context.Request))
            {
                return next(context);
            }

            context.RequestServices.GetRequiredService<ILogger<WebApplication>>().WrongOrigin(context.GetEndpoint()?.DisplayName ?? "no address of this server");
            return Problem.WrongOrigin.ExecuteAsync(context);
        });
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = Timeout.InfiniteTimeSpan });
    }

    private static void Listen(KestrelServerOptions kestrel, PlatformOptions options, Action<ListenOptions> configure)
    {
        if (options.IsLocalOnly && options.Port != 0)
        {
            kestrel.ListenLocalhost(options.Port, configure);
        }
        else if (options.IsLocalOnly)
        {
            kestrel.Listen(IPAddress.Loopback, 0, configure); // a free port is one of one address
        }
        else if (options.Address is { } address)
        {
            kestrel.Listen(address, options.Port, configure);
        }
        else
        {
            kestrel.ListenAnyIP(options.Port, configure);
        }
    }

    private static void AddLogs(this WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            console.UseUtcTimestamp = true;
            console.ColorBehavior = Microsoft.Extensions.Logging.Console.LoggerColorBehavior.Disabled;
        });
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("System", LogLevel.Warning);
        // Kestrel logs a failed listen before the process says the same in one line.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
    }
}
