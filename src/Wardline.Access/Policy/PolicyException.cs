namespace Wardline.Access.Policy;

/// <summary>A policy that cannot be used.</summary>
/// <param name="errors">All of them, each with its line and what would be right.</param>
public sealed class PolicyException(IReadOnlyList<string> errors)
    : Exception($"The access policy cannot be used ({errors.Count}): {string.Join("; ", errors)}")
{
    /// <summary>Permanent.</summary>
    public const string Code = "access.policy-refused";

    public IReadOnlyList<string> Errors { get; } = errors;
}
