namespace Wardline.Access.Facts;

/// <summary>One question: may this subject do this to that, now?</summary>
/// <param name="Now">The environment: nothing in this project reads a clock.</param>
public sealed record AccessRequest(Subject Subject, AccessAct Act, Resource Resource, DateTimeOffset Now);
