using System.Buffers.Text;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace Wardline.Server.Tests.Hosting;

/// <summary>A client of docs/protocol.md on a real WebSocket. Nothing here waits for a time: what must come is awaited.</summary>
internal sealed class SignalClient : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30); // only a failing test gets to it

    private readonly ClientWebSocket _socket;
    private readonly Channel<JsonElement> _incoming = Channel.CreateUnbounded<JsonElement>();
    private readonly List<JsonElement> _passedOver = [];
    private readonly TaskCompletionSource<int> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private SignalClient(ClientWebSocket socket)
    {
        _socket = socket;
        _ = ReadAsync();
    }

    public string Participant { get; private set; } = "";

    public string PublicKey { get; } = Base64Url.EncodeToString([4, .. RandomNumberGenerator.GetBytes(64)]);

    public string Commitment { get; } = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    public static async Task<SignalClient> OpenAsync(string address, string? ticket, string? version = "wardline.v1", Action<ClientWebSocket>? change = null)
    {
        ClientWebSocket socket = new();
        socket.Options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.KeepAliveInterval = TimeSpan.Zero;
        foreach (string protocol in new[] { version, ticket is null ? null : $"ticket.{ticket}" }.OfType<string>())
        {
            socket.Options.AddSubProtocol(protocol);
        }

        change?.Invoke(socket);
        try
        {
            await socket.ConnectAsync(new Uri(address), default);
        }
        catch (WebSocketException)
        {
            throw new RefusedException((int)socket.HttpStatusCode);
        }

        Assert.Equal("wardline.v1", socket.SubProtocol);
        return new SignalClient(socket);
    }

    public Task SendAsync(string json) => SendAsync(Encoding.UTF8.GetBytes(json), WebSocketMessageType.Text);

    public Task SendAsync(ReadOnlyMemory<byte> bytes, WebSocketMessageType type) => _socket.SendAsync(bytes, type, true, default).AsTask();

    public Task HelloAsync(int id = 1) =>
        SendAsync($$$"""{"type":"hello","id":{{{id}}},"e2ee":{"publicKey":"{{{PublicKey}}}","commitment":"{{{Commitment}}}"}}""");

    /// <summary>Sends and waits for the answer that names the same id.</summary>
    public async Task<JsonElement> AskAsync(int id, string rest)
    {
        await SendAsync($$"""{"id":{{id}},{{rest}}}""");
        return await NextAsync(m => m.TryGetProperty("re", out JsonElement re) && re.GetInt32() == id, $"an answer to {id}");
    }

    public async Task<string> CodeAsync(int id, string rest)
    {
        JsonElement answer = await AskAsync(id, rest);
        return answer.GetProperty("type").GetString() == "error" ? answer.GetProperty("code").GetString()! : answer.GetProperty("type").GetString()!;
    }

    /// <summary>The next error, whatever it answers.</summary>
    public async Task<string> ErrorAsync() => (await NextAsync("error")).GetProperty("code").GetString()!;

    public Task<JsonElement> NextAsync(string type) => NextAsync(m => m.GetProperty("type").GetString() == type, type);

    public async Task<JsonElement> NextAsync(Func<JsonElement, bool> wanted, string what)
    {
        int kept = _passedOver.FindIndex(m => wanted(m));
        if (kept >= 0)
        {
            JsonElement found = _passedOver[kept];
            _passedOver.RemoveAt(kept);
            return found;
        }

        using CancellationTokenSource patience = new(Patience);
        try
        {
            while (true)
            {
                JsonElement message = await _incoming.Reader.ReadAsync(patience.Token);
                if (wanted(message))
                {
                    return message;
                }

                _passedOver.Add(message);
            }
        }
        catch (Exception none) when (none is ChannelClosedException or OperationCanceledException)
        {
            throw new InvalidOperationException($"No {what} came. There were: {string.Join(' ', _passedOver)}; closed: {(_closed.Task.IsCompleted ? await _closed.Task : 0)}", none);
        }
    }

    /// <summary>A roster in which this holds; older ones are left behind.</summary>
    public async Task<JsonElement> RosterAsync(Func<JsonElement, bool> holds)
    {
        while (true)
        {
            JsonElement roster = await NextAsync("roster");
            if (holds(roster.GetProperty("participants")))
            {
                return roster.GetProperty("participants");
            }
        }
    }

    /// <summary>True when no message of this type came before the answer to a ping.</summary>
    public async Task<bool> NothingCameAsync(string type)
    {
        await PingAsync();
        return _passedOver.All(m => m.GetProperty("type").GetString() != type);
    }

    public async Task PingAsync()
    {
        long t = Random.Shared.NextInt64(1, 1L << 50);
        await SendAsync($$"""{"type":"ping","t":{{t}}}""");
        await NextAsync(m => m.GetProperty("type").GetString() == "pong" && m.GetProperty("t").GetInt64() == t, "pong");
    }

    public async Task<int> ClosedAsync() => await _closed.Task.WaitAsync(Patience);

    /// <summary>The connection breaks without a goodbye.</summary>
    public void Break() => _socket.Abort();

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _closed.Task.WaitAsync(Patience);
        _socket.Dispose();
    }

    private async Task ReadAsync()
    {
        byte[] buffer = new byte[256 * 1024];
        int length = 0;
        try
        {
            while (true)
            {
                ValueWebSocketReceiveResult part = await _socket.ReceiveAsync(buffer.AsMemory(length), default);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    int code = (int)_socket.CloseStatus!;
                    await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);
                    _closed.TrySetResult(code);
                    return;
                }

                length += part.Count;
                if (part.EndOfMessage)
                {
                    JsonElement message = JsonElement.Parse(buffer.AsSpan(0, length));
                    length = 0;
                    if (message.GetProperty("type").GetString() == "welcome")
                    {
                        Participant = message.GetProperty("you").GetProperty("participant").GetString()!;
                    }

                    _incoming.Writer.TryWrite(message);
                }
            }
        }
        catch (Exception broken) when (broken is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            _closed.TrySetResult(1006);
        }
        finally
        {
            _closed.TrySetResult(1006);
            _incoming.Writer.TryComplete();
        }
    }
}

/// <summary>The upgrade was answered with an HTTP status.</summary>
internal sealed class RefusedException(int status) : Exception($"refused with {status}")
{
    public int Status { get; } = status;
}
