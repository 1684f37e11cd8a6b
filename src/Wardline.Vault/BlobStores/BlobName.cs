using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Wardline.Vault.BlobStores;

/// <summary>
/// Where a blob lies: parts with slashes between, such as <c>default/recordings/4Vt0c…</c>. A part is escaped when the name
/// is made, so whatever it says, it is one folder or file name and never a way to another place. Names are seen by whoever
/// keeps the store: they hold no PHI.
/// </summary>
/// <remarks>
/// Letters, digits, '-' and '_' stand for themselves, and a dot does that is not the first; every other byte of the part's
/// UTF-8 is a percent sign and two hexadecimal digits in capitals. One name has one way to be written.
/// </remarks>
public sealed class BlobName : IEquatable<BlobName>, IComparable<BlobName>
{
    public const int MaxParts = 8;

    /// <summary>Of a part, escaped: a file name has at most 255.</summary>
    public const int MaxPartBytes = 200;

    /// <summary>Of a name, escaped: a key of an object store has at most 1,024, and a store may put something before it.</summary>
    public const int MaxBytes = 800;

    private static readonly SearchValues<byte> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."u8);
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string _text;
    private readonly string[] _parts;

    private BlobName(string[] escaped)
    {
        _parts = escaped;
        _text = string.Join('/', escaped);
    }

    /// <summary>The parts, escaped.</summary>
    public IReadOnlyList<string> Parts => _parts;

    /// <summary>Made of parts that may say anything.</summary>
    /// <exception cref="VaultException"><c>vault.blob-name</c>: a part is empty, is no Unicode text, or is too long.</exception>
    public static BlobName Of(params ReadOnlySpan<string> parts)
    {
        string[] escaped = new string[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            escaped[i] = Escape(parts[i]);
        }

        return IsPossible(escaped) ? new BlobName(escaped) : throw Refused();
    }

    /// <summary>Reads the written form, as <see cref="ToString"/> gives it. Never throws.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out BlobName? name)
    {
        name = null;
        if (text is null || text.Length > MaxBytes)
        {
            return false;
        }

        string[] parts = text.Split('/');
        if (!IsPossible(parts) || !Array.TrueForAll(parts, IsEscaped))
        {
            return false;
        }

        name = new BlobName(parts);
        return true;
    }

    /// <summary>Whether this name begins with all parts of <paramref name="folder"/> and has more of its own.</summary>
    public bool IsUnder(BlobName folder) => _parts.Length > folder._parts.Length && _parts.AsSpan(0, folder._parts.Length).SequenceEqual(folder._parts);

    /// <summary>What binds a sealed blob to its place: it does not open under another name.</summary>
    public byte[] ToAssociatedData() => Encoding.ASCII.GetBytes("wardline blob 1\n" + _text);

    public override string ToString() => _text;

    public bool Equals(BlobName? other) => other is not null && _text == other._text;

    public override bool Equals(object? obj) => Equals(obj as BlobName);

    public override int GetHashCode() => _text.GetHashCode(StringComparison.Ordinal);

    public int CompareTo(BlobName? other) => string.CompareOrdinal(_text, other?._text);

    /// <summary>A walk through a folder goes on behind a name in that folder.</summary>
    internal static void ExpectUnder(BlobName? folder, BlobName? after)
    {
        if (folder is not null && after is not null && !after.IsUnder(folder))
        {
            throw new ArgumentException($"{after} is not under {folder}.", nameof(after));
        }
    }

    private static bool IsPossible(string[] parts) =>
        parts.Length is > 0 and <= MaxParts && parts.Sum(p => p.Length + 1) - 1 <= MaxBytes && Array.TrueForAll(parts, p => p.Length is > 0 and <= MaxPartBytes);

    private static string Escape(string part)
    {
        byte[] bytes;
        try
        {
            bytes = Utf8.GetBytes(part);
        }
        catch (EncoderFallbackException)
        {
            throw Refused();
        }

        StringBuilder escaped = new(bytes.Length);
        for (int i = 0; i < bytes.Length; i++)
        {
            if (Plain.Contains(bytes[i]) && !(i == 0 && bytes[i] == '.'))
            {
                escaped.Append((char)bytes[i]);
            }
            else
            {
                escaped.Append(CultureInfo.InvariantCulture, $"%{bytes[i]:X2}");
            }
        }

        return escaped.ToString();
    }

    private static bool IsEscaped(string part)
    {
        byte[] bytes = new byte[part.Length];
        int count = 0;
        for (int i = 0; i < part.Length; i++)
        {
            if (part[i] != '%')
            {
                if (!char.IsAscii(part[i]))
                {
                    return false;
                }

                bytes[count++] = (byte)part[i];
            }
            else if (i + 2 < part.Length && byte.TryParse(part.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
            {
                bytes[count++] = value;
                i += 2;
            }
            else
            {
                return false;
            }
        }

        try
        {
            // Only the one way to write it.
            return Escape(Utf8.GetString(bytes, 0, count)) == part;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    private static VaultException Refused() => new(
        "vault.blob-name",
        $"A blob's name has 1 to {MaxParts} parts of 1 to {MaxPartBytes} bytes and at most {MaxBytes} in all, counted as they are written.");
}
