using System.Text.Json;
using System.Text.Json.Serialization;
using Wardline.Media;
using Wardline.Server.Features.Turn;
using Wardline.Server.Platform;

namespace Wardline.Server.Features.Health;

/// <summary>
/// Writes down where this instance listens (run/instance.json in the data root), so that <c>wardline doctor</c> examines
/// what really runs. No secret is in it, only where one stands.
/// </summary>
internal sealed class InstanceNoteWriter(
    PlatformOptions platform, MediaOptions media, TurnOptions turn, IConfiguration configuration, DataRoot data, ServerAddress address, IHostApplicationLifetime lifetime) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStarted.Register(() => DataRoot.WritePrivate(data.File("run", "instance.json"), JsonSerializer.SerializeToUtf8Bytes(
            new InstanceNote(
                platform.Host, address.Port, media.UdpPort, media.TcpPort, [.. media.AdvertisedAddresses.Select(a => a.ToString())],
                Path.GetFullPath(platform.CertificatePath ?? data.File("tls", "certificate.pem")), turn.Urls, Reference(configuration["Turn:Secret"])),
            InstanceNoteJson.Default.InstanceNote)));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static string? Reference(string? reference) =>
        reference is { } r && r.StartsWith("file:", StringComparison.Ordinal) ? $"file:{Path.GetFullPath(r["file:".Length..])}" : reference;
}

internal sealed record InstanceNote(
    string Host, int Port, int UdpPort, int TcpPort, IReadOnlyList<string> AdvertisedAddresses, string Certificate, IReadOnlyList<string> TurnUrls, string? TurnSecret);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(InstanceNote))]
internal sealed partial class InstanceNoteJson : JsonSerializerContext;
