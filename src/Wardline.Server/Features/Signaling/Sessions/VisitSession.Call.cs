using Wardline.Server.Features.Signaling.Media;
using Wardline.Server.Features.Signaling.Wire;

namespace Wardline.Server.Features.Signaling.Sessions;

/// <summary>The call: who is in it, what the others are told, its media room, and its end when nobody is active.</summary>
internal sealed partial class VisitSession
{
    private readonly IdleClock _idle;
    private IMediaRoom? _room;
    private bool _rosterChanged;
    private bool _tracksChanged;
    private long? _rosterAt;
    private bool _opened;
    private int _rosterVersion;
    private int _joined;
    private byte _nextNumber;

    private IEnumerable<Member> InCall => _members.Values.Where(m => m.State == MemberState.InCall);

    /// <summary>
    /// A muted microphone sends on: digital silence. So packets say that somebody is there only while somebody in the call
    /// has a microphone or a camera switched on. Asked before each step, since the step may be what switches it off.
    /// </summary>
    private void HearMedia()
    {
        if (_room is { } room && InCall.Any(m => m.IsSendingMedia))
        {
            _idle.Heard(room.LastMediaTimestamp);
        }
    }

    /// <summary>The only place where a member's state changes, with all that follows from it.</summary>
    private async Task<bool> MoveAsync(Member member, MemberEvent happened)
    {
        MemberState before = member.State;
        bool wasListed = member.IsListed;
        if (!member.TryMove(happened, _parts.Time.GetTimestamp()))
        {
            return false;
        }

        _parts.Log.StateIs(_visit.Id, member.Participant, member.State.ToString());
        switch (member.State)
        {
            case MemberState.InCall:
                await EnterCallAsync(member);
                break;
            case MemberState.Waiting:
                await LeaveCallAsync(member); // first: not one more packet
                member.Send(new StateChanged("waiting"));
                break;
            case MemberState.Gone:
                await LeaveCallAsync(member);
                if (_members.GetValueOrDefault(member.Participant) == member)
                {
                    _members.Remove(member.Participant);
                }

                break;
        }

        _rosterChanged |= wasListed || member.IsListed || before == MemberState.Opened;
        return true;
    }

    private async Task EnterCallAsync(Member member)
    {
        if (member.Peer is null)
        {
            if (_room is null)
            {
                _room = _parts.Media.Open(_visit.Id);
                _ = FollowAsync(_room);
            }

            member.Peer = await _room.AddAsync(CancellationToken.None);
            member.JoinedSeq = ++_joined;
        }

        if (!_opened)
        {
            await _parts.Visits.OpenAsync(_visit.Id);
            _opened = true;
        }

        if (_idle.Running)
        {
            _idle.Touch();
        }
        else
        {
            _idle.Start();
        }

        member.Send(new StateChanged("in-call"));
        member.SendKept();
        if (_idle.Warned)
        {
            member.Send(new IdleWarning(SecondsLeft()));
        }
    }

    private async Task LeaveCallAsync(Member member)
    {
        if (member.Peer is not { } peer || _room is not { } room)
        {
            return;
        }

        member.Peer = null;
        member.Published = [];
        member.Subscribed = [];
        await room.RemoveAsync(peer);
        if (_members.Values.All(m => m.Peer is null))
        {
            _room = null;
            _idle.Stop();
            await room.DisposeAsync();
        }
    }

    /// <summary>
    /// Who is in the call is told at once: keys follow it, and it changes no faster than people can get tickets. What they
    /// have switched on can be toggled as fast as messages may come, so all of that waits for one roster.
    /// </summary>
    private bool IsRosterDue => _rosterChanged || (_tracksChanged && RosterWait <= TimeSpan.Zero);

    private TimeSpan RosterWait => _rosterAt is { } at ? SignalingLimits.RosterEvery - _parts.Time.GetElapsedTime(at) : TimeSpan.Zero;

    private void SendRoster()
    {
        _rosterChanged = _tracksChanged = false;
        _rosterAt = _parts.Time.GetTimestamp();
        List<Member> listed = [.. _members.Values.Where(m => m.IsListed).OrderBy(m => m.JoinedSeq).ThenBy(m => m.Participant, StringComparer.Ordinal)];
        Roster whole = new(++_rosterVersion, [.. listed.Select(m => m.ToEntry(whole: true))]);
        RosterEntry[] clinicians = [.. listed.Where(m => m.IsClinician).Select(m => m.ToEntry(whole: false))];
        foreach (Member member in listed)
        {
            if (member.State == MemberState.InCall)
            {
                member.ShownWaiting = null;
                member.Send(whole);
            }
            else if (member.State == MemberState.Waiting && (member.ShownWaiting is null || !member.ShownWaiting.SequenceEqual(clinicians)))
            {
                member.ShownWaiting = clinicians;
                member.Send(new Roster(_rosterVersion, clinicians));
            }
        }
    }

    /// <summary>Who receives this member through a transport that is no longer theirs is asked for a new offer.</summary>
    private void AskSubscribersOf(Member publisher)
    {
        foreach (Member other in InCall.Where(m => m != publisher))
        {
            if (other.Subscribed.Any(s => s.Wanted.Participant == publisher.Participant && s.Bound != publisher.Peer))
            {
                other.Send(new Renegotiate("participant"));
            }
        }
    }

    private async Task FollowAsync(IMediaRoom room)
    {
        try
        {
            await foreach (RoomEvent happened in room.Events.ReadAllAsync())
            {
                await StepAsync(async () =>
                {
                    if (room == _room)
                    {
                        await HearAsync(happened);
                    }

                    return true;
                });
            }
        }
        catch (Exception fault)
        {
            _parts.Log.StepFailed(fault, _visit.Id);
        }
    }

    private async Task HearAsync(RoomEvent happened)
    {
        if (happened is RoomFailed)
        {
            // Everybody comes back by themselves, into a new room.
            foreach (Member inside in _members.Values.Where(m => m.IsInside).ToList())
            {
                Detach(inside, CloseCode.Fault);
                await MoveAsync(inside, MemberEvent.Finish);
            }

            return;
        }

        InCall.FirstOrDefault(m => m.Peer == happened.Peer)?.Send(happened switch
        {
            DownlinkQuality q => new Quality(q.Received, q.EstimateKbps, q.LossPercent, q.Level),
            RenegotiationWanted wanted => new Renegotiate(wanted.Reason),
            _ => throw new InvalidOperationException($"{happened.GetType().Name} has no message."),
        });
    }

    private int SecondsLeft() => Math.Max(0, (int)Math.Ceiling(_idle.Left.TotalSeconds));

    private async Task CheckIdleAsync()
    {
        switch (_idle.Check())
        {
            case IdleClock.Change.Warn:
                Tell(new IdleWarning(SecondsLeft()));
                break;
            case IdleClock.Change.Clear:
                Tell(new IdleCleared());
                break;
            case IdleClock.Change.Over:
                _parts.Log.IdleOver(_visit.Id, _parts.Options.IdleEnd);
                foreach (Member member in _members.Values.Where(m => m.IsInside).ToList())
                {
                    Detach(member, CloseCode.Idle);
                    await MoveAsync(member, MemberEvent.Finish);
                }

                break;
        }

        void Tell(ServerMessage message)
        {
            foreach (Member member in InCall)
            {
                member.Send(message);
            }
        }
    }
}
