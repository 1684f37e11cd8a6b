using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Wardline.Cli.Tests.Running;

namespace Wardline.Cli.Tests.Relay;

/// <summary>
/// coturn by the file that operators put in place, deploy/coturn/turnserver.conf. Only what the file says to replace is
/// replaced, and what a machine without root and without public addresses needs: ports, paths, loopback peers.
/// </summary>
public sealed class DeployedRelay : IAsyncLifetime
{
    /// <summary>Where the SFU would be: not the relay's own address.</summary>
    public const string Sfu = "127.0.0.20";

    private readonly string _folder = Directory.CreateTempSubdirectory("wardline-relay-").FullName;
    private RunningProgram? _turnserver;

    public string Secret { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    public int Port { get; } = Ports.Free();

    public int TlsPort { get; } = Ports.Free();

    public string Log => string.Concat(Directory.EnumerateFiles(_folder, "turnserver*.log").Select(File.ReadAllText));

    public async ValueTask InitializeAsync()
    {
        string file = await File.ReadAllTextAsync(Path.Combine(RunningProgram.Root, "deploy", "coturn", "turnserver.conf"));
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = new CertificateRequest("CN=relay", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await File.WriteAllTextAsync(Path.Combine(_folder, "certificate.pem"), certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(Path.Combine(_folder, "key.pem"), key.ExportPkcs8PrivateKeyPem());
        foreach ((string pattern, string with) in (ReadOnlySpan<(string, string)>)
        [
            ("REPLACE-WITH-THE-OUTPUT-OF-openssl-rand-hex-32", Secret),
            (@"203\.0\.113\.10", "127.0.0.1"),
            (@"203\.0\.113\.20", Sfu),
            (@"(?<=^listening-port=)\d+", $"{Port}"),
            (@"(?<=^tls-listening-port=)\d+", $"{TlsPort}"),
            ("/etc/wardline/relay/", $"{_folder}/"),
            (@"(?<=^userdb=).*", $"{_folder}/turndb"),
            (@"(?<=^log-file=).*", $"{_folder}/turnserver.log"),
        ])
        {
            Assert.Matches(new Regex(pattern, RegexOptions.Multiline), file);
            file = Regex.Replace(file, pattern, with, RegexOptions.Multiline);
        }

        string path = Path.Combine(_folder, "turnserver.conf");
        await File.WriteAllTextAsync(path, $"{file}\nallow-loopback-peers\nsimple-log\nno-stdout-log\npidfile={_folder}/turnserver.pid\n");
        _turnserver = RunningProgram.Start("turnserver", ["-c", path]);
        Assert.True(SpinWait.SpinUntil(() => Answers(TlsPort) && Answers(Port), TimeSpan.FromSeconds(30)), _turnserver.Output + Log);
    }

    public async ValueTask DisposeAsync()
    {
        if (_turnserver is not null)
        {
            await _turnserver.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
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
