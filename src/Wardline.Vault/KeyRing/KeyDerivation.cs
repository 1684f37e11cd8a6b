using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Wardline.Vault.KeyRing;

/// <summary>
/// HKDF-SHA-256 (RFC 5869) with a labelled context: <c>info</c> is the label and then each value behind its length (two
/// bytes, big endian), so that no two contexts give the same bytes. README.md of the project lists the labels.
/// </summary>
internal static class KeyDerivation
{
    public const int KeyBytes = 32;
    public const int CheckBytes = 16;

    /// <summary>Under which everything of a tenant that belongs to no patient is sealed.</summary>
    public const string TenantScope = "wardline.vault/tenant-scope/1";

    /// <summary>Under which everything of a patient is sealed: of the tenant's key and the patient's, so that both are needed.</summary>
    public const string PatientScope = "wardline.vault/patient-scope/1";

    public const string PatientWrap = "wardline.vault/patient-wrap/1";
    public const string Field = "wardline.vault/field/1";
    public const string Object = "wardline.vault/object/1";
    public const string Index = "wardline.vault/index/1";
    public const string Check = "wardline.vault/check/1";

    private const int LongestInfo = 512;

    /// <exception cref="VaultException"><c>vault.key-gone</c>.</exception>
    public static SecretBytes Derive(SecretBytes key, string label, params ReadOnlySpan<string> values)
    {
        SecretBytes derived = new(KeyBytes);
        Derive(key.Span, derived.Span, label, values);
        key.EnsureNotWiped();
        return derived;
    }

    /// <summary>Of two keys behind each other (NIST SP 800-133r2 §6.3): without both of them there is no result.</summary>
    /// <exception cref="VaultException"><c>vault.key-gone</c>.</exception>
    public static SecretBytes Derive(SecretBytes first, SecretBytes second, string label, params ReadOnlySpan<string> values)
    {
        using SecretBytes both = new(2 * KeyBytes);
        first.Span.CopyTo(both.Span);
        second.Span.CopyTo(both.Span[KeyBytes..]);
        SecretBytes derived = new(KeyBytes);
        Derive(both.Span, derived.Span, label, values);
        first.EnsureNotWiped();
        second.EnsureNotWiped();
        return derived;
    }

    /// <summary>
    /// Kept beside a wrapped key and compared when it is unwrapped: a key source that gives another key is found out before
    /// anything is sealed under it. It tells nothing about the key.
    /// </summary>
    public static byte[] CheckValue(ReadOnlySpan<byte> key)
    {
        byte[] check = new byte[CheckBytes];
        Derive(key, check, Check);
        return check;
    }

    /// <summary>The label and then each value behind its length. Returns how many bytes that are.</summary>
    public static int WriteContext(Span<byte> destination, string label, params ReadOnlySpan<string> values)
    {
        int at = Write(destination, label);
        foreach (string value in values)
        {
            at += Write(destination[at..], value);
        }

        return at;
    }

    private static void Derive(ReadOnlySpan<byte> key, Span<byte> output, string label, params ReadOnlySpan<string> values)
    {
        Span<byte> info = stackalloc byte[LongestInfo];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key, output, salt: default, info[..WriteContext(info, label, values)]);
    }

    private static int Write(Span<byte> destination, string value)
    {
        int length = Encoding.UTF8.GetBytes(value, destination[2..]);
        BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)length);
        return 2 + length;
    }
}
