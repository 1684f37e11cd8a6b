using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Wardline.Client.Tests.Signaling;

namespace Wardline.Client.Tests.Relay;

/// <summary>The real server, and beside it coturn, which the server names for media.</summary>
/// <param name="tls">The server names it over TLS, behind a door that a test can slam; else over UDP.</param>
/// <param name="estranged">Server and relay hold different secrets.</param>
public abstract class RelayedServer(bool tls, bool estranged = false) : RunningServer
{
    private readonly string _folder = Directory.CreateTempSubdirectory("wardline-client-relay-").FullName;
    private readonly string _secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
    private Process? _turnserver;

    public int Port { get; } = Ports.Free();

    public int TlsPort { get; } = Ports.Free();

    /// <summary>Before the relay's TLS port.</summary>
    internal Door? Door { get; private set; }

    public string RelayCertificate => Path.Combine(_folder, "certificate.pem");

    protected override IEnumerable<(string Name, string Value)> Settings =>
    [
        ("Turn__Urls__0", tls ? $"turns:127.0.0.1:{Door!.Port}?transport=tcp" : $"turn:127.0.0.1:{Port}?transport=udp"),
        ("Turn__Secret", "env:WARDLINE_TEST_RELAY_SECRET"), ("WARDLINE_TEST_RELAY_SECRET", estranged ? _secret + "0" : _secret),
    ];

    /// <summary>Credentials as the server makes them (draft-uberti-behave-turn-rest-00).</summary>
    public (string Username, string Password) Credentials()
    {
        string username = $"{DateTimeOffset.UtcNow.AddMinutes(10).ToUnixTimeSeconds()}:test";
#pragma warning disable CA5350 // coturn knows HMAC-SHA1 only
        return (username, Convert.ToBase64String(HMACSHA1.HashData(System.Text.Encoding.UTF8.GetBytes(_secret), System.Text.Encoding.UTF8.GetBytes(username))));
#pragma warning restore CA5350
    }

    public override async ValueTask InitializeAsync()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = new CertificateRequest("CN=relay", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await File.WriteAllTextAsync(RelayCertificate, certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(Path.Combine(_folder, "key.pem"), key.ExportPkcs8PrivateKeyPem());
        string configuration = Path.Combine(_folder, "turnserver.conf");
        await File.WriteAllLinesAsync(configuration,
        [
            "use-auth-secret", $"static-auth-secret={_secret}", "realm=wardline", "listening-ip=127.0.0.1", "relay-ip=127.0.0.1",
            $"listening-port={Port}", $"tls-listening-port={TlsPort}", $"cert={RelayCertificate}", $"pkey={_folder}/key.pem",
            "no-tlsv1", "no-tlsv1_1", "no-dtls", "allow-loopback-peers", "no-cli", "denied-peer-ip=127.0.0.99", $"userdb={_folder}/turndb",
            $"log-file={_folder}/turnserver.log", "simple-log", "no-stdout-log", $"pidfile={_folder}/turnserver.pid",
        ]);
        _turnserver = Process.Start(new ProcessStartInfo("turnserver", ["-c", configuration]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        _turnserver.BeginOutputReadLine();
        _turnserver.BeginErrorReadLine();
        Door = tls ? new Door(TlsPort) : null;
        await base.InitializeAsync();
        Assert.True(SpinWait.SpinUntil(() => Answers(Port) && Answers(TlsPort), TimeSpan.FromSeconds(30)), "the relay does not start");
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (Door is { } door)
        {
            await door.DisposeAsync();
        }

        if (_turnserver is { HasExited: false })
        {
            _turnserver.Kill();
            await _turnserver.WaitForExitAsync();
        }

        _turnserver?.Dispose();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    private static bool Answers(int port)
    {
        try
        {
            using System.Net.Sockets.TcpClient client = new("127.0.0.1", port);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }
}

/// <summary>The relay is named over UDP.</summary>
public sealed class UdpRelayedServer() : RelayedServer(tls: false);

/// <summary>The relay does not take the credentials that the server makes.</summary>
public sealed class EstrangedRelayedServer() : RelayedServer(tls: false, estranged: true);

/// <summary>The relay is named over TLS.</summary>
public sealed class TlsRelayedServer() : RelayedServer(tls: true);
