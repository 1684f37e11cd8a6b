using Wardline.Access.Facts;

namespace Wardline.Access.Rules;

/// <summary>One condition of a policy: small, named, and able to say what it looked at.</summary>
/// <param name="name">As it stands in the table, its argument included: <c>mfa-within:12h</c>.</param>
/// <param name="words">A whole clause that is true when the rule holds: "the visit has not ended".</param>
/// <param name="remedy">What the subject can do about it.</param>
/// <param name="holds">Pure: the same request gives the same answer.</param>
/// <param name="seen">What was found, for the explanation: "the visit ended". Never PHI.</param>
public sealed class AccessRule(string name, string words, Remedy remedy, Predicate<AccessRequest> holds, Func<AccessRequest, string> seen)
{
    public string Name { get; } = name;

    public string Words { get; } = words;

    public Remedy Remedy { get; } = remedy;

    public bool Holds(AccessRequest request) => holds(request);

    public string Seen(AccessRequest request) => seen(request);

    public override string ToString() => Name;
}

/// <summary>What would turn a denial into a permission; a later one asks more of the subject.</summary>
public enum Remedy
{
    None,

    /// <summary>Come back at the right time.</summary>
    Wait,

    /// <summary>Sign in, or prove more of oneself.</summary>
    SignIn,

    /// <summary>Show a second factor again.</summary>
    StepUp,

    /// <summary>Break the glass: a reason, a time limit, and a review.</summary>
    BreakGlass,
}
