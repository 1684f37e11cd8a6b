using System.Security.Cryptography;
using System.Text;
using Wardline.Access.Decisions;
using Wardline.Access.Facts;
using Wardline.Access.Rules;

namespace Wardline.Access.Policy;

/// <summary>
/// A policy: deny by default; what is always needed first, then any row that allows. Pure, immutable, for many threads.
/// </summary>
/// <remarks>
/// Four things no table may do, whoever writes it: leave organisations or locked accounts unguarded, let a sensitive act
/// happen without a second factor of the last quarter of an hour, let broken glass lead to the keys of a call, or forget an act.
/// </remarks>
public sealed class AccessPolicy
{
    /// <summary>The longest that a second factor may lie back for a sensitive act.</summary>
    public static readonly TimeSpan StepUpWithin = TimeSpan.FromMinutes(15);

    private readonly PolicyRow[][] _always;
    private readonly (PolicyRow Row, AccessDecision Yes)[][] _allowed;

    private AccessPolicy(PolicyTable table, string version)
    {
        Version = version;
        Always = table.Always;
        Allowed = table.Allowed;
        _always = ByAct(table.Always);
        _allowed = [.. ByAct(table.Allowed).Select(rows => rows.Select(row => (row, Yes(row, version))).ToArray())];
    }

    /// <summary>As written, and the first 8 hexadecimal digits of the SHA-256 of the text: <c>2026-11-23+1f0c3a9e</c>.</summary>
    public string Version { get; }

    public IReadOnlyList<PolicyRow> Always { get; }

    public IReadOnlyList<PolicyRow> Allowed { get; }

    /// <summary>The text of the policy that is used when nothing else is set.</summary>
    public static string DefaultText
    {
        get
        {
            using Stream stream = typeof(AccessPolicy).Assembly.GetManifestResourceStream("access-policy.md")!;
            using StreamReader reader = new(stream);
            return reader.ReadToEnd();
        }
    }

    /// <exception cref="PolicyException">With everything that is wrong.</exception>
    public static AccessPolicy Read(string text)
    {
        // Line ends do not change what is meant, so they do not change the version.
        string normal = text.ReplaceLineEndings("\n");
        PolicyTable table = PolicyTable.Read(normal);
        List<string> errors = [.. table.Errors, .. PolicyFloor.Check(table)];
        return errors.Count > 0
            ? throw new PolicyException(errors)
            : new AccessPolicy(table, $"{table.Version}+{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(normal)).AsSpan(0, 4))}");
    }

    public AccessDecision Decide(AccessRequest request)
    {
        // 1. What is always needed.
        foreach (PolicyRow row in _always[request.Act.Index])
        {
            for (int i = 0; i < row.Terms.Count; i++)
            {
                PolicyTerm term = row.Terms[i];
                if (!term.Holds(request))
                {
                    return Deny(request, $"{row.Id}/{term.Text}", $"it is needed that {term.Words}: {term.Seen(request)}", term.Remedy);
                }
            }
        }

        // 2. Any row that allows.
        PolicyRow? nearest = null;
        int nearestLacks = int.MaxValue;
        foreach ((PolicyRow row, AccessDecision yes) in _allowed[request.Act.Index])
        {
            if (!row.IsFor(request.Subject))
            {
                continue;
            }

            int lacks = 0;
            for (int i = 0; i < row.Terms.Count; i++)
            {
                lacks += row.Terms[i].Holds(request) ? 0 : 1;
            }

            if (lacks == 0)
            {
                return yes;
            }

            if (lacks < nearestLacks)
            {
                (nearest, nearestLacks) = (row, lacks);
            }
        }

        // 3. Nothing does: say what the nearest row lacked.
        return nearest is null ? DenyByDefault(request) : DenyBy(nearest, request);
    }

    /// <summary>The same decision, with every condition that was looked at.</summary>
    public AccessExplanation Explain(AccessRequest request) => new(
        Decide(request),
        [.. _always[request.Act.Index].Select(row => Explain(row, request))],
        [.. _allowed[request.Act.Index].Select(entry => Explain(entry.Row, request))]);

    private static ExplainedRow Explain(PolicyRow row, AccessRequest request) => new(
        row.Id, RoleNames.Write(row.Who), row.IsFor(request.Subject),
        [.. row.Terms.Select(term => new ExplainedTerm(term.Text, term.Words, term.Holds(request), term.Seen(request)))]);

    private static PolicyRow[][] ByAct(List<PolicyRow> rows) =>
        [.. AccessAct.All.Select(act => rows.Where(row => row.Acts.Contains(act)).ToArray())];

    private static AccessDecision Yes(PolicyRow row, string version) =>
        new(true, row.Id, $"allowed by {row.Id}: {string.Join("; ", row.Terms.Select(term => term.Words))}", Remedy.None, version);

    private AccessDecision DenyByDefault(AccessRequest request) => Deny(
        request, "default-deny",
        $"no rule lets {(request.Subject.Roles == Roles.None ? "somebody without a role" : RoleNames.Write(request.Subject.Roles))} {request.Act.Words}", Remedy.None);

    private AccessDecision DenyBy(PolicyRow nearest, AccessRequest request)
    {
        PolicyTerm[] lacking = [.. nearest.Terms.Where(term => !term.Holds(request))];
        Remedy remedy = lacking.Any(term => term.Remedy == Remedy.None) ? Remedy.None : lacking.Max(term => term.Remedy);
        return Deny(
            request, $"{nearest.Id}/{lacking[0].Text}", string.Join("; ", lacking.Select(term => $"it is needed that {term.Words}: {term.Seen(request)}")), remedy);
    }

    private AccessDecision Deny(AccessRequest request, string rule, string words, Remedy remedy) =>
        new(false, rule, $"may not {request.Act.Words}: {words}", remedy, Version);
}
