using System.Collections.Frozen;

namespace Wardline.Access.Facts;

/// <summary>
/// Everything that can be asked for. Each endpoint and each privileged signal names one of these, and the policy table has
/// to speak of each of them.
/// </summary>
public sealed class AccessAct
{
    private static readonly List<AccessAct> s_all = [];

    private AccessAct(string name, string words, ActTraits traits)
    {
        Name = name;
        Words = words;
        Traits = traits;
        Index = s_all.Count;
        s_all.Add(this);
    }

    public static AccessAct VisitRead { get; } = new("visit.read", "see who is invited to a visit and when it is", ActTraits.Visit);
    public static AccessAct VisitJoin { get; } = new("visit.join", "enter the waiting room and, once let in, the call", ActTraits.Visit | ActTraits.Media);
    public static AccessAct VisitRelay { get; } = new("visit.relay", "get credentials for the relay of a visit", ActTraits.Visit);
    public static AccessAct VisitAdmit { get; } = new("visit.admit", "let somebody in from the waiting room", ActTraits.Visit | ActTraits.Media);
    public static AccessAct VisitHold { get; } = new("visit.hold", "send somebody back to the waiting room", ActTraits.Visit);
    public static AccessAct VisitMute { get; } = new("visit.mute", "switch somebody's microphone off", ActTraits.Visit);
    public static AccessAct VisitRemove { get; } = new("visit.remove", "remove somebody from a visit for good", ActTraits.Visit);
    public static AccessAct VisitEnd { get; } = new("visit.end", "end a visit for everybody", ActTraits.Visit);
    public static AccessAct VisitSchedule { get; } = new("visit.schedule", "plan a visit, move it, call it off", ActTraits.None);
    public static AccessAct VisitInvite { get; } = new("visit.invite", "send, renew or revoke the link of a visit", ActTraits.None);
    public static AccessAct CareTeamRead { get; } = new("care-team.read", "see who treats a patient", ActTraits.None);
    public static AccessAct CareTeamWrite { get; } = new("care-team.write", "change who treats a patient", ActTraits.Sensitive);
    public static AccessAct AuditSearch { get; } = new("audit.search", "search the log of what happened", ActTraits.None);
    public static AccessAct AuditExport { get; } = new("audit.export", "take entries of the log away", ActTraits.Sensitive);
    public static AccessAct AuditOwn { get; } = new("audit.own", "see who looked at one's own record", ActTraits.None);
    public static AccessAct LogVerify { get; } = new("log.verify", "check that the log is whole", ActTraits.None);
    public static AccessAct KeysRead { get; } = new("keys.read", "see which keys there are and how old they are", ActTraits.None);
    public static AccessAct KeysTurn { get; } = new("keys.turn", "turn a key, wrap keys anew", ActTraits.Sensitive);
    public static AccessAct EraseAsk { get; } = new("erase.ask", "ask for a patient's data to be erased", ActTraits.Sensitive);
    public static AccessAct EraseApprove { get; } = new("erase.approve", "carry out an erasure that somebody else asked for", ActTraits.Sensitive);
    public static AccessAct PeopleRead { get; } = new("people.read", "see people and their roles", ActTraits.None);
    public static AccessAct PeopleWrite { get; } = new("people.write", "give and take roles, lock people out", ActTraits.Sensitive);
    public static AccessAct ProvidersWrite { get; } = new("providers.write", "change identity providers", ActTraits.Sensitive);
    public static AccessAct ScimTokens { get; } = new("scim.tokens", "make and revoke tokens for provisioning", ActTraits.Sensitive);
    public static AccessAct AccessExplain { get; } = new("access.explain", "ask why somebody could or could not do something", ActTraits.None);
    public static AccessAct AccessReview { get; } = new("access.review", "carry out the quarterly access review", ActTraits.None);
    public static AccessAct AccessReviewSign { get; } = new("access.review-sign", "sign the quarterly access review off", ActTraits.Sensitive);
    public static AccessAct GlassBreak { get; } = new("glass.break", "see a patient's data without being on the care team, in an emergency", ActTraits.Sensitive);
    public static AccessAct GlassReview { get; } = new("glass.review", "judge why somebody broke the glass", ActTraits.Sensitive);

    /// <summary>In the order above.</summary>
    public static IReadOnlyList<AccessAct> All => s_all;

    private static FrozenDictionary<string, AccessAct> ByName { get; } = s_all.ToFrozenDictionary(act => act.Name, StringComparer.Ordinal);

    /// <summary>Permanent; in policy tables and audit entries.</summary>
    public string Name { get; }

    /// <summary>Completes "may not …".</summary>
    public string Words { get; }

    public ActTraits Traits { get; }

    internal int Index { get; }

    public static AccessAct? Find(string name) => ByName.GetValueOrDefault(name);

    public override string ToString() => Name;
}

[Flags]
public enum ActTraits
{
    None = 0,

    /// <summary>Only about one visit: a request without one is our mistake.</summary>
    Visit = 1,

    /// <summary>Leads to keys of end-to-end encrypted media. No row of a policy may let broken glass do it.</summary>
    Media = 2,

    /// <summary>Only after a second factor that was shown lately. A policy that lets it happen without is refused.</summary>
    Sensitive = 4,
}
