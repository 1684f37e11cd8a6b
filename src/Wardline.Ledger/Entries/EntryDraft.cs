namespace Wardline.Ledger.Entries;

/// <summary>
/// What somebody did, as the caller says it; the log adds place, time and the hash of the entry before. Texts are
/// printable ASCII. Never PHI in clear: people, visits and addresses are keyed pseudonyms that the caller has made.
/// </summary>
public sealed record EntryDraft
{
    public required string Tenant { get; init; }

    /// <summary>What: <c>visit.admit</c>, <c>identity.link-used</c>, <c>key.member</c>.</summary>
    public required string Action { get; init; }

    /// <summary>Who: a pseudonym, or <c>system</c>.</summary>
    public required string Actor { get; init; }

    /// <summary><c>patient</c>, <c>clinician</c>, <c>staff</c>, <c>system</c> or <c>anonymous</c>.</summary>
    public required string ActorKind { get; init; }

    public string? Patient { get; init; }

    public string? Visit { get; init; }

    /// <summary>Whom it was done to, where that is not the patient.</summary>
    public string? Person { get; init; }

    /// <summary>From where: a network zone, or a pseudonym of the address.</summary>
    public string? Where { get; init; }

    /// <summary>Purpose of use.</summary>
    public string? Why { get; init; }

    /// <summary><c>success</c>, <c>denied</c> or <c>failed</c>.</summary>
    public required string Outcome { get; init; }

    /// <summary>The rule that decided, and the version of the policy that it stood in.</summary>
    public string? Rule { get; init; }

    public string? PolicyVersion { get; init; }

    /// <summary>Small facts without PHI, in this order, each name once.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Facts { get; init; } = [];

    /// <summary>PHI, sealed for one patient by the caller: when their key is erased these bytes stay, and prove nothing but themselves.</summary>
    public ReadOnlyMemory<byte> Sealed { get; init; }
}

/// <summary>An entry as it stands in the log.</summary>
/// <param name="Index">0, 1, 2, …</param>
/// <param name="Time">UTC, whole milliseconds; never before the entry before.</param>
/// <param name="Previous">base64url of the RFC 9162 leaf hash of the entry before; empty for the first.</param>
/// <param name="Said">What the caller said.</param>
public sealed record LedgerEntry(long Index, DateTimeOffset Time, string Previous, EntryDraft Said);
