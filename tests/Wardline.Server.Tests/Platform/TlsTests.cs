using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Wardline.Server.Tests.Hosting;

namespace Wardline.Server.Tests.Platform;

public sealed class TlsTests
{
    [Theory]
    [InlineData(SslProtocols.Tls13, true)]
    [InlineData(SslProtocols.Tls12, false)]
    public async Task Only_TLS_1_3_is_spoken(SslProtocols protocol, bool accepted)
    {
        await using TestWardline server = await TestWardline.StartAsync();
        using TcpClient tcp = new();
        await tcp.ConnectAsync("127.0.0.1", server.Port);
        await using SslStream tls = new(tcp.GetStream());
        Task handshake = tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            EnabledSslProtocols = protocol,
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
        });
        if (accepted)
        {
            await handshake;
            Assert.Equal(SslProtocols.Tls13, tls.SslProtocol);
        }
        else
        {
            await Assert.ThrowsAnyAsync<Exception>(() => handshake);
        }
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("GET /api/signal HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: wardline.v1\r\n\r\n")]
    public async Task Plain_http_and_plain_websocket_get_no_answer(string request)
    {
        await using TestWardline server = await TestWardline.StartAsync();
        using TcpClient tcp = new();
        await tcp.ConnectAsync("127.0.0.1", server.Port);
        await tcp.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
        byte[] answer = new byte[1024];
        int length = 0;
        try
        {
            length = await tcp.GetStream().ReadAtLeastAsync(answer, answer.Length, throwOnEndOfStream: false);
        }
        catch (IOException)
        {
            // reset: no answer either
        }

        Assert.DoesNotContain("HTTP/", Encoding.ASCII.GetString(answer, 0, length), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_server_makes_its_own_certificate_once_and_keeps_it()
    {
        string data = Directory.CreateTempSubdirectory("wardline-test-").FullName;
        string first, second, later;
        ManualClock clock = new();
        await using (TestWardline server = await TestWardline.StartAsync(data, clock))
        {
            using X509Certificate2 made = X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(Path.Combine(data, "tls", "certificate.pem")));
            first = made.Thumbprint;
            Assert.Equal("1.2.840.10045.2.1", made.PublicKey.Oid.Value); // an elliptic-curve key
            Assert.Equal(256, made.GetECDsaPublicKey()!.KeySize);
            Assert.True(made.MatchesHostname("localhost"));
            Assert.True(made.MatchesHostname("127.0.0.1"));
            Assert.True(made.MatchesHostname("::1"));
            Assert.False(made.MatchesHostname("example.org"));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(data, "tls", "key.pem")));
            Assert.Equal(first, await ServedAsync(server));
        }

        await using (TestWardline server = await TestWardline.StartAsync(data, clock))
        {
            second = await ServedAsync(server);
        }

        await using (TestWardline server = await TestWardline.StartAsync(data, clock, "--Server:Host=visits.example.org", "--Server:Address=127.0.0.1"))
        {
            later = await ServedAsync(server);
            using X509Certificate2 made = X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(Path.Combine(data, "tls", "certificate.pem")));
            Assert.True(made.MatchesHostname("visits.example.org"));
        }

        Assert.Equal(first, second);
        Assert.NotEqual(first, later); // the old one does not name the new host
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(data, recursive: true);
    }

    private static async Task<string> ServedAsync(TestWardline server)
    {
        using TcpClient tcp = new();
        await tcp.ConnectAsync("127.0.0.1", server.Port);
        await using SslStream tls = new(tcp.GetStream());
        SslClientAuthenticationOptions options = Browser.Trusting;
        options.TargetHost = "localhost";
        await tls.AuthenticateAsClientAsync(options);
        return X509CertificateLoader.LoadCertificate(tls.RemoteCertificate!.GetRawCertData()).Thumbprint;
    }
}
