namespace Wardline.Server.Features.Signaling.Sessions;

/// <summary>
/// Where one person stands in a live visit.
/// <code>
///             hello, admitted or clinician             drop
///  [Opened] ──────────────────────────────► [InCall] ──────► [Away]
///     │  │                                   ▲    │             │
///     │  │ hello            admit            │    │ hold        │ the same page load comes back
///     │  └──────► [Waiting] ─────────────────┘    │             ▼
///     │               ▲───────────────────────────┘          [Opened], its media transport kept
///     │ drop          │ drop
///     ▼               ▼
///   [Gone] ◄── leave, remove, end, idle, replace, expire ── every state
/// </code>
/// An <c>Opened</c> that drops while its media transport is kept is <c>Away</c> again.
/// </summary>
internal enum MemberState
{
    Opened,
    Waiting,
    InCall,
    Away,
    Gone,
}

internal enum MemberEvent
{
    Hello,
    Admit,
    Hold,
    Drop,
    Return,

    /// <summary>Leave, remove, end, idle, replace, expire.</summary>
    Finish,
}

internal static class MemberStates
{
    /// <summary>Every transition there is; null for an event that has no place in a state.</summary>
    /// <param name="state">Where the member stands.</param>
    /// <param name="happened">What happened.</param>
    /// <param name="mayEnter">A clinician, or admitted before.</param>
    /// <param name="holdsMedia">Its media transport exists.</param>
    public static MemberState? Next(MemberState state, MemberEvent happened, bool mayEnter, bool holdsMedia) => (state, happened) switch
    {
        (MemberState.Gone, _) => null,
        (_, MemberEvent.Finish) => MemberState.Gone,
        (MemberState.Opened, MemberEvent.Hello) => mayEnter ? MemberState.InCall : MemberState.Waiting,
        (MemberState.Waiting, MemberEvent.Admit) => MemberState.InCall,
        (MemberState.InCall, MemberEvent.Hold) => MemberState.Waiting,
        (MemberState.Away, MemberEvent.Hold) => MemberState.Gone,
        (MemberState.InCall, MemberEvent.Drop) => MemberState.Away,
        (MemberState.Opened, MemberEvent.Drop) => holdsMedia ? MemberState.Away : MemberState.Gone,
        (MemberState.Waiting, MemberEvent.Drop) => MemberState.Gone,
        (MemberState.Away, MemberEvent.Return) => MemberState.Opened,
        _ => null,
    };
}
