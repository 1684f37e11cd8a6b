using Wardline.Access.Facts;
using Wardline.Access.Rules;

namespace Wardline.Access.Policy;

/// <summary>One row of the table.</summary>
/// <param name="Id">Permanent: it stands in audit entries.</param>
/// <param name="Who">Any of these; <see cref="Roles.None"/> with <see cref="IsForEverybody"/>.</param>
/// <param name="Terms">All of them have to hold.</param>
/// <param name="Because">Why the row is there, for whoever reads the table.</param>
public sealed record PolicyRow(string Id, IReadOnlyList<AccessAct> Acts, Roles Who, bool IsForEverybody, IReadOnlyList<PolicyTerm> Terms, string Because)
{
    public bool IsFor(Subject subject) => IsForEverybody || (subject.Roles & Who) != Roles.None;
}

/// <summary>One condition, or several of which one is enough: <c>not-kept-out or glass-broken</c>.</summary>
public sealed record PolicyTerm(IReadOnlyList<AccessRule> Either)
{
    public string Text { get; } = string.Join(" or ", Either.Select(rule => rule.Name));

    public string Words { get; } = string.Join(", or ", Either.Select(rule => rule.Words));

    /// <summary>The one that asks least of the subject.</summary>
    public Remedy Remedy { get; } = Either.Select(rule => rule.Remedy).Where(remedy => remedy != Remedy.None).DefaultIfEmpty().Min();

    public bool Holds(AccessRequest request)
    {
        for (int i = 0; i < Either.Count; i++)
        {
            if (Either[i].Holds(request))
            {
                return true;
            }
        }

        return false;
    }

    public string Seen(AccessRequest request) => string.Join(", ", Either.Select(rule => rule.Seen(request)));
}
