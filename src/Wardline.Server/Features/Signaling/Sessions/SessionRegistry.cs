using System.Collections.Concurrent;
using Wardline.Server.Features.Health;
using Wardline.Server.Features.Signaling.Media;
using Wardline.Server.Features.Visits;

namespace Wardline.Server.Features.Signaling.Sessions;

/// <summary>The visits that are live in this process. A session begins with its first socket and is forgotten with its last person.</summary>
internal sealed class SessionRegistry(
    SignalingOptions options, IMediaGateway media, VisitDirectory visits, TimeProvider time, SignalingMeters meters, ILogger<VisitSession> log)
    : IHostedLifecycleService, IReadiness
{
    private readonly ConcurrentDictionary<string, VisitSession> _sessions = new(StringComparer.Ordinal);

    public string Name => "media";

    public int Count => _sessions.Count;

    public ValueTask<string?> CheckAsync(CancellationToken cancel) => ValueTask.FromResult(media.Problem);

    public async Task<bool> HasRoomAsync(Invitation invitation) =>
        !_sessions.TryGetValue(invitation.Visit.Id, out VisitSession? session) || await session.HasRoomAsync(invitation.Participant);

    /// <returns>The session that took the connection, or null and why none did.</returns>
    public async Task<(VisitSession? Session, ConnectOutcome Outcome)> ConnectAsync(SignalConnection connection, Invitation invitation, string instance)
    {
        while (true)
        {
            VisitSession session = _sessions.GetOrAdd(
                invitation.Visit.Id,
                static (_, a) => new VisitSession(a.Visit, a.Parts),
                (invitation.Visit, Parts: new SessionParts(options, media, visits, time, meters, log, Forget)));
            ConnectOutcome outcome = await session.ConnectAsync(connection, invitation.Person.Id, instance);
            if (outcome != ConnectOutcome.Retired)
            {
                return (outcome == ConnectOutcome.Connected ? session : null, outcome);
            }

            Forget(session); // it has just ended: a new one
        }
    }

    // Sockets end before Kestrel waits for its connections.
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        foreach (VisitSession session in _sessions.Values)
        {
            await session.ShutDownAsync();
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        media.Start();
        return Task.CompletedTask;
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Forget(VisitSession session) => _sessions.TryRemove(KeyValuePair.Create(session.VisitId, session));
}

/// <summary>What a session works with.</summary>
internal sealed record SessionParts(
    SignalingOptions Options, IMediaGateway Media, VisitDirectory Visits, TimeProvider Time, SignalingMeters Meters, ILogger Log, Action<VisitSession> Forget);

internal enum ConnectOutcome
{
    Connected,
    Full,
    Ended,
    Removed,
    Retired,
}
