using System.Text.Json;

namespace Wardline.Cli.Doctor;

/// <summary>What a running server has written down about itself (run/instance.json in the data root); no secret is in it.</summary>
internal sealed record InstanceNote(
    string Host, int Port, int UdpPort, int TcpPort, IReadOnlyList<string> AdvertisedAddresses, string Certificate, IReadOnlyList<string> TurnUrls, string? TurnSecret);

/// <summary>The instance that is examined: what it wrote down, and what the command line says instead.</summary>
internal sealed record Subject
{
    public required string DataRoot { get; init; }

    public required InstanceNote Instance { get; init; }

    public string? NtpServer { get; init; }

    /// <summary>Less room on the disk than this keeps an instance from working.</summary>
    public long LeastFreeBytes { get; init; } = DiskCheck.LeastBytes;

    public static InstanceNote ReadNote(string dataRoot)
    {
        string path = Path.Combine(dataRoot, "run", "instance.json");
        if (File.Exists(path))
        {
            try
            {
                if (JsonSerializer.Deserialize(File.ReadAllText(path), DoctorJson.Default.InstanceNote) is { } note)
                {
                    return note;
                }
            }
            catch (JsonException)
            {
                // half written or from another version: the defaults are as good
            }
        }

        return new InstanceNote("localhost", 8443, 7881, 7881, ["127.0.0.1"], Path.Combine(dataRoot, "tls", "certificate.pem"), [], null);
    }
}
