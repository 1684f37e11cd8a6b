using System.Buffers;
using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Security.Authentication;
using System.Text.Json;
using System.Threading.Channels;

namespace Wardline.Client.Signaling;

/// <summary>
/// One open signaling socket (docs/protocol.md §2): requests get their answers, everything else comes by
/// <see cref="Events"/> in order, pings go by themselves. Safe to use from several threads.
/// </summary>
public sealed class SignalSocket : IAsyncDisposable
{
    /// <summary>A server's largest message, an answer for twelve people with all their cameras, is a quarter of this.</summary>
    public const int MaxMessageBytes = 256 * 1024;

    private const int MaxEvents = 1024;
    private static readonly TimeSpan s_pingInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_closeWithin = TimeSpan.FromSeconds(2);

    private readonly ClientWebSocket _socket;
    private readonly Channel<SignalEvent> _events = Channel.CreateBounded<SignalEvent>(new BoundedChannelOptions(MaxEvents) { SingleWriter = true });
    private readonly ConcurrentDictionary<int, TaskCompletionSource<SignalEvent>> _asked = new();
    private readonly SemaphoreSlim _sending = new(1);
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _reading;
    private readonly Task _pinging;
    private readonly TimeSpan _patience;
    private int _lastId;

    private SignalSocket(ClientWebSocket socket, TimeSpan patience)
    {
        _socket = socket;
        _patience = patience;
        _reading = Task.Run(ReadAsync);
        _pinging = Task.Run(PingAsync);
    }

    /// <summary>Everything that is no answer to a request; completes when the socket closes, see <see cref="CloseCode"/>.</summary>
    public ChannelReader<SignalEvent> Events => _events.Reader;

    /// <summary>Why the server closed, null while open and when the connection broke.</summary>
    public int? CloseCode { get; private set; }

    /// <param name="patience">How long the server may take to open, and then for each answer; null: 15 s.</param>
    /// <exception cref="WardlineException">
    /// The refusal's own code, <c>client.pin</c>, <c>client.untrusted</c>, <c>client.timeout</c> or <c>client.unreachable</c>.
    /// </exception>
    public static async Task<SignalSocket> OpenAsync(JoinTicket ticket, ServerTrust trust, CancellationToken cancel, TimeSpan? patience = null)
    {
        TimeSpan within = patience ?? TimeSpan.FromSeconds(15);
        ClientWebSocket socket = new();
        socket.Options.AddSubProtocol("wardline.v1");
        socket.Options.AddSubProtocol($"ticket.{ticket.Ticket}");
        socket.Options.Cookies = ticket.Cookies;
        socket.Options.KeepAliveInterval = TimeSpan.Zero; // the protocol has its own pings
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.RemoteCertificateValidationCallback = (_, certificate, _, errors) => trust.Accepts(certificate, errors);
        try
        {
            using CancellationTokenSource opening = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            opening.CancelAfter(within);
            await socket.ConnectAsync(ticket.Socket, opening.Token);
            return new SignalSocket(socket, within);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            socket.Dispose();
            throw new WardlineException("client.timeout", $"{ticket.Socket.Authority} did not open the socket in time.", e);
        }
        catch (OperationCanceledException)
        {
            socket.Dispose();
            throw;
        }
        catch (WebSocketException e)
        {
            bool refused = (int)socket.HttpStatusCode >= 400;
            int status = (int)socket.HttpStatusCode;
            socket.Dispose();
            for (Exception? inner = e; inner is not null; inner = inner.InnerException)
            {
                if (inner is AuthenticationException)
                {
                    throw trust.Refusal(e);
                }
            }

            throw refused
                ? new WardlineException("client.refused", $"The server refused the socket ({status}).", e)
                : new WardlineException("client.unreachable", $"{ticket.Socket.Authority} opened no socket: {e.Message}", e);
        }
    }

    /// <summary>Sends and waits for what answers it.</summary>
    /// <returns>The <c>ok</c> or <c>answer</c>.</returns>
    /// <exception cref="WardlineException">The server's error code, <c>client.timeout</c>, or <c>client.closed</c>.</exception>
    public async Task<SignalEvent> RequestAsync(SignalRequest request, CancellationToken cancel)
    {
        int id = Interlocked.Increment(ref _lastId);
        TaskCompletionSource<SignalEvent> answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked[id] = answered;
        try
        {
            await SendAsync(request with { Id = id }, cancel);
            SignalEvent answer = await answered.Task.WaitAsync(_patience, cancel);
            return answer.Type == "error"
                ? throw new WardlineException(answer.Code ?? "client.malformed", answer.Message ?? "The server refused.")
                : answer;
        }
        catch (TimeoutException e)
        {
            throw new WardlineException("client.timeout", $"The server did not answer '{request.Type}'.", e);
        }
        finally
        {
            _asked.TryRemove(id, out _);
        }
    }

    /// <exception cref="WardlineException"><c>client.closed</c></exception>
    public async Task SendAsync(SignalRequest message, CancellationToken cancel)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(message, SignalJson.Default.SignalRequest);
        await _sending.WaitAsync(cancel);
        try
        {
            // A socket that the server has closed would still take messages, for nobody.
            ObjectDisposedException.ThrowIf(_ended.IsCancellationRequested, this);
            await _socket.SendAsync(json, WebSocketMessageType.Text, endOfMessage: true, cancel);
        }
        catch (Exception e) when (e is WebSocketException or ObjectDisposedException or InvalidOperationException)
        {
            throw new WardlineException("client.closed", "The signaling socket is closed.", e);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Breaks the connection without a goodbye; <see cref="Events"/> completes.</summary>
    internal void Abort() => _socket.Abort();

    public async ValueTask DisposeAsync()
    {
        if (_socket.State == WebSocketState.Open)
        {
            using CancellationTokenSource patience = new(s_closeWithin);
            try
            {
                await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, patience.Token);
                await _reading.WaitAsync(patience.Token);
            }
            catch (Exception e) when (e is WebSocketException or OperationCanceledException)
            {
                // A peer that does not say goodbye is left without one.
            }
        }

        await _ended.CancelAsync();
        _socket.Abort();
        await Task.WhenAll(_reading, _pinging);
        _socket.Dispose();
        _ended.Dispose();
    }

    private async Task ReadAsync()
    {
        ArrayBufferWriter<byte> message = new(4096);
        WardlineException? fault = null;
        try
        {
            while (true)
            {
                ValueWebSocketReceiveResult part = await _socket.ReceiveAsync(message.GetMemory(4096), _ended.Token);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    CloseCode = (int?)_socket.CloseStatus;
                    break;
                }

                message.Advance(part.Count);
                if (message.WrittenCount > MaxMessageBytes || part.MessageType != WebSocketMessageType.Text)
                {
                    fault = new WardlineException("client.malformed", "The server's message is too large, or no text.");
                    break;
                }

                if (part.EndOfMessage)
                {
                    await TakeAsync(message.WrittenMemory);
                    message.ResetWrittenCount();
                }
            }
        }
        catch (JsonException e)
        {
            fault = new WardlineException("client.malformed", "The server's message is not what the protocol says.", e);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The connection broke, or we have closed it: whoever waits is told below.
        }

        await _ended.CancelAsync();
        _events.Writer.TryComplete(fault);
        fault ??= new WardlineException("client.closed", "The signaling socket is closed.");
        foreach (TaskCompletionSource<SignalEvent> waiting in _asked.Values)
        {
            waiting.TrySetException(fault);
        }
    }

    private async ValueTask TakeAsync(ReadOnlyMemory<byte> json)
    {
        SignalEvent message = JsonSerializer.Deserialize(json.Span, SignalJson.Default.SignalEvent) is { IsWhole: true } whole ? whole : throw new JsonException("null");
        if (message.Re is { } id && _asked.TryGetValue(id, out TaskCompletionSource<SignalEvent>? waiting))
        {
            waiting.TrySetResult(message);
        }
        else if (message.Type != "pong")
        {
            await _events.Writer.WriteAsync(message, _ended.Token);
        }
    }

    private async Task PingAsync()
    {
        using PeriodicTimer timer = new(s_pingInterval);
        try
        {
            for (long t = 0; await timer.WaitForNextTickAsync(_ended.Token); t++)
            {
                await SendAsync(new SignalRequest("ping") { T = t }, _ended.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WardlineException)
        {
            // closed
        }
    }
}
