using System.Net;
using Wardline.Client.Peer;
using Wardline.Client.Relay;
using Wardline.Client.Signaling;
using Wardline.Rtc;

namespace Wardline.Client;

// The way around: a relay, when no direct path is found in time, or when nothing else is wanted.
public sealed partial class Participant
{
    private static readonly TimeSpan s_directPatience = TimeSpan.FromSeconds(2.5);
    private static readonly TimeSpan s_relayPatience = TimeSpan.FromSeconds(4);

    /// <summary>A relay that has carried this visit's media once may restart; it is sought again for as long as the server keeps the transport.</summary>
    private static readonly TimeSpan s_relayReturn = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_relayPause = TimeSpan.FromSeconds(2);

    /// <summary>A server's list is walked that far.</summary>
    private const int MaxRelays = 8;

    private readonly Lock _seeking = new();
    private Task _seekingRelay = Task.CompletedTask;
    private LoopPeer? _seekFor;
    private RelayStream? _relayStream;
    private bool _wasRelayed;

    /// <summary>Called with each answer: whatever path there was, it may not be any more.</summary>
    private void SeekRelay(PeerLoop loop, LoopPeer peer)
    {
        lock (_seeking)
        {
            bool busy = _seekFor is not null;
            _seekFor = peer;
            if (!busy)
            {
                _seekingRelay = Task.Run(() => SeekRelaysAsync(loop));
            }
        }
    }

    /// <summary>For one peer after the other: a new one may have taken the place of the one that a relay is sought for.</summary>
    private async Task SeekRelaysAsync(PeerLoop loop)
    {
        try
        {
            while (_seekFor is { } peer)
            {
                await SeekRelayAsync(loop, peer);
                lock (_seeking)
                {
                    _seekFor = ReferenceEquals(_seekFor, peer) ? null : _seekFor;
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // Leaving.
        }
    }

    private async Task SeekRelayAsync(PeerLoop loop, LoopPeer peer)
    {
        if (!_options.RelayOnly)
        {
            await Task.Delay(s_directPatience, _leaving.Token);
        }

        long began = Environment.TickCount64;
        while (ReferenceEquals(peer, _peer) && await loop.InvokeAsync(_ => NeedsRelay(peer.Peer)))
        {
            WardlineException? fault = await FindRelayAsync(loop, peer);
            if (fault is null || !_options.RelayOnly)
            {
                _wasRelayed |= fault is null;
                return;
            }

            bool mayReturn = _wasRelayed && (fault.Code == "client.relay" || MayPass(fault.Code));
            if (!mayReturn || Environment.TickCount64 - began > s_relayReturn.TotalMilliseconds)
            {
                EndWith(fault);
                return;
            }

            await Task.Delay(s_relayPause, _leaving.Token);
        }
    }

    private static bool NeedsRelay(MediaPeer peer) => peer is { Relay: null, Transport: { State: not TransportState.Closed } transport } &&
        (transport.State == TransportState.Failed || transport.Selected is null or { Connection: RelayPath.Connection });

    /// <returns>Null with a relay in place; otherwise what the last one that was tried lacks.</returns>
    private async Task<WardlineException?> FindRelayAsync(PeerLoop loop, LoopPeer peer)
    {
        WardlineException fault = new("client.relay", "The server names no relay.");
        try
        {
            IReadOnlyList<IceServer> servers = await _server.RelaysAsync(_link.Visit, "join", _leaving.Token);
            IEnumerable<(IceServer Server, RelayUri Uri)> ways = servers.SelectMany(s => s.Urls.Select(RelayUri.Parse).OfType<RelayUri>().Select(uri => (s, uri)));

            // UDP first; TLS before bare TCP, which fewer networks let through.
            foreach ((IceServer server, RelayUri uri) in ways.OrderBy(w => w.Uri.Stream).ThenBy(w => !w.Uri.Tls).Take(MaxRelays))
            {
                try
                {
                    if (await TryRelayAsync(loop, peer, server, uri) is not { } why)
                    {
                        return null;
                    }

                    fault = new WardlineException("client.relay", $"The relay {uri.Host}:{uri.Port} cannot be used: {why}.");
                }
                catch (WardlineException e)
                {
                    fault = e;
                }
            }
        }
        catch (WardlineException e)
        {
            fault = e;
        }

        return fault;
    }

    /// <returns>Null when it reaches the server, or why not.</returns>
    private async Task<string?> TryRelayAsync(PeerLoop loop, LoopPeer peer, IceServer server, RelayUri uri)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(_leaving.Token);
        patience.CancelAfter(s_relayPatience);
        RelayStream? stream = null;
        RelayPath? relay = null;
        try
        {
            if (server is not { Username: { Length: > 0 and <= TurnClient.MaxUsernameBytes / 4 } username, Credential: { Length: > 0 } credential })
            {
                return "there are no credentials for it";
            }

            TransportAddress address = default;
            if (uri.Stream)
            {
                stream = await RelayStream.OpenAsync(uri, _options.RelayTrust ?? _options.Trust, patience.Token);
            }
            else
            {
                IPAddress[] found = await Dns.GetHostAddressesAsync(uri.Host, patience.Token);
                if (found.Length == 0)
                {
                    return "its name has no address";
                }

                address = TransportAddress.From(new IPEndPoint(found.OrderBy(a => a.AddressFamily).First(), uri.Port));
            }

            RelayPath made = relay = new RelayPath(new TurnClient(username, credential, uri.Stream, _random), address, stream is null ? null : stream.Send);
            stream?.Start(
                messages => loop.InvokeAsync(_ =>
                {
                    loop.TakeRelayed(peer, made, messages.Span);
                    return true;
                }),
                why => _ = loop.InvokeAsync(_ =>
                {
                    made.Fail(why);
                    loop.Turn(peer);
                    return true;
                }));
            await loop.InvokeAsync(now =>
            {
                peer.Peer.UseRelay(made, now);
                loop.Turn(peer);
                return true;
            });
            if (await made.Settled.WaitAsync(patience.Token) is { } reason)
            {
                return reason;
            }

            (RelayStream? before, _relayStream) = (_relayStream, stream);
            (stream, relay) = (before, null);
            return null;
        }
        catch (OperationCanceledException) when (!_leaving.IsCancellationRequested)
        {
            return "it did not answer in time";
        }
        catch (System.Net.Sockets.SocketException e)
        {
            return e.Message;
        }
        finally
        {
            if (relay is { } failed)
            {
                await loop.InvokeAsync(_ =>
                {
                    if (ReferenceEquals(peer.Peer.Relay, failed))
                    {
                        loop.CloseRelay(peer);
                    }

                    return true;
                });
            }

            if (stream is not null)
            {
                await stream.DisposeAsync();
            }
        }
    }
}
