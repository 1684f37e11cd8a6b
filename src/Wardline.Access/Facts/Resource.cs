namespace Wardline.Access.Facts;

/// <summary>What is asked for: the object's attributes (NIST SP 800-162 §2.1), those that lie between it and the subject included.</summary>
public sealed record Resource
{
    /// <summary>The tenant itself: its people, keys, log, settings.</summary>
    public static Resource Of(string tenant) => new() { Tenant = tenant };

    public required string Tenant { get; init; }

    /// <summary>For the audit entry and the explanation; a keyed pseudonym or an opaque id, never PHI.</summary>
    public string Id { get; init; } = "";

    /// <summary>Null when no visit is meant.</summary>
    public VisitFacts? Visit { get; init; }

    /// <summary>The subject is an active member of the care team of the patient that this is about.</summary>
    public bool InCareTeam { get; init; }

    /// <summary>The subject is the person that this is about.</summary>
    public bool IsOwn { get; init; }

    public Sensitivity Sensitivity { get; init; }

    /// <summary>The subject is cleared for what is restricted here (a label's program, 42 CFR Part 2).</summary>
    public bool IsCleared { get; init; }

    /// <summary>The patient has asked to keep this subject out, and it was agreed (45 CFR 164.522(a)).</summary>
    public bool IsKeptOut { get; init; }

    /// <summary>Until when the subject has broken the glass for this patient; null when not.</summary>
    public DateTimeOffset? GlassBrokenUntil { get; init; }

    /// <summary>The subject asked for, or began, what is now to be approved: two people are needed.</summary>
    public bool IsOwnRequest { get; init; }
}

/// <summary>One visit, as it stands to the subject.</summary>
/// <param name="StartsAt">As scheduled.</param>
/// <param name="EndsAt">As scheduled.</param>
/// <param name="Place">What the subject is in this visit; null when not invited.</param>
public sealed record VisitFacts(DateTimeOffset StartsAt, DateTimeOffset EndsAt, VisitState State, VisitPlace? Place)
{
    /// <summary>A clinician has let the subject in and has not taken it back.</summary>
    public bool IsAdmitted { get; init; }

    /// <summary>For good.</summary>
    public bool IsRemoved { get; init; }
}

public enum VisitState
{
    Scheduled,
    Open,
    Ended,
}

/// <summary>Somebody's place in one visit.</summary>
public enum VisitPlace
{
    Patient,
    Clinician,
    Interpreter,
    Family,
}

/// <summary>HL7 v3 Confidentiality.</summary>
public enum Sensitivity
{
    /// <summary>N.</summary>
    Normal,

    /// <summary>R: psychiatry, substance use, HIV and the like.</summary>
    Restricted,

    /// <summary>V.</summary>
    VeryRestricted,
}
