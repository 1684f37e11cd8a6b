using System.Net;
using Wardline.Client.Negotiation;
using Wardline.Client.Relay;
using Wardline.Rtc;
using Wardline.Rtc.Ice;

namespace Wardline.Client.Peer;

// The ways to the server: direct ones, and through a relay.
internal sealed partial class MediaPeer
{
    private IPEndPoint[] _candidates = [];
    private bool _toldLost;

    /// <summary>Null without a relay. Set on the loop's thread.</summary>
    public RelayPath? Relay { get; set; }

    /// <summary>No path leads to the server any more; told once, until there is one again.</summary>
    public Action? OnTransportLost { get; init; }

    /// <summary>Ways to the candidates of an answer: through the relay if there is one, and direct ones unless only that is wanted.</summary>
    public void AddPaths(ServerAnswer answer, bool direct, Instant now)
    {
        _candidates = [.. answer.Candidates.Where(c => c.Protocol == TransportProtocol.Udp).Select(c => c.EndPoint)];
        foreach (IPEndPoint candidate in _candidates)
        {
            if (direct)
            {
                Transport.Ice.AddPath(TransportAddress.From(candidate), HostPriority, now);
            }
        }

        ReachByRelay(now);
    }

    /// <summary>Goes through a relay from now on too.</summary>
    public void UseRelay(RelayPath relay, Instant now)
    {
        Relay = relay;
        relay.Client.Start(now);
        ReachByRelay(now);
    }

    /// <summary>A message of the relay.</summary>
    public void HandleRelayed(RelayPath relay, Span<byte> message, Instant now, PacketTrains output)
    {
        if (relay.TryUnwrap(message, now, out Span<byte> packet, out TransportAddress path))
        {
            HandleDirect(packet, path, now, output);
        }
        else
        {
            foreach (TransportAddress reached in relay.Reached)
            {
                Transport.Ice.AddPath(reached, RelayPriority, now);
            }
        }
    }

    private void ReachByRelay(Instant now)
    {
        if (Relay is not { } relay)
        {
            return;
        }

        foreach (IPEndPoint candidate in _candidates)
        {
            relay.Reach(candidate, now);
        }

        foreach (TransportAddress reached in relay.Reached)
        {
            Transport.Ice.AddPath(reached, RelayPriority, now);
        }
    }

    private void WatchTransport()
    {
        // Each round of checks that leads nowhere is told; the offer that follows begins another.
        bool lost = Transport.Ice.State == IceAgentState.Failed;
        if (Relay is { Client.State: TurnState.Failed })
        {
            // No need to wait for consent to run out on a path that is known to be gone.
            Relay = null;
            lost |= Transport.Selected is { Connection: RelayPath.Connection };
        }

        if (lost && !_toldLost)
        {
            OnTransportLost?.Invoke();
        }

        _toldLost = lost;
    }
}
