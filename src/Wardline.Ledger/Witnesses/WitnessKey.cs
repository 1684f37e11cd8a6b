using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Wardline.Ledger.Checkpoints;

namespace Wardline.Ledger.Witnesses;

/// <summary>
/// Whose cosignature counts. C2SP tlog-cosignature knows Ed25519 and ML-DSA-44 only; ours is the same statement signed with
/// ECDSA P-256, under the type that C2SP signed-note leaves to others: 255 and a long name.
/// <code>
/// type          0xff ‖ "wardline/ecdsa-p256-cosignature/v1\n"
/// verifier key  name+key id+base64(type ‖ SubjectPublicKeyInfo)
/// key id        SHA-256(name ‖ "\n" ‖ type ‖ SubjectPublicKeyInfo)[:4]
/// signature     key id 4 ‖ seconds since 1970 8 ‖ ECDSA with SHA-256, ASN.1 DER, over
///               "cosignature/v1\ntime SECONDS\n" ‖ the checkpoint's text
/// </code>
/// </summary>
public sealed class WitnessKey
{
    private const byte OtherType = 255;
    private const int TimeBytes = 8;
    private readonly byte[] _spki;

    private WitnessKey(string name, byte[] spki) => (Name, _spki, KeyId) = (name, spki, IdOf(name, spki));

    private static ReadOnlySpan<byte> TypeName => "wardline/ecdsa-p256-cosignature/v1\n"u8;

    public string Name { get; }

    public uint KeyId { get; }

    /// <exception cref="LedgerException"><c>ledger.bad-key</c>.</exception>
    public static WitnessKey Of(string name, ECDsa key) => !VerifierKey.IsName(name) || key.KeySize != 256
        ? throw new LedgerException("ledger.bad-key", $"'{name}' is no name of a witness (letters, digits and . - / _ only), or its key is not on P-256.")
        : new(name, key.ExportSubjectPublicKeyInfo());

    /// <summary>Null for anything that is not exactly such a key. Never throws.</summary>
    public static WitnessKey? TryParse(string text)
    {
        string[] parts = text.Trim().Split('+', 3);
        byte[] value = new byte[text.Length];
        if (parts.Length != 3 || !VerifierKey.IsName(parts[0]) || !Convert.TryFromBase64String(parts[2], value, out int length) || length < 2
            || value[0] != OtherType || !value.AsSpan(1, length - 1).StartsWith(TypeName))
        {
            return null;
        }

        WitnessKey key = new(parts[0], value[(1 + TypeName.Length)..length]);
        try
        {
            using ECDsa ecdsa = key.Open();
            return key.ToString() == text.Trim() && ecdsa.ExportParameters(false).Curve.Oid.Value == ECCurve.NamedCurves.nistP256.Oid.Value
                && ecdsa.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key._spki) ? key : null;
        }
        catch (Exception e) when (e is CryptographicException or PlatformNotSupportedException)
        {
            return null;
        }
    }

    /// <summary>The verifier key.</summary>
    public override string ToString() => $"{Name}+{Id}+{Convert.ToBase64String([OtherType, .. TypeName, .. _spki])}";

    /// <summary>When this witness cosigned; null when it did not. Never throws.</summary>
    public DateTimeOffset? TimeOf(string note)
    {
        if (!SignedNote.TrySplit(note, out string text, out IReadOnlyList<(string Name, uint KeyId, byte[] Signature)> signatures))
        {
            return null;
        }

        foreach ((_, _, byte[] value) in signatures.Where(s => s.Name == Name && s.KeyId == KeyId && s.Signature.Length > TimeBytes))
        {
            long seconds = BinaryPrimitives.ReadInt64BigEndian(value);
            using ECDsa key = Open();
            if (seconds > 0 && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
                && key.VerifyData(Signed(seconds, text), value.AsSpan(TimeBytes), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence))
            {
                return DateTimeOffset.FromUnixTimeSeconds(seconds);
            }
        }

        return null;
    }

    /// <summary>Where a log keeps the newest checkpoint that this witness has cosigned.</summary>
    internal string File => $"witness/{Id}";

    internal string Line(ECDsa key, long seconds, string text)
    {
        byte[] signature = key.SignData(Signed(seconds, text), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        byte[] value = new byte[TimeBytes + signature.Length];
        BinaryPrimitives.WriteInt64BigEndian(value, seconds);
        signature.CopyTo(value, TimeBytes);
        return SignedNote.Line(Name, KeyId, value);
    }

    private string Id => KeyId.ToString("x8", CultureInfo.InvariantCulture);

    private static uint IdOf(string name, byte[] spki) =>
        BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData([.. SignedNote.Bytes(name + "\n"), OtherType, .. TypeName, .. spki]));

    private static byte[] Signed(long seconds, string text) =>
        SignedNote.Bytes(string.Create(CultureInfo.InvariantCulture, $"cosignature/v1\ntime {seconds}\n{text}"));

    private ECDsa Open()
    {
        ECDsa key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(_spki, out _);
        return key;
    }
}
