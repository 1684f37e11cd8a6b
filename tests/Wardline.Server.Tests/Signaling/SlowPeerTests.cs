using System.Net.WebSockets;
using System.Text.Json;
using Wardline.Server.Features.Signaling;
using Wardline.Server.Features.Signaling.Wire;
using Wardline.Server.Tests.Hosting;

namespace Wardline.Server.Tests.Signaling;

/// <summary>What is queued for a peer that does not read.</summary>
public sealed class SlowPeerTests
{
    [Fact]
    public async Task Rosters_for_a_peer_that_does_not_read_take_one_place_each_state_and_the_newest_arrives()
    {
        await using StuckSocket socket = new();
        SignalConnection connection = new(socket, new ManualClock());
        Task running = connection.RunAsync(static (_, _) => Task.CompletedTask, default);
        connection.Send(new StateChanged("in-call"));
        await socket.Blocked; // from here on nothing gets out
        int version = 0;
        foreach (string state in (string[])["waiting", "in-call"])
        {
            for (int i = 0; i < 5_000; i++)
            {
                connection.Send(new Roster(++version, []));
            }

            connection.Send(new StateChanged(state));
        }

        connection.Send(new Roster(++version, []));
        connection.Close(CloseCode.Left);
        socket.Release();
        await socket.Closed.WaitAsync(TimeSpan.FromSeconds(30)); // only a failing test gets to it
        socket.End();
        await running;

        // Nothing was cut off, each state has the roster that was true before it, and none came before its state.
        Assert.Equal(["in-call", "5000", "waiting", "10000", "in-call", "10001"], socket.Sent);
    }

    [Fact]
    public async Task A_peer_that_does_not_read_what_cannot_be_replaced_is_cut_off()
    {
        await using StuckSocket socket = new();
        SignalConnection connection = new(socket, new ManualClock());
        Task running = connection.RunAsync(static (_, _) => Task.CompletedTask, default);
        connection.Send(new StateChanged("in-call"));
        await socket.Blocked;
        for (int i = 0; i < 600; i++)
        {
            connection.Send(new PassedOn("x", "y"));
        }

        await running; // ends by itself
        Assert.Empty(socket.Sent);
    }

    /// <summary>A socket whose peer does not read until it is told to.</summary>
    private sealed class StuckSocket : WebSocket, IAsyncDisposable
    {
        private readonly TaskCompletionSource _blocked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public List<string> Sent { get; } = [];

        public Task Blocked => _blocked.Task;

        public Task Closed => _closed.Task;

        public override WebSocketCloseStatus? CloseStatus => null;

        public override string? CloseStatusDescription => null;

        public override WebSocketState State => WebSocketState.Open;

        public override string? SubProtocol => null;

        public void Release() => _released.TrySetResult();

        public void End() => _ended.TrySetResult();

        public override void Abort()
        {
        }

        public override Task CloseAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) => Task.CompletedTask;

        public override Task CloseOutputAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken)
        {
            _closed.TrySetResult();
            return Task.CompletedTask;
        }

        public override void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        public override async Task<WebSocketReceiveResult> ReceiveAsync(ArraySegment<byte> buffer, CancellationToken cancellationToken)
        {
            await _ended.Task.WaitAsync(cancellationToken);
            return new WebSocketReceiveResult(0, WebSocketMessageType.Close, true);
        }

        public override async Task SendAsync(ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken)
        {
            _blocked.TrySetResult();
            await _released.Task.WaitAsync(cancellationToken);
            JsonElement message = JsonElement.Parse(buffer);
            Sent.Add(message.GetProperty("type").GetString() == "state" ? message.GetProperty("state").GetString()! : message.GetProperty("version").GetRawText());
        }
    }
}
