using Wardline.Rtc;

namespace Wardline.Client.Relay;

/// <summary>See the diagram at <see cref="TurnClient"/>.</summary>
internal enum TurnState : byte
{
    Idle,
    Allocating,
    Allocated,
    Failed,
}

/// <summary>What a message of a TURN server was.</summary>
internal enum TurnInput : byte
{
    /// <summary>None, or no answer to anything that is asked; counted.</summary>
    Refused,

    /// <summary>The allocation's own business.</summary>
    Taken,

    /// <summary>A packet of a peer.</summary>
    Packet,
}

internal enum TurnPeerState : byte
{
    Asked,
    Bound,
    Refused,
}

/// <summary>Somebody whom an allocation reaches, by a channel.</summary>
internal sealed class TurnPeer(TransportAddress address, ushort channel)
{
    public TransportAddress Address => address;

    public ushort Channel => channel;

    public TurnPeerState State { get; set; }

    /// <summary>The server's error code, when it refused.</summary>
    public int Failure { get; set; }

    public Instant RenewAt { get; set; } = Instant.Never;
}
