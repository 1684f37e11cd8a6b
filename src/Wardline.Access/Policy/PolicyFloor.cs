using Wardline.Access.Facts;
using Wardline.Access.Rules;

namespace Wardline.Access.Policy;

/// <summary>What no table may leave out or let through.</summary>
internal static class PolicyFloor
{
    private static readonly string[] s_alwaysForAll = ["same-tenant", "active", "device-not-barred", "zone-not-barred"];

    public static IEnumerable<string> Check(PolicyTable table)
    {
        // 1. Organisations, accounts, devices and networks are guarded for every act, by a condition that nothing stands beside.
        foreach (string rule in s_alwaysForAll)
        {
            bool guarded = table.Always.Any(row => row.Acts.Count == AccessAct.All.Count && row.Terms.Any(term => term.Text == rule));
            if (!guarded)
            {
                yield return $"'{rule}' has to be always needed, for all acts (*)";
            }
        }

        foreach (PolicyRow row in table.Allowed)
        {
            // 2. A sensitive act takes a second factor that was shown lately.
            foreach (AccessAct act in row.Acts.Where(act => act.Traits.HasFlag(ActTraits.Sensitive)))
            {
                if (!row.Terms.Any(IsLateStepUp))
                {
                    yield return $"'{row.Id}' lets '{act}' happen without mfa-within:{AccessPolicy.StepUpWithin.TotalMinutes:0}m or less";
                }
            }

            // 3. Broken glass opens no end-to-end encrypted call.
            foreach (AccessAct act in row.Acts.Where(act => act.Traits.HasFlag(ActTraits.Media)))
            {
                if (row.Terms.Any(term => term.Either.Any(rule => rule.Name == "glass-broken")))
                {
                    yield return $"'{row.Id}' lets broken glass lead to '{act}'";
                }
            }

            // 4. A call is entered by invitation, or not at all.
            foreach (AccessAct act in row.Acts.Where(act => act.Traits.HasFlag(ActTraits.Media)))
            {
                if (!row.Terms.Any(term => term.Either.All(rule => rule.Name == "invited" || rule.Name.StartsWith("place:", StringComparison.Ordinal))))
                {
                    yield return $"'{row.Id}' lets '{act}' happen without an invitation";
                }
            }
        }

        // 5. No act is forgotten.
        foreach (AccessAct act in AccessAct.All)
        {
            if (!table.Allowed.Any(row => row.Acts.Contains(act)))
            {
                yield return $"no row speaks of '{act}'";
            }
        }
    }

    private static bool IsLateStepUp(PolicyTerm term) =>
        term.Either.All(rule => rule.Name.StartsWith("mfa-within:", StringComparison.Ordinal) && RuleBook.MfaAge(rule.Name) <= AccessPolicy.StepUpWithin);
}
