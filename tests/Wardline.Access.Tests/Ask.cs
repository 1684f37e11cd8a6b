using Wardline.Access.Decisions;
using Wardline.Access.Facts;
using Wardline.Access.Policy;

namespace Wardline.Access.Tests;

/// <summary>People and things of one clinic on one morning; tests change with <c>with</c> what they are about.</summary>
internal static class Ask
{
    public const string Here = "stmary";

    public static readonly DateTimeOffset Now = new(2026, 11, 23, 9, 0, 0, TimeSpan.Zero);

    public static readonly AccessPolicy Policy = AccessPolicy.Read(AccessPolicy.DefaultText);

    public static readonly Subject Clinician = new()
    {
        Person = "c1", Tenant = Here, Roles = Roles.Clinician, Active = true, SignIn = SignIn.SingleSignOn,
        MfaAt = Now - TimeSpan.FromHours(2), Device = DevicePosture.Managed, Zone = NetworkZone.Hospital,
    };

    public static readonly Subject Patient = new()
    {
        Person = "p1", Tenant = Here, Roles = Roles.Patient, Active = true, SignIn = SignIn.Proofed, Device = DevicePosture.Unknown,
        Zone = NetworkZone.Internet, Purpose = PurposeOfUse.PatientRequest,
    };

    public static readonly VisitFacts Visit = new(Now, Now + TimeSpan.FromMinutes(30), VisitState.Scheduled, Place: null);

    public static readonly Resource Nothing = Resource.Of(Here);

    public static Subject Staff(Roles roles, double mfaMinutesAgo = 5) =>
        Clinician with { Person = "s1", Roles = roles, MfaAt = Now - TimeSpan.FromMinutes(mfaMinutesAgo) };

    public static Resource At(VisitPlace? place, VisitState state = VisitState.Scheduled) => Nothing with { Visit = Visit with { Place = place, State = state } };

    public static AccessDecision May(this Subject subject, AccessAct act, Resource resource, DateTimeOffset? now = null) =>
        Policy.Decide(new AccessRequest(subject, act, resource, now ?? Now));
}
