using Wardline.Server.Features.Signaling.Media;
using Wardline.Server.Features.Signaling.Wire;
using Wardline.Server.Features.Visits;

namespace Wardline.Server.Features.Signaling.Sessions;

/// <summary>One person in one live visit, through one page load. Only its session changes it.</summary>
internal sealed class Member(Invitation invitation, string instance)
{
    private readonly Queue<PassedOn> _kept = new();

    public string Participant => invitation.Participant;

    public string Name => invitation.Person.Name;

    public Role Role => invitation.Role;

    public bool IsClinician => invitation.Role == Role.Clinician;

    public Invitation Invitation => invitation;

    public string Instance => instance;

    public MemberState State { get; private set; } = MemberState.Opened;

    public bool Admitted { get; set; } = invitation.Admission == Admission.Admitted;

    public SignalConnection? Connection { get; set; }

    /// <summary>When the state was entered, on the <see cref="TimeProvider"/>'s timestamp clock.</summary>
    public long Since { get; private set; }

    /// <summary>When the socket broke; 0 while it is there.</summary>
    public long AwaySince { get; private set; }

    public MediaPeer? Peer { get; set; }

    public MemberKeys? Keys { get; set; }

    /// <summary>Number of these keys in this visit, 0 … 255: in frame headers it tells senders apart.</summary>
    public byte Number { get; set; }

    public int JoinedSeq { get; set; }

    public IReadOnlyList<PublishedTrack> Published { get; set; } = [];

    public IReadOnlyList<(Subscription Wanted, MediaPeer? Bound)> Subscribed { get; set; } = [];

    public bool MicrophoneOn { get; set; } = true;

    public bool CameraOn { get; set; } = true;

    /// <summary>The roster says that a microphone or a camera of theirs is on; a shared screen shows nobody.</summary>
    public bool IsSendingMedia => Published.Any(p => p.Source switch
    {
        TrackSource.Microphone => MicrophoneOn,
        TrackSource.Camera => CameraOn,
        _ => false,
    });

    /// <summary>What somebody in the waiting room was shown last, so that they learn nothing from its being repeated.</summary>
    public IReadOnlyList<RosterEntry>? ShownWaiting { get; set; }

    /// <summary>Takes the place of a page load that was in the call, and has not said hello yet.</summary>
    public bool TakesPlace { get; init; }

    public bool IsListed => State is MemberState.Waiting or MemberState.InCall or MemberState.Away || (State == MemberState.Opened && (TakesPlace || Peer is not null));

    /// <summary>Holds a place in the call, with or without a socket at the moment.</summary>
    public bool IsInside => State is MemberState.InCall or MemberState.Away || (State == MemberState.Opened && Peer is not null);

    /// <returns>False when the event has no place in the state; nothing changes then.</returns>
    public bool TryMove(MemberEvent happened, long now)
    {
        if (MemberStates.Next(State, happened, IsClinician || Admitted, Peer is not null) is not { } next)
        {
            return false;
        }

        // Dropping out once more does not lengthen the time in which one may come back.
        if (!(State == MemberState.Opened && next == MemberState.Away && AwaySince != 0))
        {
            AwaySince = next == MemberState.Away ? now : next == MemberState.Opened ? AwaySince : 0;
        }

        State = next;
        Since = now;
        return true;
    }

    public void Opened(long now) => Since = now;

    public void Send(ServerMessage message) => Connection?.Send(message);

    /// <returns>False when nobody is there to take it and too much is kept already.</returns>
    public bool PassOn(PassedOn message)
    {
        if (State == MemberState.InCall)
        {
            Send(message);
            return true;
        }

        if (_kept.Count >= SignalingLimits.SealedKept)
        {
            return false;
        }

        _kept.Enqueue(message);
        return true;
    }

    public void SendKept()
    {
        while (_kept.TryDequeue(out PassedOn? message))
        {
            Send(message);
        }
    }

    public RosterEntry ToEntry(bool whole)
    {
        string state = State switch { MemberState.InCall => "in-call", MemberState.Waiting => "waiting", _ => "away" };
        RosterKeys? keys = whole && IsInside && Keys is { } k ? new RosterKeys(Number, k.PublicKey, k.Commitment) : null;
        return new RosterEntry(Participant, Name, Role, state, JoinedSeq, keys, whole && IsInside ? Tracks() : []);
    }

    private IReadOnlyList<RosterTrack> Tracks() =>
        [.. Published.Select(p => p.Source).Order().Select(s => new RosterTrack(s, s switch
        {
            TrackSource.Microphone => MicrophoneOn,
            TrackSource.Camera => CameraOn,
            _ => true,
        }))];
}
