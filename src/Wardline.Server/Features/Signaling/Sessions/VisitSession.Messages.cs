using Wardline.Server.Features.Signaling.Media;
using Wardline.Server.Features.Signaling.Wire;
using Wardline.Server.Features.Visits;

namespace Wardline.Server.Features.Signaling.Sessions;

/// <summary>What each message does, and to whom it is allowed when.</summary>
internal sealed partial class VisitSession
{
    public Task ReceiveAsync(SignalConnection connection, ReadOnlyMemory<byte> utf8, bool isText) => StepAsync(async () =>
    {
        // 1. A socket that was closed a moment ago is nobody's.
        if (Find(connection) is not { } member)
        {
            return false;
        }

        // 2. Too many: not even looked at.
        RateVerdict rate = connection.Rate.Next();
        if (rate != RateVerdict.Allowed)
        {
            _parts.Meters.Refused(SignalError.Rate.Code);
            if (rate == RateVerdict.Flood)
            {
                await CutOffAsync(member, CloseCode.TooMany);
            }
            else
            {
                member.Send(new Error(null, SignalError.Rate.Code, SignalError.Rate.Message));
            }

            return true;
        }

        // 3. Shape, place, and then the act itself.
        int? id = null;
        ClientMessage? message = null;
        SignalError? error = SignalError.Malformed;
        if (isText && MessageReader.TryRead(utf8, out message, out id, out error))
        {
            error = Refuse(member, message!) ?? await HandleAsync(member, message!);
        }

        // 4. Who keeps sending what is not the protocol is not a client.
        if (error is null)
        {
            connection.FaultsInARow = 0;
            return true;
        }

        _parts.Meters.Refused(error.Code);
        member.Send(new Error(id, error.Code, error.Message));
        connection.FaultsInARow = error.IsProtocolFault ? connection.FaultsInARow + 1 : 0;
        if (connection.FaultsInARow >= SignalingLimits.FaultsInARow)
        {
            await CutOffAsync(member, CloseCode.ProtocolError);
        }

        return true;
    });

    /// <summary>The table of docs/protocol.md: which message is taken in which state from whom.</summary>
    private static SignalError? Refuse(Member member, ClientMessage message) => message switch
    {
        ActOn or EndVisit when !member.IsClinician => SignalError.NotAllowed,
        Hello => member.State == MemberState.Opened ? null : SignalError.OutOfPlace,
        Activity or Leave or Ping => null,
        _ => member.State == MemberState.InCall ? null : SignalError.OutOfPlace,
    };

    private async Task<SignalError?> HandleAsync(Member member, ClientMessage message)
    {
        if (message is Ping ping)
        {
            member.Send(new Pong(ping.T));
            return null;
        }

        if (member.State == MemberState.InCall)
        {
            Touch();
        }

        SignalError? error = message switch
        {
            Hello hello => await HelloAsync(member, hello),
            Offer offer => await OfferAsync(member, offer),
            View view => Show(member, view),
            MediaSwitches switches => Switch(member, switches),
            SealedMessage body => PassOn(member, body),
            ActOn act => await ActAsync(member, act),
            EndVisit end => await EndAsync(member, end),
            Leave leave => await LeaveAsync(member, leave),
            Activity => null,
            _ => throw new InvalidOperationException($"{message.GetType().Name} has no handler."),
        };
        if (error is null && message is { Id: { } id } and not (Hello or Offer or EndVisit or Leave))
        {
            member.Send(new Ok(id));
        }

        return error;
    }

    private void Touch()
    {
        _idle.Touch();
        if (_idle.Check() == IdleClock.Change.Clear)
        {
            foreach (Member each in InCall)
            {
                each.Send(new IdleCleared());
            }
        }
    }

    private async Task<SignalError?> HelloAsync(Member member, Hello hello)
    {
        if (hello.Keys is null && MediaProfile.RequiresE2ee(_visit.Profile))
        {
            return SignalError.E2eeRequired;
        }

        bool resumed = member.Peer is not null;
        if (!resumed || member.Keys != hello.Keys)
        {
            member.Keys = hello.Keys;
            member.Number = NewNumber();
        }

        if (hello.Id is { } id)
        {
            member.Send(new Ok(id)); // before the state that it leads to
        }

        await MoveAsync(member, MemberEvent.Hello);
        if (member.State == MemberState.Waiting)
        {
            // Whoever waits is told so even when they come back to it.
            member.ShownWaiting = null;
        }

        _parts.Meters.Joined(resumed);
        return null;
    }

    private byte NewNumber()
    {
        while (_members.Values.Any(m => m.Keys is not null && m.Number == _nextNumber && m.State != MemberState.Opened))
        {
            _nextNumber++;
        }

        return _nextNumber++;
    }

    private async Task<SignalError?> OfferAsync(Member member, Offer offer)
    {
        if (!_offers.TryTake(member.Participant))
        {
            return SignalError.TooManyOffers;
        }

        List<(Subscription Wanted, MediaPeer? Bound)> subscribed = [];
        foreach (Subscription wanted in offer.Subscribe)
        {
            if (!_members.TryGetValue(wanted.Participant, out Member? publisher) || publisher == member || !publisher.IsListed)
            {
                return SignalError.UnknownParticipant;
            }

            // Somebody who has just been lost has no transport now; their m-section waits for the next offer.
            subscribed.Add((wanted, publisher.Peer));
        }

        Negotiation outcome = await _room!.NegotiateAsync(
            member.Peer!.Value, offer.Sdp, offer.Publish,
            [.. subscribed.Where(s => s.Bound is not null).Select(s => new SubscribedTrack(s.Wanted.Mid, s.Bound!.Value, s.Wanted.Source))],
            CancellationToken.None);
        if (outcome.Answer is not { } answer)
        {
            _parts.Log.OfferRefused(_visit.Id, member.Participant, outcome.ErrorCode!);
            return new SignalError(outcome.ErrorCode!, outcome.ErrorMessage!);
        }

        _tracksChanged |= !member.Published.Select(p => p.Source).Order().SequenceEqual(offer.Publish.Select(p => p.Source).Order());
        member.Published = offer.Publish;
        member.Subscribed = subscribed;
        member.Send(new Answer(offer.Id, answer));
        AskSubscribersOf(member);
        return null;
    }

    private SignalError? Show(Member member, View view)
    {
        // A view may be older than the last offer: what it names besides is left out.
        _room!.SetView(member.Peer!.Value, [.. view.Slots.Where(s => member.Subscribed.Any(w => w.Bound is not null && w.Wanted.Mid == s.Mid))]);
        return null;
    }

    private SignalError? Switch(Member member, MediaSwitches switches)
    {
        _tracksChanged |= member.MicrophoneOn != switches.Microphone || member.CameraOn != switches.Camera;
        member.MicrophoneOn = switches.Microphone;
        member.CameraOn = switches.Camera;
        return null;
    }

    private SignalError? PassOn(Member member, SealedMessage message)
    {
        if (!_members.TryGetValue(message.To, out Member? to) || to == member || !to.IsInside)
        {
            return SignalError.UnknownParticipant;
        }

        if (!_sealed.TryTake($"{member.Participant}\n{to.Participant}"))
        {
            return SignalError.TooManySealed;
        }

        return to.PassOn(new PassedOn(member.Participant, message.Body)) ? null : SignalError.UnknownParticipant;
    }

    private async Task<SignalError?> ActAsync(Member member, ActOn act)
    {
        if (!_members.TryGetValue(act.Participant, out Member? target) || !target.IsListed)
        {
            return SignalError.UnknownParticipant;
        }

        if (target.IsClinician)
        {
            return new SignalError(SignalError.NotAllowed.Code, "A clinician is let in by nobody and removed by nobody.");
        }

        // Written before it takes effect: what could not be written has not happened, so that nobody who was sent out to
        // wait finds themselves admitted after a reload.
        await _parts.Visits.SetAdmissionAsync(_visit.Id, target.Participant, act.Act switch
        {
            ClinicianAct.Admit => Admission.Admitted,
            ClinicianAct.Hold => Admission.Invited,
            _ => Admission.Removed,
        });
        _parts.Log.ClinicianActed(_visit.Id, member.Participant, act.Act.ToString(), target.Participant);
        switch (act.Act)
        {
            case ClinicianAct.Admit:
                target.Admitted = true;
                if (target.State == MemberState.Waiting && target.Keys is not null)
                {
                    // Who was held comes back with the same keys: a number that is new tells everybody, also somebody who
                    // was away meanwhile and saw neither, that the keys between them are to be given again.
                    target.Number = NewNumber();
                }

                await MoveAsync(target, MemberEvent.Admit); // already inside: nothing moves
                break;
            case ClinicianAct.Hold:
                target.Admitted = false;
                if (!await MoveAsync(target, MemberEvent.Hold))
                {
                    await LeaveCallAsync(target); // between socket and hello: its transport goes, hello leads to the waiting room
                }

                break;
            case ClinicianAct.Remove:
                Detach(target, CloseCode.Removed);
                await MoveAsync(target, MemberEvent.Finish);
                break;
        }

        return null;
    }

    private async Task<SignalError?> EndAsync(Member member, EndVisit end)
    {
        _parts.Log.VisitEnded(_visit.Id, member.Participant);

        // Before anybody hears of it: whoever does, and asks for a ticket or for the relay, is refused already.
        await _parts.Visits.EndAsync(_visit.Id);
        if (end.Id is { } id)
        {
            member.Send(new Ok(id));
        }

        foreach (Member each in _members.Values.ToList())
        {
            Detach(each, CloseCode.Ended);
            await MoveAsync(each, MemberEvent.Finish);
        }

        return null;
    }

    private async Task<SignalError?> LeaveAsync(Member member, Leave leave)
    {
        if (leave.Id is { } id)
        {
            member.Send(new Ok(id));
        }

        Detach(member, CloseCode.Left);
        await MoveAsync(member, MemberEvent.Finish);
        return null;
    }
}
