using Wardline.Server.Features.Signaling.Media;
using Wardline.Server.Features.Signaling.Wire;
using Wardline.Server.Features.Visits;
using Wardline.Server.Platform;

namespace Wardline.Server.Features.Signaling.Sessions;

/// <summary>
/// One live visit. Whatever happens to it, a message, a broken socket, a timer, an event of the media engine, is one step;
/// steps run one after the other behind one gate, so nothing in here is ever seen half done. This part holds the gate,
/// comings and goings of sockets, and time; see VisitSession.Messages.cs and VisitSession.Call.cs for the rest.
/// </summary>
internal sealed partial class VisitSession
{
    private readonly Visit _visit;
    private readonly SessionParts _parts;
    private readonly SemaphoreSlim _gate = new(1);
    private readonly Dictionary<string, Member> _members = new(StringComparer.Ordinal);
    private readonly TryLimiter _offers;
    private readonly TryLimiter _sealed;
    private readonly ITimer _timer;
    private bool _retired;

    public VisitSession(Visit visit, SessionParts parts)
    {
        _visit = visit;
        _parts = parts;
        _offers = new TryLimiter(parts.Time, SignalingLimits.OfferBurst, SignalingLimits.OfferEvery);
        _sealed = new TryLimiter(parts.Time, SignalingLimits.SealedBurst, SignalingLimits.SealedEvery);
        _idle = new IdleClock(parts.Options.IdleEnd, parts.Options.IdleWarning, parts.Time);
        _timer = parts.Time.CreateTimer(static session => _ = ((VisitSession)session!).TickAsync(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        parts.Meters.Sessions(1);
    }

    public string VisitId => _visit.Id;

    public Task<bool> HasRoomAsync(string participant) => StepAsync(() => Task.FromResult(HasRoom(participant)));

    public Task<ConnectOutcome> ConnectAsync(SignalConnection connection, string person, string instance) => StepAsync(async () =>
    {
        if (_retired)
        {
            return ConnectOutcome.Retired;
        }

        // Read again behind the gate: between the look before the upgrade and now, somebody may have been removed.
        Invitation? invitation = await _parts.Visits.FindAsync(_visit.Id, person);
        if (invitation is null or { Admission: Admission.Removed })
        {
            return ConnectOutcome.Removed;
        }

        if (invitation.Visit.HasEnded)
        {
            return ConnectOutcome.Ended;
        }

        if (!HasRoom(invitation.Participant))
        {
            return ConnectOutcome.Full;
        }

        long now = _parts.Time.GetTimestamp();
        Member? old = _members.GetValueOrDefault(invitation.Participant);
        Member member;
        if (old is not null && old.Instance == instance)
        {
            member = old;
            if (old.Connection is not null)
            {
                // Another code than for another page: of two sockets that a page tried, the older request may come last.
                Detach(old, CloseCode.Superseded);
                await MoveAsync(old, MemberEvent.Drop);
            }

            if (!member.TryMove(MemberEvent.Return, now))
            {
                member = new Member(invitation, instance) { Admitted = old.Admitted }; // had not entered the call: nothing is kept
            }
        }
        else
        {
            bool takesPlace = old?.IsInside ?? false;
            member = new Member(invitation, instance) { TakesPlace = takesPlace };
            if (old is not null)
            {
                member.Admitted = old.Admitted;
                Detach(old, CloseCode.Replaced);
                await MoveAsync(old, MemberEvent.Finish);
                _rosterChanged = false; // the place is taken over at hello: for the others that is one change, not two
            }
        }

        _members[member.Participant] = member;
        member.Connection = connection;
        member.Opened(now);
        bool resumed = member.Peer is not null;
        member.Send(new Welcome(
            Protocol: 1,
            new WelcomeVisit(_visit.Id, _visit.Type),
            new WelcomeYou(member.Participant, member.Name, member.Role),
            resumed,
            new WelcomeE2ee(MediaProfile.RequiresE2ee(_visit.Profile), (int)_parts.Options.RotateInterval.TotalSeconds),
            new WelcomeIdle((int)_parts.Options.IdleEnd.TotalSeconds, (int)_parts.Options.IdleWarning.TotalSeconds),
            _visit.Profile));
        _parts.Log.Connected(_visit.Id, member.Participant, resumed);
        return ConnectOutcome.Connected;
    });

    /// <summary>The socket is gone, for whatever reason. Nothing happens when the session has closed it itself.</summary>
    public Task DisconnectedAsync(SignalConnection connection) => StepAsync(async () =>
    {
        if (connection.Closing == CloseCode.TooLarge)
        {
            _parts.Meters.Closed(nameof(CloseCode.TooLarge));
        }

        if (Find(connection) is { } member)
        {
            member.Connection = null;
            await MoveAsync(member, MemberEvent.Drop);
        }

        return true;
    });

    public Task ShutDownAsync() => StepAsync(async () =>
    {
        foreach (Member member in _members.Values.ToList())
        {
            Detach(member, CloseCode.GoingAway);
            await MoveAsync(member, MemberEvent.Finish);
        }

        return true;
    });

    private bool HasRoom(string participant) => _members.ContainsKey(participant) || _members.Count < SignalingLimits.Participants;

    private Member? Find(SignalConnection connection) => _members.Values.FirstOrDefault(m => m.Connection == connection);

    private async Task<T> StepAsync<T>(Func<Task<T>> step)
    {
        await _gate.WaitAsync();
        try
        {
            HearMedia();
            return await step();
        }
        finally
        {
            Settle();
            _gate.Release();
        }
    }

    private void Settle()
    {
        if (IsRosterDue)
        {
            SendRoster();
        }

        if (_retired)
        {
            return;
        }

        if (_members.Count == 0)
        {
            _retired = true;
            _timer.Dispose();
            _parts.Meters.Sessions(-1);
            _parts.Forget(this);
            return;
        }

        if (NextDue() is { } due)
        {
            // One millisecond more: timers may fire a little early, and the look at the clock must then say "due".
            _timer.Change(due <= TimeSpan.Zero ? TimeSpan.Zero : due + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Closes the socket from this side. What the member's state becomes is another matter.</summary>
    private void Detach(Member member, CloseCode code)
    {
        if (member.Connection is { } connection)
        {
            member.Connection = null;
            connection.Close(code);
            _parts.Meters.Closed(code.ToString());
        }
    }

    private TimeSpan? NextDue()
    {
        TimeSpan? due = _idle.NextCheck();
        if (_tracksChanged && !(due < RosterWait))
        {
            due = RosterWait;
        }

        foreach (Member member in _members.Values)
        {
            foreach ((TimeSpan left, _) in Deadlines(member))
            {
                due = due is { } earlier && earlier < left ? earlier : left;
            }
        }

        return due;
    }

    private IEnumerable<(TimeSpan Left, Func<Task> Act)> Deadlines(Member member)
    {
        SignalingOptions options = _parts.Options;
        if (member.Connection is { } connection)
        {
            yield return (options.SilenceAfter - _parts.Time.GetElapsedTime(connection.LastHeard), () => CutOffAsync(member, CloseCode.Silence));
        }

        if (member is { State: MemberState.Opened, Connection: not null })
        {
            yield return (options.HelloWithin - _parts.Time.GetElapsedTime(member.Since), () => CutOffAsync(member, CloseCode.ProtocolError));
        }

        if (member.State == MemberState.Away)
        {
            yield return (options.ResumeWithin - _parts.Time.GetElapsedTime(member.AwaySince), () => MoveAsync(member, MemberEvent.Finish));
        }
    }

    /// <summary>Closes a socket that broke a rule; its owner may come back as after any other loss.</summary>
    private async Task CutOffAsync(Member member, CloseCode code)
    {
        _parts.Log.ClosedForFault(_visit.Id, member.Participant, code);
        Detach(member, code);
        await MoveAsync(member, MemberEvent.Drop);
    }

    private async Task TickAsync()
    {
        try
        {
            await StepAsync(async () =>
            {
                foreach (Member member in _members.Values.ToList())
                {
                    foreach ((TimeSpan left, Func<Task> act) in Deadlines(member).ToList())
                    {
                        if (left <= TimeSpan.Zero && _members.GetValueOrDefault(member.Participant) == member)
                        {
                            await act();
                            break;
                        }
                    }
                }

                await CheckIdleAsync();
                return true;
            });
        }
        catch (Exception fault)
        {
            _parts.Log.StepFailed(fault, _visit.Id);
        }
    }
}
