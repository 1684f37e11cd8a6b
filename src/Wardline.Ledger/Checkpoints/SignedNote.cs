using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Wardline.Ledger.Checkpoints;

/// <summary>
/// C2SP signed-note: a text, an empty line, and a line for each signature, <c>— name base64(key id ‖ signature)</c>.
/// Signatures are of type 2: ECDSA on P-256 over SHA-256 of the text (FIPS 186-5), in ASN.1 DER; their key id is the
/// first four bytes of SHA-256 of the public key as SubjectPublicKeyInfo.
/// </summary>
internal static class SignedNote
{
    public const byte EcdsaType = 2;
    public const int MaxChars = 4_096;
    private const int MaxSignatures = 16;

    public static uint KeyId(ReadOnlySpan<byte> subjectPublicKeyInfo) => BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(subjectPublicKeyInfo));

    public static string Line(string name, uint keyId, ReadOnlySpan<byte> signature)
    {
        byte[] value = new byte[4 + signature.Length];
        BinaryPrimitives.WriteUInt32BigEndian(value, keyId);
        signature.CopyTo(value.AsSpan(4));
        return $"— {name} {Convert.ToBase64String(value)}\n";
    }

    /// <summary>False for anything that is not a note. Never throws.</summary>
    public static bool TrySplit(string note, out string text, out IReadOnlyList<(string Name, uint KeyId, byte[] Signature)> signatures)
    {
        (text, signatures) = ("", []);
        int end = note.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (note.Length > MaxChars || end < 0 || note.Length < end + 3 || !note.EndsWith('\n') || note.AsSpan(0, end).ContainsAnyExceptInRange((char)10, (char)126))
        {
            return false;
        }

        string[] lines = note[(end + 2)..^1].Split('\n');
        if (lines.Length > MaxSignatures)
        {
            return false;
        }

        List<(string, uint, byte[])> found = [];
        foreach (string line in lines)
        {
            string[] parts = line.Split(' ');
            byte[] value = new byte[line.Length];
            if (parts is not ["—", { Length: > 0 }, { Length: > 0 }] || !Convert.TryFromBase64String(parts[2], value, out int length) || length < 5
                || Convert.ToBase64String(value.AsSpan(0, length)) != parts[2])
            {
                return false;
            }

            found.Add((parts[1], BinaryPrimitives.ReadUInt32BigEndian(value), value[4..length]));
        }

        (text, signatures) = (note[..(end + 1)], found);
        return true;
    }

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
