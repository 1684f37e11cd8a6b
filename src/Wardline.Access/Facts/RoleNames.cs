namespace Wardline.Access.Facts;

/// <summary>Roles as they are written in tables, tokens and pages: <c>privacy-officer</c>.</summary>
public static class RoleNames
{
    private static readonly (Roles Role, string Name)[] s_names =
    [
        (Roles.Patient, "patient"), (Roles.Family, "family"), (Roles.Interpreter, "interpreter"), (Roles.Clinician, "clinician"),
        (Roles.Scheduler, "scheduler"), (Roles.PrivacyOfficer, "privacy-officer"), (Roles.SecurityOfficer, "security-officer"),
        (Roles.KeyAdministrator, "key-administrator"), (Roles.DataOwner, "data-owner"), (Roles.Administrator, "administrator"),
    ];

    /// <returns><see cref="Roles.None"/> when there is no such role.</returns>
    public static Roles Find(string name) => s_names.FirstOrDefault(entry => entry.Name == name).Role;

    /// <summary>Separated by commas, in a fixed order.</summary>
    public static string Write(Roles roles) => string.Join(", ", s_names.Where(entry => (roles & entry.Role) != Roles.None).Select(entry => entry.Name));
}
