using System.Globalization;
using System.Security.Cryptography;

namespace Wardline.Ledger.Checkpoints;

/// <summary>Whose signature a checkpoint must have: C2SP's <c>name+key id+base64(type ‖ key)</c>, the key as SubjectPublicKeyInfo of P-256.</summary>
public sealed class VerifierKey
{
    private readonly byte[] _key;

    private VerifierKey(string name, byte[] key) => (Name, _key, KeyId) = (name, key, SignedNote.KeyId(key));

    public string Name { get; }

    public uint KeyId { get; }

    /// <exception cref="LedgerException"><c>ledger.bad-key</c>: the name cannot stand in a note.</exception>
    public static VerifierKey Of(string name, ECDsa key) =>
        IsName(name) ? new(name, key.ExportSubjectPublicKeyInfo()) : throw new LedgerException("ledger.bad-key", $"'{name}' is no name of a log: letters, digits and . - / _ only.");

    /// <summary>Null for anything that is not exactly such a key. Never throws.</summary>
    public static VerifierKey? TryParse(string text)
    {
        string[] parts = text.Trim().Split('+', 3);
        byte[] value = new byte[text.Length];
        if (parts.Length != 3 || !IsName(parts[0]) || !Convert.TryFromBase64String(parts[2], value, out int length) || length < 2 || value[0] != SignedNote.EcdsaType)
        {
            return null;
        }

        VerifierKey key = new(parts[0], value[1..length]);
        try
        {
            using ECDsa ecdsa = key.Open();
            return key.ToString() == text.Trim() && ecdsa.KeySize == 256 && ecdsa.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key._key) ? key : null;
        }
        catch (Exception e) when (e is CryptographicException or PlatformNotSupportedException)
        {
            return null;
        }
    }

    public override string ToString() => $"{Name}+{KeyId.ToString("x8", CultureInfo.InvariantCulture)}+{Convert.ToBase64String([SignedNote.EcdsaType, .. _key])}";

    /// <summary>Whether the note has a good signature by this key, and no bad one.</summary>
    internal bool HasSigned(string text, IReadOnlyList<(string Name, uint KeyId, byte[] Signature)> signatures)
    {
        byte[][] own = [.. signatures.Where(s => s.Name == Name && s.KeyId == KeyId).Select(s => s.Signature)];
        using ECDsa key = Open();
        return own.Length > 0 && own.All(s => key.VerifyData(SignedNote.Bytes(text), s, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
    }

    internal static bool IsName(string name) => name.Length is > 0 and <= 200 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '/' or '_');

    private ECDsa Open()
    {
        ECDsa key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(_key, out _);
        return key;
    }
}
