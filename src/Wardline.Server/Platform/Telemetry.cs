using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Wardline.Server.Platform;

/// <summary>How an OTLP receiver is spoken to.</summary>
internal enum TelemetryProtocol
{
    Grpc,

    /// <summary>Protobuf in HTTP/1.1 posts to <c>v1/traces</c> and <c>v1/metrics</c> below the endpoint.</summary>
    Http,
}

/// <summary>OpenTelemetry, only when a receiver is configured: nothing leaves this machine by itself.</summary>
internal static class Telemetry
{
    /// <summary>The name of every meter of this server; the media engine's begins with it.</summary>
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
                .AddMeter(MeterName, $"{MeterName}.*", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel")
                .AddOtlpExporter(otlp => Direct(otlp, options, endpoint, "v1/metrics")))
            .WithTracing(traces => traces
                .AddSource(MeterName)
                // Paths hold visit ids and stay out of the traces: the route's template says enough.
                .AddAspNetCoreInstrumentation(http => http.EnrichWithHttpRequest = static (activity, _) => activity.SetTag("url.path", null))
                .AddOtlpExporter(otlp => Direct(otlp, options, endpoint, "v1/traces")));
    }

    // An endpoint that is set in code is taken as it is, so the path of the OTLP specification has to be added here.
    private static void Direct(OtlpExporterOptions otlp, PlatformOptions options, Uri endpoint, string path)
    {
        bool http = options.TelemetryProtocol == TelemetryProtocol.Http;
        otlp.Protocol = http ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        otlp.Endpoint = http ? new Uri($"{endpoint.AbsoluteUri.TrimEnd('/')}/{path}") : endpoint;
    }
}
