namespace Wardline.Vault.Fields;

/// <summary>Why a field does not open. What was wrong with it is not told apart: an attacker would learn from it.</summary>
internal static class FieldErrors
{
    public static VaultException Format() => new("vault.field-format", "These bytes are no sealed field.");

    public static VaultException Refused() =>
        new("vault.field-refused", "This sealed field does not open: it was changed, or belongs to another tenant, patient, table, column or row.");
}
