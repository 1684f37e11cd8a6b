using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Wardline.Client.Signaling;

namespace Wardline.Client.Tests.Signaling;

/// <summary>A server that says what a test wants: true answers where nothing else is set, over real TLS.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    public const string Welcome =
        """{"type":"welcome","protocol":1,"visit":{"id":"v","type":"consult"},"you":{"participant":"p","name":"n","role":"clinician"},"resumed":false,"e2ee":{"required":true,"rotateSeconds":120},"idle":{"endSeconds":300,"warnSeconds":60},"profile":"standard"}""";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2 _certificate;
    private readonly CancellationTokenSource _closing = new();
    private readonly List<Task> _connections = [];
    private readonly Task _accepting;
    private int _sockets;

    public ScriptedServer()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _certificate = new CertificateRequest("CN=scripted", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public VisitLink Link => VisitLink.Parse($"https://localhost:{Port}/visit/v#secret");

    public ServerTrust Trust => ServerTrust.Pinned(ServerTrust.PinOf(_certificate));

    /// <summary>Bodies in the place of the true ones, by path; an empty one is never sent.</summary>
    public Dictionary<string, string> Answers { get; } = [];

    /// <summary>What happens on each socket; the first message of the client is answered by nobody else.</summary>
    public Func<ScriptedSocket, Task> OnSocket { get; init; } = socket => socket.WelcomeAsync();

    /// <summary>How many sockets were opened.</summary>
    public int Sockets => Volatile.Read(ref _sockets);

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections).WaitAsync(TimeSpan.FromSeconds(10));
        _certificate.Dispose();
        _closing.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_closing.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using (client)
            await using (SslStream stream = new(client.GetStream()))
            {
                await stream.AuthenticateAsServerAsync(
                    new SslServerAuthenticationOptions { ServerCertificate = _certificate, EnabledSslProtocols = SslProtocols.Tls13 }, _closing.Token);
                while (await ReadAsync(stream) is { } request)
                {
                    if (request.Key is { } key)
                    {
                        await UpgradeAsync(stream, key);
                        return;
                    }

                    string body = Body(request.Path);
                    if (body.Length == 0)
                    {
                        await Task.Delay(Timeout.Infinite, _closing.Token);
                    }

                    await stream.WriteAsync(
                        Encoding.UTF8.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"), _closing.Token);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or WebSocketException or AuthenticationException)
        {
            // The client has gone, or the test is over.
        }
    }

    private string Body(string path) => Answers.TryGetValue(path, out string? body) ? body : path switch
    {
        "/api/identity/link" => """{"person":{"id":"p","name":"n","role":"clinician"},"visit":"v"}""",
        "/api/visits/v/join" => $$"""{"ticket":"t","expiresInSeconds":60,"socket":"wss://localhost:{{Port}}/api/signal?visit=v"}""",
        "/api/visits/v/turn" => """{"iceServers":[],"expiresInSeconds":60}""",
        _ => "{}",
    };

    private async Task UpgradeAsync(SslStream stream, string key)
    {
        if (Answers.ContainsKey("/api/signal"))
        {
            await Task.Delay(Timeout.Infinite, _closing.Token);
        }

        Interlocked.Increment(ref _sockets);
#pragma warning disable CA5350 // RFC 6455 §1.3
        string accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: wardline.v1\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"),
            _closing.Token);
        using WebSocket socket = WebSocket.CreateFromStream(stream, isServer: true, "wardline.v1", Timeout.InfiniteTimeSpan);
        await OnSocket(new ScriptedSocket(socket, _closing.Token));
    }

    private async Task<(string Path, string? Key)?> ReadAsync(SslStream stream)
    {
        if (await UntilAsync(stream, "\r\n\r\n") is not { } head)
        {
            return null;
        }

        string[] lines = head.Split("\r\n");
        string? Header(string name) => lines.FirstOrDefault(l => l.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();
        if (Header("Transfer-Encoding") is not null)
        {
            await UntilAsync(stream, "0\r\n\r\n"); // the bodies of this protocol hold no line ends
        }

        return (lines[0].Split(' ')[1].Split('?')[0], Header("Sec-WebSocket-Key"));
    }

    private async Task<string?> UntilAsync(SslStream stream, string end)
    {
        StringBuilder read = new();
        byte[] one = new byte[1];
        while (!read.ToString().EndsWith(end, StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, _closing.Token) == 0)
            {
                return null;
            }

            read.Append((char)one[0]);
        }

        return read.ToString();
    }
}

/// <summary>The server's end of one signaling socket.</summary>
internal sealed class ScriptedSocket(WebSocket socket, CancellationToken cancel)
{
    public Task SendAsync(string json) => socket.SendAsync(Encoding.UTF8.GetBytes(json), WebSocketMessageType.Text, endOfMessage: true, cancel);

    public Task CloseAsync(int code) => socket.CloseAsync((WebSocketCloseStatus)code, null, cancel);

    /// <summary>The next message that is no ping; null when the client has closed.</summary>
    public async Task<JsonNode?> ReadAsync()
    {
        byte[] buffer = new byte[64 * 1024];
        while (true)
        {
            int filled = 0;
            WebSocketReceiveResult part;
            do
            {
                part = await socket.ReceiveAsync(new ArraySegment<byte>(buffer, filled, buffer.Length - filled), cancel);
                filled += part.Count;
            }
            while (!part.EndOfMessage);

            if (part.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            JsonNode message = JsonNode.Parse(buffer.AsSpan(0, filled))!;
            if ((string?)message["type"] != "ping")
            {
                return message;
            }
        }
    }

    /// <summary>The next request of a type; others are answered with <c>ok</c>.</summary>
    /// <returns>Its id; null when the client has closed.</returns>
    public async Task<int?> UntilAsync(string type)
    {
        while (await ReadAsync() is { } message)
        {
            int? id = (int?)message["id"];
            if ((string?)message["type"] == type)
            {
                return id;
            }

            if (id is not null)
            {
                await SendAsync($$"""{"type":"ok","re":{{id}}}""");
            }
        }

        return null;
    }

    /// <summary>As far as the call, and then whatever <paramref name="then"/> says, once.</summary>
    public async Task WelcomeAsync(string? then = null)
    {
        await SendAsync(ScriptedServer.Welcome);
        int? hello = await UntilAsync("hello");
        await SendAsync($$"""{"type":"ok","re":{{hello}}}""");
        await SendAsync("""{"type":"state","state":"in-call"}""");
        if (then is not null)
        {
            await SendAsync(then);
        }

        await UntilAsync("leave");
    }
}
