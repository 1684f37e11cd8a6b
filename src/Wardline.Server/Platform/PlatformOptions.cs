using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Wardline.Server.Platform;

/// <summary>Where this instance keeps its data, where it listens, and under which name people reach it.</summary>
internal sealed record PlatformOptions
{
    public required string DataRoot { get; init; }

    /// <summary>The name or address in links: what people type. Only <c>localhost</c> unless set.</summary>
    public required string Host { get; init; }

    /// <summary>Where the HTTPS port is bound. Without a setting: every address, or only this machine when the host is <c>localhost</c>.</summary>
    public required IPAddress? Address { get; init; }

    /// <summary>0 takes a free port.</summary>
    public required int Port { get; init; }

    /// <summary>Whose <c>X-Forwarded-For</c> is believed; nobody's unless set.</summary>
    public required IReadOnlyList<IPNetwork> TrustedProxies { get; init; }

    /// <summary>The built visit page.</summary>
    public required string WebRoot { get; init; }

    /// <summary>The built admin pages, which are shown below <c>/admin</c>.</summary>
    public required string AdminRoot { get; init; }

    public required string? CertificatePath { get; init; }

    public required string? KeyPath { get; init; }

    /// <summary>OTLP endpoint; telemetry leaves this machine only when it is set.</summary>
    public required Uri? TelemetryEndpoint { get; init; }

    public required TelemetryProtocol TelemetryProtocol { get; init; }

    public bool IsLocalOnly => Host == "localhost" && Address is null;

    public static PlatformOptions Read(SettingsReader settings)
    {
        PlatformOptions options = new()
        {
            DataRoot = settings.Text("Data:Root", "data"),
            Host = settings.Text("Server:Host", "localhost"),
            Address = settings.OptionalText("Server:Address") is null ? null : settings.Address("Server:Address", IPAddress.IPv6Any),
            Port = settings.Whole("Server:Port", 8443, 0, 65535),
            TrustedProxies = settings.Networks("Server:TrustedProxies"),
            WebRoot = Path.GetFullPath(settings.Text("Web:Root", Path.Combine("web", "apps", "visit", "dist"))),
            AdminRoot = Path.GetFullPath(settings.Text("Web:AdminRoot", Path.Combine("web", "apps", "admin", "dist"))),
            CertificatePath = settings.OptionalText("Tls:Certificate"),
            KeyPath = settings.OptionalText("Tls:Key"),
            TelemetryEndpoint = Endpoint(settings),
            TelemetryProtocol = settings.OneOf(
                "Telemetry:Protocol", Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_PROTOCOL") == "http/protobuf" ? TelemetryProtocol.Http : TelemetryProtocol.Grpc),
        };
        if (Uri.CheckHostName(options.Host) is UriHostNameType.Unknown or UriHostNameType.Basic)
        {
            settings.Refuse("Server:Host", options.Host, "a DNS name or an IP address");
        }

        if ((options.CertificatePath is null) != (options.KeyPath is null))
        {
            settings.Refuse(options.KeyPath is null ? "Tls:Key" : "Tls:Certificate", "", "given together with the other one (two PEM files), or neither");
        }

        foreach ((string name, string? path) in ((string, string?)[])[("Tls:Certificate", options.CertificatePath), ("Tls:Key", options.KeyPath)])
        {
            if (path is not null && !File.Exists(path))
            {
                settings.Refuse(name, path, "a PEM file that exists");
            }
        }

        return options;
    }

    /// <summary>Addresses under which other machines may reach this one, IPv4 first; the loopback address is not among them.</summary>
    public static IReadOnlyList<IPAddress> HostAddresses()
    {
        try
        {
            return
            [
                .. NetworkInterface.GetAllNetworkInterfaces()
                    .Where(i => i.OperationalStatus == OperationalStatus.Up && i.NetworkInterfaceType != NetworkInterfaceType.Loopback)
                    .SelectMany(i => i.GetIPProperties().UnicastAddresses)
                    .Select(a => a.Address)
                    .Where(a => a.AddressFamily == AddressFamily.InterNetwork || a is { AddressFamily: AddressFamily.InterNetworkV6, IsIPv6LinkLocal: false })
                    .Distinct()
                    .OrderBy(a => a.AddressFamily == AddressFamily.InterNetwork ? 0 : 1),
            ];
        }
        catch (NetworkInformationException)
        {
            return []; // a sandbox that hides its interfaces: loopback still works
        }
    }

    private static Uri? Endpoint(SettingsReader settings)
    {
        string? text = settings.OptionalText("Telemetry:Endpoint") ?? Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT");
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https")
        {
            return uri;
        }

        settings.Refuse("Telemetry:Endpoint", text, "an http or https URL of an OTLP receiver");
        return null;
    }
}
