using System.Security.Cryptography;
using Wardline.Client.E2ee;
using Wardline.Client.Peer;
using Wardline.Client.Signaling;
using Wardline.Rtc;
using Wardline.Sockets;

namespace Wardline.Client;

/// <summary>
/// A person in a visit, without a browser: enters by a link, waits, is admitted, sends and receives, and comes back from
/// lost connections by itself. Thread-safe.
/// </summary>
/// <example><code>
/// await using Participant bot = await Participant.JoinAsync(VisitLink.Parse(link), new ParticipantOptions { Publish = [camera] }, cancel);
/// await bot.InCallAsync(cancel);
/// </code></example>
public sealed partial class Participant : IAsyncDisposable
{
    private const int InstanceBytes = 16;
    private static readonly TimeSpan s_leaveWithin = TimeSpan.FromSeconds(2);

    private readonly VisitLink _link;
    private readonly ParticipantOptions _options;
    private readonly VisitServer _server;
    private readonly ClientEngine? _ownEngine;
    private readonly PeerLoop? _loop;
    private readonly byte[] _instance = RandomNumberGenerator.GetBytes(InstanceBytes);
    private readonly CancellationTokenSource _leaving = new();
    private readonly TaskCompletionSource _inCall = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<ParticipantEnding> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SystemRandom _random = new();
    private readonly MemberSession _keys;
    private volatile SignalSocket? _socket;
    private volatile LoopPeer? _peer;
    private volatile bool _microphoneOff;
    private volatile bool _cameraOff;
    private volatile IReadOnlyList<RosterEntry> _roster = [];
    private Task _running = Task.CompletedTask;

    private Participant(VisitLink link, ParticipantOptions options)
    {
        _link = link;
        _options = options;
        _server = new VisitServer(link.Server, options.Trust, options.Patience);
        if (options.Media)
        {
            _ownEngine = options.Engine is null ? new ClientEngine() : null;
            _loop = (options.Engine ?? _ownEngine!).NextLoop();
        }

        _keys = new MemberSession(link.Visit, _random, _loop?.Now ?? default);
    }

    public ParticipantState State { get; private set; }

    /// <summary>This participant's id, name and role, as the server knows them.</summary>
    public WelcomeYou You { get; private set; } = new("", "", "");

    /// <summary>Everybody in the visit, this participant too.</summary>
    public IReadOnlyList<RosterEntry> Roster => _roster;

    /// <summary>Six digits, the same on every screen when nobody sits in between; null until there is somebody to compare with.</summary>
    public string? ShortCode => _peer?.Peer.ShortCode;

    /// <summary>Completes when the visit is over for this participant.</summary>
    public Task<ParticipantEnding> Ending => _ended.Task;

    /// <summary>Enters the visit: as far as the waiting room, or the call for who needs nobody's leave.</summary>
    /// <exception cref="WardlineException">Why not; see its codes.</exception>
    public static async Task<Participant> JoinAsync(VisitLink link, ParticipantOptions options, CancellationToken cancel)
    {
        Participant participant = new(link, options);
        try
        {
            await participant._server.SignInAsync(link, cancel);
            SignalSocket socket = await participant.ConnectAsync(cancel);
            participant._running = Task.Run(() => participant.RunAsync(socket), CancellationToken.None);
            return participant;
        }
        catch
        {
            await participant.DisposeAsync();
            throw;
        }
    }

    /// <summary>Completes when this participant is in the call.</summary>
    /// <exception cref="WardlineException">The visit ended before.</exception>
    public Task InCallAsync(CancellationToken cancel) => _inCall.Task.WaitAsync(cancel);

    /// <summary>A clinician lets somebody in.</summary>
    public Task AdmitAsync(string participant, CancellationToken cancel) => ActAsync(new SignalRequest("admit") { Participant = participant }, cancel);

    /// <summary>A clinician asks somebody back into the waiting room.</summary>
    public Task HoldAsync(string participant, CancellationToken cancel) => ActAsync(new SignalRequest("hold") { Participant = participant }, cancel);

    /// <summary>A clinician takes somebody out of the visit.</summary>
    public Task RemoveAsync(string participant, CancellationToken cancel) => ActAsync(new SignalRequest("remove") { Participant = participant }, cancel);

    /// <summary>A clinician ends the visit for everybody.</summary>
    public Task EndVisitAsync(CancellationToken cancel) => ActAsync(new SignalRequest("end"), cancel);

    /// <summary>Somebody is there: an idle visit is not ended.</summary>
    public Task StillHereAsync(CancellationToken cancel) => ActAsync(new SignalRequest("activity"), cancel);

    /// <summary>Says what is switched on, and sends nothing of what is off.</summary>
    public async Task SwitchAsync(bool microphone, bool camera, CancellationToken cancel)
    {
        (_microphoneOff, _cameraOff) = (!microphone, !camera);
        if (_loop is { } loop)
        {
            await loop.InvokeAsync(_ =>
            {
                if (_peer is { } peer)
                {
                    Pause(peer.Peer);
                    loop.Turn(peer);
                }

                return true;
            });
        }

        await ActAsync(new SignalRequest("media") { Microphone = microphone, Camera = camera }, cancel);
    }

    /// <summary>What has gone through the media connection so far; null before there is one.</summary>
    public async Task<ParticipantStats?> StatsAsync() => _loop is { } loop && _peer is { } peer ? await loop.InvokeAsync(_ => PeerStats.Of(peer.Peer)) : null;

    /// <summary>Leaves the visit, if it is still there, and lets go of everything.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_socket is { } socket && !_leaving.IsCancellationRequested)
        {
            using CancellationTokenSource patience = new(s_leaveWithin);
            try
            {
                await socket.SendAsync(new SignalRequest("leave"), patience.Token);
            }
            catch (Exception e) when (e is WardlineException or OperationCanceledException)
            {
                // It is closed already, or does not read.
            }
        }

        await _leaving.CancelAsync();
        await _running;
        await _seekingRelay;
        if (_loop is { } loop && _peer is { } peer)
        {
            _peer = null;
            await loop.InvokeAsync(_ =>
            {
                loop.Remove(peer);
                _keys.Dispose();
                return true;
            });
        }

        if (_socket is { } open)
        {
            _socket = null;
            await open.DisposeAsync();
        }

        if (_relayStream is { } relay)
        {
            await relay.DisposeAsync();
        }

        _keys.Dispose();
        _server.Dispose();
        _ownEngine?.Dispose();
        _leaving.Dispose();
        _offering.Dispose();
        Finish(new ParticipantEnding(1000, null));
    }

    /// <summary>On the loop's thread. A new transport sends nothing either of what was switched off before it.</summary>
    private void Pause(MediaPeer peer)
    {
        foreach (Publication publication in peer.Publications)
        {
            publication.Paused = publication.Source.Kind == MediaSource.Microphone ? _microphoneOff : publication.Source.Kind == MediaSource.Camera && _cameraOff;
        }
    }

    private Task ActAsync(SignalRequest request, CancellationToken cancel) =>
        (_socket ?? throw new WardlineException("client.closed", "This participant is not connected.")).RequestAsync(request, cancel);

    private void Enter(ParticipantState state)
    {
        if (State == state || State == ParticipantState.Ended)
        {
            return;
        }

        State = state;
        if (state == ParticipantState.InCall)
        {
            _inCall.TrySetResult();
        }

        _options.OnState?.Invoke(this, state);
    }

    private void Finish(ParticipantEnding ending)
    {
        Enter(ParticipantState.Ended);
        _ended.TrySetResult(ending);
        _inCall.TrySetException(ending.Error ?? new WardlineException("client.closed", $"The visit is over (close code {ending.CloseCode})."));
        _ = _inCall.Task.Exception; // nobody has to ask
    }
}
