using System.Buffers;

namespace Wardline.Vault.KeyRing;

/// <summary>
/// Names that keys are bound to: they stand in stores, file names and logs, so they are identifiers and never what they
/// identify (no medical record number, no name).
/// </summary>
internal static class VaultNames
{
    public const int MaxLength = 64;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    /// <exception cref="VaultException"><c>vault.name</c>.</exception>
    public static void Check(string what, ReadOnlySpan<char> name)
    {
        if (name.Length is 0 or > MaxLength || name[0] == '.' || name.ContainsAnyExcept(Allowed))
        {
            // The name itself may be what must not be told.
            throw new VaultException("vault.name", $"The name of a {what} has 1 to {MaxLength} letters, digits, '-', '_' and '.', and does not begin with '.'.");
        }
    }
}
