namespace Wardline.Ledger;

/// <summary>Somebody else has another history of this log than we have: a person has to look.</summary>
/// <param name="Code">Permanent: <c>ledger.copy-differs</c>, <c>ledger.rolled-back</c>, <c>ledger.forked</c>.</param>
/// <param name="Index">The first entry that may be concerned, where that is known.</param>
/// <param name="Where">The copy or the witness that says so.</param>
/// <param name="What">In a sentence.</param>
public sealed record LedgerAlert(string Code, long? Index, string Where, string What);
