using System.Net;
using System.Net.Sockets;

namespace Wardline.Client.Tests.Relay;

/// <summary>Passes TCP connections on to a local port, until it is slammed: then all that are open break, and later ones pass again.</summary>
internal sealed class Door : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _behind;
    private readonly Lock _lock = new();
    private readonly List<Socket> _open = [];
    private readonly List<Task> _running = [];
    private readonly Task _accepting;

    public Door(int behind)
    {
        _behind = behind;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How many have come through.</summary>
    public int Passed { get; private set; }

    public void Slam()
    {
        lock (_lock)
        {
            foreach (Socket socket in _open)
            {
                socket.Close(timeout: 0);
            }

            _open.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
        Slam();
        await Task.WhenAll(_running).WaitAsync(TimeSpan.FromSeconds(10));
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket client = await _listener.AcceptSocketAsync();
                Socket inner = new(SocketType.Stream, ProtocolType.Tcp);
                await inner.ConnectAsync(IPAddress.Loopback, _behind);
                lock (_lock)
                {
                    Passed++;
                    _open.AddRange([client, inner]);
                    _running.AddRange([CarryAsync(client, inner), CarryAsync(inner, client)]);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static async Task CarryAsync(Socket from, Socket to)
    {
        byte[] buffer = new byte[16 * 1024];
        try
        {
            for (int read; (read = await from.ReceiveAsync(buffer)) > 0;)
            {
                for (int sent = 0; sent < read;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent));
                }
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Slammed, or one end has gone.
        }
    }
}
