using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Wardline.Rtc;

namespace Wardline.Netem.Relay;

/// <summary>
/// A UDP relay with a link each way, for real browsers: one socket towards the server for each client address, so that
/// the server sees distinct peers. One thread, bounded, loopback only.
/// </summary>
internal sealed class UdpRelay : IDisposable
{
    private const int MaxClients = 64;

    private readonly Socket _listener;
    private readonly Socket? _control;
    private readonly EndPoint _to;
    private readonly ulong _seed;
    private readonly List<Client> _clients = [];
    private readonly byte[] _buffer = new byte[Link.MaxDatagramBytes];
    private readonly long _start = Stopwatch.GetTimestamp();
    private LinkConditions _up;
    private LinkConditions _down;

    public UdpRelay(RelayOptions options)
    {
        _listener = Bind(options.Listen);
        _control = options.ControlPort is { } port ? Bind(new IPEndPoint(IPAddress.Loopback, port)) : null;
        _to = options.To;
        _seed = options.Seed;
        _up = _down = options.Conditions;
    }

    public IPEndPoint Listening => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>Datagrams of clients beyond the bound.</summary>
    public long Refused { get; private set; }

    /// <summary>Somebody said quit.</summary>
    public bool Ended { get; private set; }

    private Instant Now => new((long)Stopwatch.GetElapsedTime(_start).TotalMicroseconds);

    /// <summary>Moves what can be moved, then waits for the next datagram or the next departure, at most 20 ms.</summary>
    public void Step()
    {
        Receive();
        Instant now = Now;
        Instant next = now + TimeSpan.FromMilliseconds(20);
        foreach (Client client in _clients)
        {
            Deliver(client, now);
            next = Instant.Min(next, Instant.Min(client.Up.NextTimeout, client.Down.NextTimeout));
        }

        List<Socket> readable = [_listener, .. _clients.Select(c => c.Upstream)];
        if (_control is not null)
        {
            readable.Add(_control);
        }

        Socket.Select(readable, null, null, (int)Math.Clamp(next.Microseconds - Now.Microseconds, 0, 20_000));
    }

    /// <summary>One line of the control language; answers with what a person would like to read.</summary>
    public string Command(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (words is ["quit"])
        {
            Ended = true;
            return "ended";
        }

        if (words is ["status"])
        {
            return $"clients {_clients.Count} refused {Refused} up {Sum(c => c.Up)} down {Sum(c => c.Down)}";
        }

        bool up = words is not ["down", ..];
        bool down = words is not ["up", ..];
        string[] pairs = up && down ? words : words[1..];
        LinkConditionsText text = new();
        for (int i = 0; i < pairs.Length; i += 2)
        {
            if (i + 1 == pairs.Length || !text.TrySet(pairs[i], pairs[i + 1]))
            {
                return $"not understood: {line}";
            }
        }

        _up = up ? text.Build(_up) : _up;
        _down = down ? text.Build(_down) : _down;
        foreach (Client client in _clients)
        {
            client.Up.Change(_up, Now);
            client.Down.Change(_down, Now);
        }

        return $"up {Describe(_up)}; down {Describe(_down)}";
    }

    public void Dispose()
    {
        _listener.Dispose();
        _control?.Dispose();
        foreach (Client client in _clients)
        {
            client.Upstream.Dispose();
        }
    }

    private static Socket Bind(IPEndPoint endpoint)
    {
        Socket socket = new(endpoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
        socket.ReceiveBufferSize = socket.SendBufferSize = 1 << 20;
        socket.Bind(endpoint);
        return socket;
    }

    private static string Describe(LinkConditions c) =>
        $"rate {c.Rate?.ToString() ?? "off"} delay {c.Delay.TotalMilliseconds:F0} ms jitter {c.Jitter.TotalMilliseconds:F0} ms " +
        $"loss {c.Loss.LossInGood * 100:F1} % good, {c.Loss.LossInBad * 100:F1} % bad ({c.Loss.GoodToBad:F4}, {c.Loss.BadToGood:F4})";

    private string Sum(Func<Client, Link> link)
    {
        LinkCounters[] counters = [.. _clients.Select(c => link(c).Counters)];
        return $"{counters.Sum(c => c.Entered)} entered, {counters.Sum(c => c.Delivered)} delivered, " +
            $"{counters.Sum(c => c.LostOnTheWire)} lost, {counters.Sum(c => c.DroppedByQueue)} dropped";
    }

    private void Receive()
    {
        // 1. From clients, towards the server.
        EndPoint from = new IPEndPoint(_listener.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        while (TryReceive(_listener, ref from, out int length))
        {
            if (Find((IPEndPoint)from) is { } client)
            {
                client.Up.Enqueue(_buffer.AsSpan(0, length), Now);
            }
            else
            {
                Refused++;
            }
        }

        // 2. From the server, back to each client.
        EndPoint server = _to;
        foreach (Client client in _clients)
        {
            while (TryReceive(client.Upstream, ref server, out int length))
            {
                client.Down.Enqueue(_buffer.AsSpan(0, length), Now);
            }
        }

        // 3. Control.
        while (_control is not null && TryReceive(_control, ref from, out int length))
        {
            string answer = Command(System.Text.Encoding.UTF8.GetString(_buffer, 0, length));
            _control.SendTo(System.Text.Encoding.UTF8.GetBytes(answer), from);
        }
    }

    private void Deliver(Client client, Instant now)
    {
        while (client.Up.TryDequeue(now, _buffer, out int length))
        {
            TrySend(client.Upstream, _to, length);
        }

        while (client.Down.TryDequeue(now, _buffer, out int length))
        {
            TrySend(_listener, client.Address, length);
        }
    }

    private Client? Find(IPEndPoint address)
    {
        foreach (Client client in _clients)
        {
            if (client.Address.Equals(address))
            {
                return client;
            }
        }

        if (_clients.Count == MaxClients)
        {
            return null;
        }

        ulong seed = _seed + 2 * (ulong)_clients.Count;
        Client added = new(
            new IPEndPoint(address.Address, address.Port),
            Bind(new IPEndPoint(IPAddress.Loopback, 0)), new Link(_up, seed), new Link(_down, seed + 1));
        _clients.Add(added);
        return added;
    }

    private bool TryReceive(Socket socket, ref EndPoint from, out int length)
    {
        length = 0;
        try
        {
            if (socket.Available == 0)
            {
                return false;
            }

            length = socket.ReceiveFrom(_buffer, ref from);
            return true;
        }
        catch (SocketException)
        {
            // A closed port behind an earlier datagram (ICMP) is reported here; the datagram is lost, as on a real link.
            return false;
        }
    }

    private void TrySend(Socket socket, EndPoint to, int length)
    {
        try
        {
            socket.SendTo(_buffer.AsSpan(0, length), SocketFlags.None, to);
        }
        catch (SocketException)
        {
            // The same: nobody there.
        }
    }

    private sealed record Client(IPEndPoint Address, Socket Upstream, Link Up, Link Down);
}
