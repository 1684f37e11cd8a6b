using System.Text;
using Wardline.Vault.KeySources.Pkcs11;

namespace Wardline.Vault.KeySources;

/// <summary>
/// Where a secret stands: <c>env:NAME</c>, <c>file:path</c> or <c>pkcs11:…</c> (a data object in a token,
/// <see cref="Pkcs11Uri"/>). Settings hold references; a secret itself is refused, whatever it looks like.
/// </summary>
public static class SecretReference
{
    private const int LongestFile = 65536;

    /// <summary>Whether a text is a reference by its form. What it leads to may still be missing.</summary>
    public static bool IsReference(string text) =>
        text.StartsWith("env:", StringComparison.Ordinal) || text.StartsWith("file:", StringComparison.Ordinal) || text.StartsWith("pkcs11:", StringComparison.Ordinal);

    /// <summary>Reads the secret, without white space around it.</summary>
    /// <param name="leastLength">characters; a shorter one is taken for a mistake.</param>
    /// <exception cref="VaultException">
    /// <c>vault.literal-secret</c>: no reference; <c>vault.secret-missing</c>: nothing, or nothing readable, stands there;
    /// <c>vault.secret-short</c>; of a token those of <see cref="IKeySource"/>.
    /// </exception>
    public static string Resolve(string reference, int leastLength = 1)
    {
        string secret = Read(reference).Trim();
        return secret.Length == 0 ? throw SecretErrors.Missing("There is nothing where the reference leads.")
            : secret.Length < leastLength ? throw SecretErrors.TooShort(leastLength)
            : secret;
    }

    private static string Read(string reference)
    {
        if (!IsReference(reference))
        {
            throw SecretErrors.Literal("setting itself", "A secret is given as file:path, env:NAME or pkcs11:token=…;object=….");
        }

        string rest = reference[(reference.IndexOf(':', StringComparison.Ordinal) + 1)..];
        if (reference.StartsWith("env:", StringComparison.Ordinal))
        {
            return Environment.GetEnvironmentVariable(rest) ?? throw SecretErrors.Missing($"There is no environment variable {rest}.");
        }

        if (reference.StartsWith("pkcs11:", StringComparison.Ordinal))
        {
            return Encoding.UTF8.GetString(Pkcs11Secret.Read(Pkcs11Uri.Parse(reference)));
        }

        try
        {
            using FileStream file = new(rest, FileMode.Open, FileAccess.Read);
            byte[] bytes = new byte[LongestFile + 1];
            int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return length <= LongestFile ? Encoding.UTF8.GetString(bytes, 0, length) : throw SecretErrors.Missing($"{rest} is too large for a secret.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw SecretErrors.Missing($"{rest} cannot be read: {failure.Message}", failure);
        }
    }
}
