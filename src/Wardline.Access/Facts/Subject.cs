namespace Wardline.Access.Facts;

/// <summary>
/// Who asks: the subject's attributes (NIST SP 800-162 §2.1) as they stood when they were asked for. Nothing in here is
/// taken from the request itself but <see cref="Purpose"/> and a <see cref="DevicePosture.Declared"/> device.
/// </summary>
public sealed record Subject
{
    /// <summary>Nobody: not signed in.</summary>
    public static Subject Anonymous { get; } = new() { Person = "", Tenant = "", Roles = Roles.None };

    /// <summary>Opaque; empty for nobody.</summary>
    public required string Person { get; init; }

    public required string Tenant { get; init; }

    /// <summary>What the person is in this tenant. Place in one visit is <see cref="VisitFacts.Place"/>.</summary>
    public required Roles Roles { get; init; }

    /// <summary>Not deprovisioned, not locked.</summary>
    public bool Active { get; init; }

    public SignIn SignIn { get; init; }

    /// <summary>When a second factor was last shown in this session; null when none was.</summary>
    public DateTimeOffset? MfaAt { get; init; }

    public DevicePosture Device { get; init; }

    public NetworkZone Zone { get; init; }

    public PurposeOfUse Purpose { get; init; }
}

/// <summary>What somebody is in a tenant. One person may be several.</summary>
[Flags]
public enum Roles
{
    None = 0,
    Patient = 1 << 0,
    Family = 1 << 1,
    Interpreter = 1 << 2,
    Clinician = 1 << 3,

    /// <summary>Plans visits and sends links; sees names and times, nothing clinical.</summary>
    Scheduler = 1 << 4,

    /// <summary>45 CFR 164.530(a)(1)(i).</summary>
    PrivacyOfficer = 1 << 5,

    /// <summary>45 CFR 164.308(a)(2).</summary>
    SecurityOfficer = 1 << 6,

    /// <summary>Looks after keys and reads nothing that they seal.</summary>
    KeyAdministrator = 1 << 7,

    /// <summary>Decides on data and touches no key.</summary>
    DataOwner = 1 << 8,

    /// <summary>People, identity providers, settings.</summary>
    Administrator = 1 << 9,
}

/// <summary>How the person of this session was made sure of; a later one is stronger.</summary>
public enum SignIn
{
    None,

    /// <summary>A visit link was opened: it names, it proves nothing.</summary>
    Link,

    /// <summary>Link and proofing: facts that only the patient should know.</summary>
    Proofed,

    /// <summary>Single sign-on, without a word of the provider on a second factor.</summary>
    SingleSignOn,

    /// <summary>A passkey with user verification.</summary>
    Passkey,
}

/// <summary>What is known of the device, and from whom.</summary>
public enum DevicePosture
{
    Unknown,

    /// <summary>The device or its browser says so itself.</summary>
    Declared,

    /// <summary>The hospital's identity provider says that it manages the device.</summary>
    Managed,

    /// <summary>Proven by its maker's attestation.</summary>
    Attested,

    /// <summary>Known to be lost, stolen or altered.</summary>
    Barred,
}

/// <summary>Where the request comes from, by the address ranges that the tenant has named.</summary>
public enum NetworkZone
{
    Internet,
    Hospital,
    RemoteAccess,
    Barred,
}

/// <summary>HL7 v3 PurposeOfUse, the codes that are used here.</summary>
public enum PurposeOfUse
{
    /// <summary>TREAT.</summary>
    Treatment,

    /// <summary>ETREAT: break-the-glass is asked for under it.</summary>
    EmergencyTreatment,

    /// <summary>HOPERAT.</summary>
    Operations,

    /// <summary>HPAYMT.</summary>
    Payment,

    /// <summary>PATRQT.</summary>
    PatientRequest,

    /// <summary>HSYSADMIN.</summary>
    SystemAdministration,
}
