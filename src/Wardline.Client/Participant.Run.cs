using System.Threading.Channels;
using Wardline.Client.Negotiation;
using Wardline.Client.Peer;
using Wardline.Client.Signaling;
using Wardline.Rtc;

namespace Wardline.Client;

// The life of the connection: events in, offers out, and the way back (docs/protocol.md §2 and §3).
public sealed partial class Participant
{
    private static readonly TimeSpan s_firstRetry = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_longestRetry = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan s_tooManyPause = TimeSpan.FromSeconds(10); // docs/protocol.md, close code 4006

    /// <summary>The server keeps a lost participant's transport this long, and a visit its place.</summary>
    private static readonly TimeSpan s_giveUpAfter = TimeSpan.FromMinutes(5);

    /// <summary>Nobody comes back from these by themselves: replaced, removed, ended, idle, and what this client did wrong.</summary>
    private static readonly int[] s_final = [1000, 4001, 4002, 4003, 4004, 4005];

    /// <summary>A connection that held this long was a good one: the next loss begins with the shortest pause again.</summary>
    private static readonly TimeSpan s_settledAfter = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_offerInterval = TimeSpan.FromMilliseconds(500);

    private readonly SemaphoreSlim _offering = new(1);
    private volatile WardlineException? _fault;
    private bool _wasInCall;
    private readonly Channel<SignalRequest> _outbox = Channel.CreateUnbounded<SignalRequest>(new UnboundedChannelOptions { SingleReader = true });

    private async Task<SignalSocket> ConnectAsync(CancellationToken cancel)
    {
        JoinTicket ticket = await _server.JoinAsync(_link.Visit, _instance, cancel);
        SignalSocket socket = await SignalSocket.OpenAsync(ticket, _options.Trust, cancel, _options.Patience);
        try
        {
            SignalEvent welcome = await WelcomeAsync(socket, cancel);
            if (welcome is not { Type: "welcome", You: { } you, E2ee: not null })
            {
                throw new WardlineException("client.malformed", "The server's first message is no welcome.");
            }

            You = you;
            await OnLoopAsync(now => _keys.OnWelcome(welcome, now));
            if (welcome.Resumed != true)
            {
                await BeginAsync();
            }

            await socket.RequestAsync(new SignalRequest("hello") { E2ee = _options.Unencrypted ? null : _keys.Hello }, cancel);
            _socket = socket;
            return socket;
        }
        catch (ChannelClosedException e)
        {
            await socket.DisposeAsync();
            throw e.InnerException as WardlineException ?? new WardlineException("client.closed", $"The server closed the socket (code {socket.CloseCode}).", e);
        }
        catch
        {
            await socket.DisposeAsync();
            throw;
        }
    }

    private async Task<SignalEvent> WelcomeAsync(SignalSocket socket, CancellationToken cancel)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(_options.Patience);
        try
        {
            return await socket.Events.ReadAsync(patience.Token);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new WardlineException("client.timeout", "The server opened a socket and said nothing.", e);
        }
    }

    /// <summary>A new transport, in the place of one that the server no longer holds: it forgets it after 60 s and in the waiting room.</summary>
    private async Task BeginAsync()
    {
        if (_loop is { } loop)
        {
            _peer = await loop.InvokeAsync(_ =>
            {
                if (_peer is { } before)
                {
                    loop.Remove(before);
                }

                return Begin(loop);
            });
        }
    }

    private LoopPeer Begin(PeerLoop loop)
    {
        MediaPeer peer = new(loop.Dtls, _random, loop.Buffers, _options.Unencrypted ? null : _keys, _options.OnFrame)
        {
            OnKeyMessage = (to, body) => _outbox.Writer.TryWrite(new SignalRequest("e2ee") { To = to, Body = body }),
            OnTransportLost = () => _ = Task.Run(RestartAsync),
            Adapts = _options.Adapts,
        };
        foreach (Media.IFrameSource source in _options.Publish)
        {
            peer.Publish(source);
        }

        Pause(peer);
        return loop.Add(peer);
    }

    private async Task RunAsync(SignalSocket socket)
    {
        Task pump = PumpAsync();
        TimeSpan pause = s_firstRetry;
        long unsettledSince = Environment.TickCount64;
        try
        {
            while (true)
            {
                long began = Environment.TickCount64;
                if (_fault is not null)
                {
                    socket.Abort();
                }

                WardlineException? fault = await FollowAsync(socket);
                int? code = socket.CloseCode;
                _socket = null;
                await socket.DisposeAsync();
                if (_leaving.IsCancellationRequested)
                {
                    return;
                }

                fault = _fault ?? fault;
                if ((code is { } close && s_final.Contains(close)) || (fault is not null && !MayPass(fault.Code)))
                {
                    Finish(new ParticipantEnding(code, fault));
                    return;
                }

                if (Environment.TickCount64 - began > s_settledAfter.TotalMilliseconds)
                {
                    (pause, unsettledSince) = (s_firstRetry, Environment.TickCount64);
                }
                else if (Environment.TickCount64 - unsettledSince > s_giveUpAfter.TotalMilliseconds)
                {
                    Finish(new ParticipantEnding(code, fault ?? new WardlineException("client.closed", "No connection holds.")));
                    return;
                }

                Enter(ParticipantState.Reconnecting);
                await OnLoopAsync(_keys.OnDisconnected);
                pause = code == 4006 && pause < s_tooManyPause ? s_tooManyPause : pause;
                (socket, pause) = await ComeBackAsync(pause, unsettledSince);
            }
        }
        catch (WardlineException e)
        {
            Finish(new ParticipantEnding(null, e));
        }
        catch (OperationCanceledException)
        {
            // Leaving.
        }
#pragma warning disable CA1031 // a mistake, here or in a callback: whoever waits for the ending learns of it
        catch (Exception e)
#pragma warning restore CA1031
        {
            Finish(new ParticipantEnding(null, new WardlineException("client.fault", "This client made a mistake.", e)));
        }
        finally
        {
            _outbox.Writer.TryComplete();
            await pump;
        }
    }

    /// <summary>Everything that one socket brings, until it closes.</summary>
    /// <returns>What was wrong with it; null when it just closed.</returns>
    private async Task<WardlineException?> FollowAsync(SignalSocket socket)
    {
        try
        {
            await foreach (SignalEvent message in socket.Events.ReadAllAsync(_leaving.Token))
            {
                await TakeAsync(message);
            }

            return null;
        }
        catch (WardlineException e)
        {
            return e;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private async Task TakeAsync(SignalEvent message)
    {
        switch (message.Type)
        {
            case "state":
                bool inCall = message.State == "in-call";
                if (!inCall && _wasInCall)
                {
                    await BeginAsync();
                }

                _wasInCall = inCall;

                await OnLoopAsync(now => _keys.OnState(inCall, now));
                Enter(inCall ? ParticipantState.InCall : ParticipantState.Waiting);
                if (inCall)
                {
                    if (_microphoneOff || _cameraOff)
                    {
                        _outbox.Writer.TryWrite(new SignalRequest("media") { Microphone = !_microphoneOff, Camera = !_cameraOff });
                    }

                    await OfferAsync(restart: false);
                }

                break;
            case "roster" when message.Participants is { } participants:
                _roster = participants;
                await OnLoopAsync(now => _keys.OnRoster(participants, now));
                _options.OnRoster?.Invoke(this, participants);
                if (State == ParticipantState.InCall && await ReceiveAsync(participants))
                {
                    await OfferAsync(restart: false);
                }

                break;
            case "e2ee" when message is { From: { } from, Body: { } body }:
                await OnLoopAsync(now => _keys.OnBody(from, body, now));
                break;
            case "renegotiate":
                await OfferAsync(restart: message.Reason == "transport");
                break;
        }
    }

    /// <summary>Whether the roster brings somebody new to receive, or takes somebody away.</summary>
    private Task<bool> ReceiveAsync(IReadOnlyList<RosterEntry> participants)
    {
        if (_loop is not { } loop || _peer is not { } peer || !_options.Receives)
        {
            return Task.FromResult(false);
        }

        List<(string, MediaSource)> wanted = [];
        foreach (RosterEntry entry in participants)
        {
            if (entry.Participant != You.Participant && entry.State == "in-call" && entry.Tracks is { } tracks)
            {
                wanted.AddRange(tracks.Select(t => t.Source).Select(Source).OfType<MediaSource>().Select(source => (entry.Participant, source)));
            }
        }

        return loop.InvokeAsync(_ => peer.Peer.Receive(wanted));
    }

    /// <summary>The media path is lost, and this side has noticed first.</summary>
    private async Task RestartAsync()
    {
        SignalSocket? socket = _socket;
        try
        {
            if (State == ParticipantState.InCall)
            {
                await OfferAsync(restart: true);
            }
        }
        catch (WardlineException e) when (MayPass(e.Code))
        {
            // The offer on the next socket looks at the transport again.
            socket?.Abort();
        }
        catch (WardlineException e)
        {
            EndWith(e);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // Leaving.
        }
    }

    /// <summary>From beside the run: no other try mends this.</summary>
    private void EndWith(WardlineException fault)
    {
        _fault = fault;
        _socket?.Abort();
    }

    private async Task OfferAsync(bool restart)
    {
        await _offering.WaitAsync(_leaving.Token);
        try
        {
            for (int attempt = 1; !await TryOfferAsync(restart); attempt++)
            {
                // The server takes two offers a second in the long run (docs/protocol.md §2).
                await Task.Delay(s_offerInterval * attempt, _leaving.Token);
            }
        }
        catch (WardlineException e) when (e.Code == "signal.out-of-place")
        {
            // Back in the waiting room meanwhile: the state that says so is on its way.
        }
        catch (WardlineException e) when (e.Code == "signal.unknown-participant")
        {
            // Somebody whom the offer names has just left: the roster that says so is on its way, and makes the next offer.
        }
        finally
        {
            _offering.Release();
        }
    }

    /// <returns>False when the server has had too many offers for the moment.</returns>
    private async Task<bool> TryOfferAsync(bool restart)
    {
        try
        {
            await ExchangeAsync(restart);
            return true;
        }
        catch (WardlineException e) when (e.Code == "signal.rate")
        {
            return false;
        }
    }

    private async Task ExchangeAsync(bool restart)
    {
        if (_loop is not { } loop || _peer is not { } peer || _socket is not { } socket)
        {
            return;
        }

        (string sdp, MediaSection[] sections) = await loop.InvokeAsync(_ =>
        {
            // A transport that has lost its path needs new credentials to find another (RFC 8445 §9).
            if (restart || peer.Peer.Transport.State == TransportState.Failed)
            {
                peer.Peer.RestartIce();
            }

            return (peer.Peer.WriteOffer(), peer.Peer.Sections.ToArray());
        });
        if (sections.Length == 0)
        {
            return; // nothing to send, and nobody to receive
        }

        SignalEvent answer = await socket.RequestAsync(
            new SignalRequest("offer")
            {
                Sdp = sdp,
                Publish = [.. sections.Where(s => s.Sends).Select(s => new PublishSlot(s.Mid, Name(s.Source)))],
                Subscribe = [.. sections.Where(s => s is { From: not null, IsIdle: false }).Select(s => new SubscribeSlot(s.Mid, s.From!, Name(s.Source)))],
            },
            _leaving.Token);
        ServerAnswer parsed = ServerAnswer.Parse(answer.Sdp ?? "");
        bool taken = await loop.InvokeAsync(now =>
        {
            if (!peer.Peer.TakeAnswer(parsed))
            {
                return false;
            }

            peer.Peer.AddPaths(parsed, direct: !_options.RelayOnly, now);
            loop.Turn(peer);
            return true;
        });
        if (!taken)
        {
            throw new WardlineException("client.malformed", "The server's media certificate changed within a visit.");
        }

        SeekRelay(loop, peer);

        ViewSlot[] slots = [.. sections.Where(s => s is { From: not null, IsAudio: false }).Select(s => new ViewSlot(s.Mid, _options.ViewSize.Width, _options.ViewSize.Height))];
        if (slots.Length > 0)
        {
            _outbox.Writer.TryWrite(new SignalRequest("view") { Slots = slots });
        }
    }

    /// <returns>The next socket, and how long to wait before the one after it, should this one not hold.</returns>
    private async Task<(SignalSocket Socket, TimeSpan Pause)> ComeBackAsync(TimeSpan pause, long unsettledSince)
    {
        while (true)
        {
            await Task.Delay(pause, _leaving.Token);
            pause = pause * 2 < s_longestRetry ? pause * 2 : s_longestRetry;
            try
            {
                return (await ConnectAsync(_leaving.Token), pause);
            }
            catch (WardlineException e) when (MayPass(e.Code) && Environment.TickCount64 - unsettledSince < s_giveUpAfter.TotalMilliseconds)
            {
                // Again, a little later.
            }
        }
    }

    /// <summary>What another try may get past: the network, and a server that is restarting or busy.</summary>
    private static bool MayPass(string code) => code is "client.unreachable" or "client.timeout" or "client.closed" or "client.refused" or "http.rate" or "http.fault" or "signal.rate" or "ticket.expired" or "ticket.used";

    /// <summary>Sends, in order, what is no request; the next socket takes over what one could not send.</summary>
    private async Task PumpAsync()
    {
        await foreach (SignalRequest message in _outbox.Reader.ReadAllAsync())
        {
            try
            {
                if (_socket is { } socket)
                {
                    await socket.SendAsync(message, _leaving.Token);
                }
            }
            catch (Exception e) when (e is WardlineException or OperationCanceledException)
            {
                // The keys' own timers send again what matters.
            }
        }
    }

    /// <summary>Something for the keys, on the thread that owns them, and then what they have to say.</summary>
    private async Task OnLoopAsync(Action<Instant> work)
    {
        if (_loop is not { } loop)
        {
            // Signaling alone: the keys have no clock, but what they answer is sent.
            work(default);
            while (_keys.TryTakeMessage(out string to, out string body))
            {
                _outbox.Writer.TryWrite(new SignalRequest("e2ee") { To = to, Body = body });
            }

            return;
        }

        await loop.InvokeAsync(now =>
        {
            work(now);
            if (_peer is { } peer)
            {
                peer.Peer.AfterKeys(now);
                loop.Turn(peer);
            }

            return true;
        });
    }

    private static MediaSource? Source(string name) => name switch
    {
        "microphone" => MediaSource.Microphone,
        "camera" => MediaSource.Camera,
        "screen" => MediaSource.Screen,
        _ => null,
    };

    private static string Name(MediaSource source) => source switch
    {
        MediaSource.Microphone => "microphone",
        MediaSource.Camera => "camera",
        _ => "screen",
    };
}
