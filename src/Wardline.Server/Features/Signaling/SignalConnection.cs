using System.Net.WebSockets;
using System.Threading.Channels;
using Wardline.Server.Features.Signaling.Wire;

namespace Wardline.Server.Features.Signaling;

/// <summary>
/// One WebSocket: reads bounded messages, writes from a bounded queue. Nobody who holds it ever waits for its peer: a peer
/// that does not read is cut off.
/// </summary>
internal sealed class SignalConnection(WebSocket socket, TimeProvider time)
{
    private const int MaxQueued = 512;
    private static readonly TimeSpan CloseWithin = TimeSpan.FromSeconds(2);

    private readonly Channel<Outgoing> _outgoing = Channel.CreateBounded<Outgoing>(new BoundedChannelOptions(MaxQueued) { SingleReader = true });
    private readonly CancellationTokenSource _over = new();
    private readonly Lock _rosterLock = new();
    private QueuedText? _roster;

    public MessageRate Rate { get; } = new(time);

    /// <summary>Set by the session; a connection that has been closed is nobody's any more.</summary>
    public CloseCode? Closing { get; private set; }

    public int FaultsInARow { get; set; }

    public long LastHeard { get; private set; } = time.GetTimestamp();

    public void Send(ServerMessage message)
    {
        if (Closing is not null)
        {
            return;
        }

        QueuedText text = new(message.ToUtf8());
        if (message is Roster)
        {
            // A roster is whole: one that the peer has not taken yet gives its place to the next one, so that no number of
            // changes fills the queue of somebody slow.
            lock (_rosterLock)
            {
                if (_roster is { IsTaken: false } waiting)
                {
                    waiting.Utf8 = text.Utf8;
                    return;
                }

                _roster = text;
            }
        }
        else if (message is StateChanged)
        {
            lock (_rosterLock)
            {
                _roster = null; // what follows a state must not be told before it
            }
        }

        if (!_outgoing.Writer.TryWrite(new(text, default)))
        {
            _over.Cancel();
        }
    }

    /// <summary>Sends what is queued, then closes; whatever the peer still sends is ignored.</summary>
    public void Close(CloseCode code)
    {
        if (Closing is not null)
        {
            return;
        }

        Closing = code;
        if (!_outgoing.Writer.TryWrite(new(null, code)))
        {
            _over.Cancel();
        }

        _outgoing.Writer.TryComplete();
    }

    /// <summary>Runs until the socket is closed or broken. Hands each message on and waits until it has been taken.</summary>
    public async Task RunAsync(Func<ReadOnlyMemory<byte>, bool, Task> onMessage, CancellationToken stopped)
    {
        using CancellationTokenRegistration aborted = stopped.Register(_over.Cancel);
        Task writing = WriteAsync();
        try
        {
            await ReadAsync(onMessage);
        }
        catch (Exception broken) when (broken is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            // A broken connection is an ordinary end: the session hears of it when this returns.
        }
        finally
        {
            _outgoing.Writer.TryComplete();
            _over.CancelAfter(CloseWithin);
            await writing;
            socket.Dispose(); // _over is left to the collector: Send and Close may still come
        }
    }

    private async Task ReadAsync(Func<ReadOnlyMemory<byte>, bool, Task> onMessage)
    {
        byte[] buffer = new byte[SignalingLimits.MessageBytes];
        int length = 0;
        while (true)
        {
            // A full buffer without an end of message: one more byte would be too many.
            ValueWebSocketReceiveResult part = await socket.ReceiveAsync(length < buffer.Length ? buffer.AsMemory(length) : new byte[1], _over.Token);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                return;
            }

            if (length + part.Count > buffer.Length)
            {
                Close(CloseCode.TooLarge);
                length = 0;
                continue;
            }

            length += part.Count;
            if (!part.EndOfMessage)
            {
                continue;
            }

            int whole = length;
            length = 0;
            if (Closing is null)
            {
                LastHeard = time.GetTimestamp();
                await onMessage(buffer.AsMemory(0, whole), part.MessageType == WebSocketMessageType.Text);
            }
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            await foreach (Outgoing next in _outgoing.Reader.ReadAllAsync(_over.Token))
            {
                if (next.Text is { } text)
                {
                    await socket.SendAsync(Take(text), WebSocketMessageType.Text, endOfMessage: true, _over.Token);
                }
                else
                {
                    await socket.CloseOutputAsync((WebSocketCloseStatus)next.Code, next.Code.ToString(), _over.Token);
                    _over.CancelAfter(CloseWithin); // the peer answers the close, or is cut off
                    return;
                }
            }

            if (socket.State is WebSocketState.CloseReceived)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, _over.Token);
            }
        }
        catch (Exception broken) when (broken is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            await _over.CancelAsync(); // the reader ends too
        }
    }

    private byte[] Take(QueuedText text)
    {
        lock (_rosterLock)
        {
            text.IsTaken = true;
            return text.Utf8;
        }
    }

    private readonly record struct Outgoing(QueuedText? Text, CloseCode Code);

    private sealed class QueuedText(byte[] utf8)
    {
        public byte[] Utf8 { get; set; } = utf8;

        public bool IsTaken { get; set; }
    }
}
