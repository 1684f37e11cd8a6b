using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Wardline.Cli.Tests.Load;

/// <summary>
/// A server that keeps the protocol as far as a test lets it, on raw TLS: what it says is text, so that it can say anything.
/// It has one visit, whose link and certificate lie in files as those of a real one do.
/// </summary>
internal sealed class BadServer : IAsyncDisposable
{
    public const string Silence = "";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("wardline-bad-");
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly X509Certificate2 _certificate = SelfSigned();
    private readonly List<Task> _connections = [];
    private readonly Task _accepting;

    public BadServer()
    {
        _listener.Start();
        Link = Answer("""{"person":{"id":"p","name":"n","role":"clinician"},"visit":"v"}""");
        Join = Answer($$"""{"ticket":"t","expiresInSeconds":60,"socket":"wss://localhost:{{Port}}/socket"}""");
        File.WriteAllText(Links, JsonSerializer.Serialize(new[] { new { visit = "v", links = new[] { new { role = "Clinician", link = $"https://localhost:{Port}/visit/v#AAAAAAAAAAAAAAAAAAAAAA" } } } }));
        File.WriteAllText(Pin, _certificate.ExportCertificatePem());
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public string Links => Path.Combine(_folder.FullName, "visits.json");

    public string Pin => Path.Combine(_folder.FullName, "certificate.pem");

    /// <summary>False: what connects is held, and nothing is ever said.</summary>
    public bool Tls { get; init; } = true;

    /// <summary>The whole HTTP answer to the link; <see cref="Silence"/>: none.</summary>
    public string Link { get; init; }

    /// <summary>To the request to join.</summary>
    public string Join { get; init; }

    /// <summary>To the request for the socket; null: it is opened.</summary>
    public string? Upgrade { get; init; }

    /// <summary>The first message on the socket; <see cref="Silence"/>: none.</summary>
    public string Welcome { get; init; } =
        """{"type":"welcome","protocol":1,"visit":{"id":"v","type":"load"},"you":{"participant":"a","name":"n","role":"clinician"},"resumed":false,"e2ee":{"required":true,"rotateSeconds":1800},"idle":{"endSeconds":300,"warnSeconds":60},"profile":"standard"}""";

    /// <summary>What is said to a message, by its type and id.</summary>
    public Func<string, int, IEnumerable<string>> Say { get; init; } = static (_, _) => [];

    public static string Answer(string json, string status = "200 OK", string type = "application/json") =>
        $"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: {Encoding.UTF8.GetByteCount(json)}\r\nConnection: close\r\n\r\n{json}";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
        _certificate.Dispose();
        _stop.Dispose();
        _folder.Delete(recursive: true);
    }

    /// <summary>Another certificate than this server's.</summary>
    public string WrongPin()
    {
        string path = Path.Combine(_folder.FullName, "other.pem");
        using X509Certificate2 other = SelfSigned();
        File.WriteAllText(path, other.ExportCertificatePem());
        return path;
    }

    private static X509Certificate2 SelfSigned()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // the test is over
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                await ServeAsync(client.GetStream());
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or WebSocketException or AuthenticationException or SocketException)
            {
                // It went away, or the test is over.
            }
        }
    }

    private async Task ServeAsync(NetworkStream plain)
    {
        if (!Tls)
        {
            await Task.Delay(Timeout.Infinite, _stop.Token);
        }

        using SslStream stream = new(plain);
        await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate, EnabledSslProtocols = SslProtocols.Tls13 }, _stop.Token);
        while (true)
        {
            string request = await RequestAsync(stream);
            string? answer = request.StartsWith("POST /api/identity/link", StringComparison.Ordinal) ? Link : request.StartsWith("POST", StringComparison.Ordinal) ? Join : Upgrade;
            if (answer == Silence)
            {
                await Task.Delay(Timeout.Infinite, _stop.Token);
            }

            if (answer is null)
            {
                await TalkAsync(stream, request);
                return;
            }

            await stream.WriteAsync(Encoding.UTF8.GetBytes(answer), _stop.Token);
            if (answer.Contains("Connection: close", StringComparison.Ordinal) || !answer.StartsWith("HTTP/", StringComparison.Ordinal))
            {
                return;
            }
        }
    }

    private async Task TalkAsync(SslStream stream, string request)
    {
        string key = Regex.Match(request, @"Sec-WebSocket-Key: (\S+)", RegexOptions.IgnoreCase).Groups[1].Value;
#pragma warning disable CA5350 // RFC 6455 §4.2.2 demands it, and it protects nothing
        string accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: wardline.v1\r\n\r\n"), _stop.Token);
        using WebSocket socket = WebSocket.CreateFromStream(stream, isServer: true, "wardline.v1", Timeout.InfiniteTimeSpan);
        await SayAsync(socket, Welcome);
        byte[] buffer = new byte[64 << 10];
        while (true)
        {
            int length = 0;
            WebSocketReceiveResult part;
            do
            {
                part = await socket.ReceiveAsync(new ArraySegment<byte>(buffer, length, buffer.Length - length), _stop.Token);
                length += part.Count;
            }
            while (!part.EndOfMessage);

            if (part.MessageType == WebSocketMessageType.Close)
            {
                return;
            }

            using JsonDocument message = JsonDocument.Parse(buffer.AsMemory(0, length));
            int id = message.RootElement.TryGetProperty("id", out JsonElement number) ? number.GetInt32() : 0;
            foreach (string said in Say(message.RootElement.GetProperty("type").GetString()!, id))
            {
                await SayAsync(socket, said);
            }
        }
    }

    private async Task SayAsync(WebSocket socket, string text)
    {
        if (text != Silence)
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, _stop.Token);
        }
    }

    /// <summary>Head and body, both kinds of length.</summary>
    private async Task<string> RequestAsync(SslStream stream)
    {
        StringBuilder text = new();
        byte[] buffer = new byte[8192];
        while (true)
        {
            string all = text.ToString();
            int head = all.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (head >= 0)
            {
                Match length = Regex.Match(all, @"Content-Length: (\d+)", RegexOptions.IgnoreCase);
                bool chunked = all.Contains("chunked", StringComparison.OrdinalIgnoreCase);
                if (chunked ? all.EndsWith("0\r\n\r\n", StringComparison.Ordinal) : !length.Success || all.Length >= head + 4 + int.Parse(length.Groups[1].Value, CultureInfo.InvariantCulture))
                {
                    return all;
                }
            }

            int count = await stream.ReadAsync(buffer, _stop.Token);
            if (count == 0)
            {
                throw new IOException("It went away.");
            }

            text.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }
    }
}
