namespace Wardline.Server.Features.Visits;

internal enum Role
{
    Clinician,
    Patient,
    Interpreter,
    Family,
}

/// <summary>
/// Where an invited person stands. It outlives sockets, reloads and restarts of the server.
/// <code>
/// invited -> [admit] -> admitted -> [hold] -> invited
/// invited, admitted -> [remove] -> removed (for good)
/// </code>
/// </summary>
internal enum Admission
{
    Invited,
    Admitted,
    Removed,
}

/// <summary>Which media rules a visit runs under. Everything but a test runs under <see cref="Standard"/>.</summary>
internal static class MediaProfile
{
    public const string Standard = "standard";

    /// <summary>Lets clients without end-to-end encryption in. For tests with foreign clients only.</summary>
    public const string TestNoE2ee = "test-no-e2ee";

    public static bool RequiresE2ee(string profile) => profile != TestNoE2ee;
}

internal sealed record Person(string Id, string Name);

internal sealed record Visit(string Id, string Type, string Profile, DateTimeOffset StartsAt, DateTimeOffset? OpenedAt, DateTimeOffset? EndedAt, bool IsDemo)
{
    public bool HasEnded => EndedAt is not null;

    /// <summary>As docs/protocol.md names it.</summary>
    public string Status => HasEnded ? "ended" : OpenedAt is not null ? "open" : "scheduled";
}

/// <summary>One person's place in one visit.</summary>
/// <param name="Participant">The person's name on the wire inside this visit; says nothing about the person elsewhere.</param>
internal sealed record Invitation(Visit Visit, Person Person, string Participant, Role Role, Admission Admission);
