using System.Net;
using Wardline.Rtc;

namespace Wardline.Client.Relay;

/// <summary>
/// A peer's way through a TURN server: stands between the peer, whose packets for a relayed end carry
/// <see cref="Connection"/> in their address, and what carries them to the server. On the loop's thread.
/// </summary>
/// <param name="server">Where the server is reached by the peer's own UDP socket; the default address when by a stream.</param>
/// <param name="stream">Takes messages for the server; null when by UDP.</param>
internal sealed class RelayPath(TurnClient client, TransportAddress server, Action<ReadOnlyMemory<byte>>? stream)
{
    /// <summary>Marks the addresses that are reached through a relay, so that they are other paths than the direct ones.</summary>
    public const uint Connection = 1;

    private readonly List<(TransportAddress Peer, TransportAddress Path)> _ends = [];
    private readonly TaskCompletionSource<string?> _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TurnClient Client => client;

    /// <summary>Null as soon as one peer is reached, or why none is.</summary>
    public Task<string?> Settled => _settled.Task;

    public bool IsStream => stream is not null;

    public Instant NextTimeout => client.NextTimeout;

    public long Packets { get; private set; }

    public bool IsFrom(in TransportAddress from) => stream is null && from == server;

    /// <summary>Asks for a way to a candidate; a relayed address of IPv4 reaches IPv4 alone (RFC 8656 §7.2).</summary>
    public void Reach(IPEndPoint candidate, Instant now)
    {
        TransportAddress peer = TransportAddress.From(candidate);
        if (peer.IsIPv4 && client.Bind(peer, now) && !_ends.Exists(e => e.Peer == peer))
        {
            _ends.Add((peer, TransportAddress.From(candidate, TransportProtocol.Udp, Connection)));
        }
    }

    /// <summary>A message of the server; true when it brings a packet for the peer connection.</summary>
    public bool TryUnwrap(Span<byte> message, Instant now, out Span<byte> packet, out TransportAddress path)
    {
        packet = default;
        path = default;
        if (client.Handle(message, now, out int at, out int length, out TransportAddress peer) != TurnInput.Packet)
        {
            Settle();
            return false;
        }

        foreach ((TransportAddress known, TransportAddress end) in _ends)
        {
            if (known == peer)
            {
                packet = message.Slice(at, length);
                path = end;
                Packets++;
                return true;
            }
        }

        return false;
    }

    /// <summary>Ends that the server has bound; the ICE agent passes over those that it knows.</summary>
    public IEnumerable<TransportAddress> Reached => _ends.Where(e => client.Peers.Any(p => p.Address == e.Peer && p.State == TurnPeerState.Bound)).Select(e => e.Path);

    /// <summary>Takes the relayed packets of <paramref name="output"/>, and the client's own messages, on their way.</summary>
    /// <param name="relayed">Gets what leaves by the peer's socket.</param>
    public void Collect(Instant now, PacketTrains output, PacketTrains relayed)
    {
        foreach (ref readonly PacketTrains.Train train in output.Trains)
        {
            for (int i = 0; train.To.Connection == Connection && i < train.Count; i++)
            {
                Forward(train.To, output.Bytes(output.Packets[train.First + i]), relayed);
            }
        }

        Span<byte> message = stackalloc byte[PacketTrains.SlotBytes];
        while (client.TryTake(now, message, out int length))
        {
            Emit(message[..length], relayed);
        }

        Settle();
    }

    /// <summary>Gives the allocation back.</summary>
    public void Close(PacketTrains relayed)
    {
        Span<byte> message = stackalloc byte[PacketTrains.SlotBytes];
        int length = client.Close(message);
        if (length > 0)
        {
            Emit(message[..length], relayed);
        }

        Settle();
    }

    public void Fail(string why)
    {
        client.Fail(why);
        Settle();
    }

    private void Forward(in TransportAddress path, ReadOnlySpan<byte> packet, PacketTrains relayed)
    {
        Span<byte> wrapped = stackalloc byte[PacketTrains.SlotBytes + 8];
        foreach ((TransportAddress peer, TransportAddress end) in _ends)
        {
            if (end == path && client.TryWrap(peer, packet, wrapped, out int length) && length <= PacketTrains.SlotBytes)
            {
                Emit(wrapped[..length], relayed);
                Packets++;
                return;
            }
        }
    }

    private void Emit(ReadOnlySpan<byte> message, PacketTrains relayed)
    {
        if (stream is not null)
        {
            stream(message.ToArray());
        }
        else if (relayed.TryReserve(server, out Span<byte> slot))
        {
            message.CopyTo(slot);
            relayed.Commit(message.Length);
        }
    }

    private void Settle()
    {
        if (_settled.Task.IsCompleted)
        {
            return;
        }

        if (client.State == TurnState.Failed)
        {
            _settled.TrySetResult(client.Failure);
        }
        else if (client.State == TurnState.Allocated && client.Peers.Count > 0)
        {
            if (client.Peers.Any(p => p.State == TurnPeerState.Bound))
            {
                _settled.TrySetResult(null);
            }
            else if (client.Peers.All(p => p.State == TurnPeerState.Refused))
            {
                _settled.TrySetResult($"it does not reach the server's media port ({client.Peers[0].Failure})");
            }
        }
    }
}
