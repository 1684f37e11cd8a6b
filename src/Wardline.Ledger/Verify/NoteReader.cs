using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Wardline.Ledger.Verify;

/// <summary>
/// A key that a note can be signed with: C2SP signed-note, "Verifier keys". Type 2 signs the text; the type 255 of ours is a
/// witness, which signs the text behind a time (README.md, "Witnesses").
/// </summary>
internal sealed class NoteKey
{
    private const byte EcdsaType = 2;
    private const byte OtherType = 255;
    private readonly byte[] _spki;

    private NoteKey(string text, string name, uint id, byte[] spki, bool isWitness) => (Text, Name, Id, _spki, IsWitness) = (text, name, id, spki, isWitness);

    /// <summary>What comes behind type 255, so that nobody else's key of that type is taken for one.</summary>
    private static ReadOnlySpan<byte> WitnessType => "wardline/ecdsa-p256-cosignature/v1\n"u8;

    public string Text { get; }

    public string Name { get; }

    public uint Id { get; }

    public bool IsWitness { get; }

    /// <summary>Null for anything that is not exactly a key on P-256.</summary>
    public static NoteKey? TryParse(string text)
    {
        text = text.Trim();
        string[] parts = text.Split('+', 3);
        if (parts.Length != 3 || parts[0].Length == 0 || parts[0].AsSpan().ContainsAnyExceptInRange('!', '~') || !TryBase64(parts[2], out byte[] value) || value.Length < 2)
        {
            return null;
        }

        bool witness = value[0] == OtherType && value.AsSpan(1).StartsWith(WitnessType);
        if (!witness && value[0] != EcdsaType)
        {
            return null;
        }

        byte[] spki = value[(witness ? 1 + WitnessType.Length : 1)..];
        uint id = witness
            ? BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData([.. Encoding.ASCII.GetBytes(parts[0]), (byte)'\n', .. value]))
            : BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(spki));
        if (parts[1] != id.ToString("x8", CultureInfo.InvariantCulture))
        {
            return null;
        }

        try
        {
            using ECDsa key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(spki, out int read);
            return read == spki.Length && key.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(spki) && key.ExportParameters(false).Curve.Oid.Value == "1.2.840.10045.3.1.7" ? new(text, parts[0], id, spki, witness) : null;
        }
        catch (Exception e) when (e is CryptographicException or PlatformNotSupportedException)
        {
            return null;
        }
    }

    public bool HasSigned(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature)
    {
        using ECDsa key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(_spki, out _);
        return key.VerifyData(text, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }

    internal static bool TryBase64(string text, out byte[] value)
    {
        value = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, value, out int length) || Convert.ToBase64String(value.AsSpan(0, length)) != text)
        {
            return false;
        }

        value = value[..length];
        return true;
    }
}

/// <summary>A checkpoint as somebody reads it who believes nothing: C2SP tlog-checkpoint in a signed note.</summary>
internal sealed class NoteReader
{
    private const int MaxChars = 16_384;

    /// <summary>The year 9999.</summary>
    private const long MaxSeconds = 253_402_300_799;

    private readonly string _text;
    private readonly List<(string Name, uint Id, byte[] Value)> _signatures = [];

    private NoteReader(string text, string origin, long size, byte[] root) => (_text, Origin, Size, Root) = (text, origin, size, root);

    public string Origin { get; }

    public long Size { get; }

    public byte[] Root { get; }

    /// <summary>Null for anything that has not exactly that form. Says nothing about signatures yet.</summary>
    public static NoteReader? TryRead(string note)
    {
        int end = note.Length > MaxChars || !note.EndsWith('\n') ? -1 : note.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (end < 0 || note.Length < end + 3)
        {
            return null;
        }

        string[] lines = note[..end].Split('\n');
        if (lines.Length < 3 || lines.Any(l => l.Length == 0) || lines.Any(l => l.Any(char.IsControl))
            || !long.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out long size) || lines[1] != size.ToString(CultureInfo.InvariantCulture)
            || !NoteKey.TryBase64(lines[2], out byte[] root) || root.Length != Hashing.Bytes)
        {
            return null;
        }

        NoteReader read = new(note[..(end + 1)], lines[0], size, root);
        foreach (string line in note[(end + 2)..^1].Split('\n'))
        {
            string[] parts = line.Split(' ');
            if (parts.Length != 3 || parts[0] != "\u2014" || parts[1].Length == 0 || !NoteKey.TryBase64(parts[2], out byte[] value) || value.Length < 5)
            {
                return null;
            }

            read._signatures.Add((parts[1], BinaryPrimitives.ReadUInt32BigEndian(value), value[4..]));
        }

        return read;
    }

    /// <summary>
    /// The first of the log's keys with a good signature; null when there is none, or when one of these keys has a wrong one
    /// (signed-note: that spoils the note).
    /// </summary>
    public NoteKey? SignedBy(IReadOnlyList<NoteKey> keys)
    {
        NoteKey? good = null;
        byte[] text = Encoding.UTF8.GetBytes(_text);
        foreach (NoteKey key in keys.Where(k => !k.IsWitness && k.Name == Origin))
        {
            foreach ((_, _, byte[] value) in _signatures.Where(s => s.Name == key.Name && s.Id == key.Id))
            {
                if (!key.HasSigned(text, value))
                {
                    return null;
                }

                good ??= key;
            }
        }

        return good;
    }

    /// <summary>
    /// When that witness cosigned; null when it did not. C2SP tlog-cosignature, "v1": the time in seconds, eight bytes, before a
    /// signature over a text that begins with it.
    /// </summary>
    public DateTimeOffset? CosignedAt(NoteKey witness)
    {
        foreach ((_, _, byte[] value) in _signatures.Where(s => s.Name == witness.Name && s.Id == witness.Id && s.Value.Length > 8))
        {
            long seconds = BinaryPrimitives.ReadInt64BigEndian(value);
            byte[] text = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"cosignature/v1\ntime {seconds}\n{_text}"));
            if (seconds is > 0 and < MaxSeconds && witness.HasSigned(text, value.AsSpan(8)))
            {
                return DateTimeOffset.FromUnixTimeSeconds(seconds);
            }
        }

        return null;
    }
}
