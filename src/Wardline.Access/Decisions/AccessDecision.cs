using Wardline.Access.Rules;

namespace Wardline.Access.Decisions;

/// <summary>The answer to one request.</summary>
/// <param name="Rule">The row of the table that decided, and for a denial what it lacked: <c>join-as-clinician</c>, <c>join-as-clinician/in-window:15m/1h</c>, <c>default-deny</c>.</param>
/// <param name="Words">For the audit entry and for whoever asks why; not for the subject, who may learn nothing from a denial.</param>
/// <param name="Remedy">What the subject may be told to do.</param>
public sealed record AccessDecision(bool IsAllowed, string Rule, string Words, Remedy Remedy, string PolicyVersion);

/// <summary>A decision with everything that was looked at.</summary>
/// <param name="Always">What is needed for everything of the kind, in the order of the table.</param>
/// <param name="Rows">The rows that speak of the act, in the order of the table.</param>
public sealed record AccessExplanation(AccessDecision Decision, IReadOnlyList<ExplainedRow> Always, IReadOnlyList<ExplainedRow> Rows);

/// <param name="Who">Roles that the row is for; empty for a row that is always needed.</param>
/// <param name="IsForSubject">The subject has one of these roles.</param>
public sealed record ExplainedRow(string Row, string Who, bool IsForSubject, IReadOnlyList<ExplainedTerm> Terms)
{
    public bool Holds => IsForSubject && Terms.All(term => term.Holds);
}

/// <param name="Term">As it stands in the table.</param>
/// <param name="Words">What has to be so.</param>
/// <param name="Seen">What was found.</param>
public sealed record ExplainedTerm(string Term, string Words, bool Holds, string Seen);
