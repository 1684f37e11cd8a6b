using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Wardline.Server.Platform;

/// <summary>OpenTelemetry, only when a receiver is configured: nothing leaves this machine by itself.</summary>
internal static class Telemetry
{
    /// <summary>The name of every meter of this server.</summary>
    public const string MeterName = "Wardline";

    public static void AddTelemetry(this WebApplicationBuilder builder, PlatformOptions options)
    {
        builder.Services.AddMetrics();
        if (options.TelemetryEndpoint is not { } endpoint)
        {
            return;
        }

        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("wardline", serviceVersion: typeof(Telemetry).Assembly.GetName().Version?.ToString(3)))
            .WithMetrics(metrics => metrics
                .AddMeter(MeterName, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel")
                .AddOtlpExporter(otlp => otlp.Endpoint = endpoint))
            .WithTracing(traces => traces
                .AddSource(MeterName)
                // Paths hold visit ids and stay out of the traces: the route's template says enough.
                .AddAspNetCoreInstrumentation(http => http.EnrichWithHttpRequest = static (activity, _) => activity.SetTag("url.path", null))
                .AddOtlpExporter(otlp => otlp.Endpoint = endpoint));
    }
}
