using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Wardline.Vault.KeyRing;

/// <summary>A record as a file: a line that says what it is, the SHA-256 in hex of all behind it, the revision, the content.</summary>
/// <remarks><code>
/// wardline-keys/1
/// 9f86d081…
/// 3
/// {"format":1,…}
/// </code></remarks>
internal static class KeyFile
{
    private const string Kind = "wardline-keys/1";

    public static byte[] Write(KeyRecord record)
    {
        byte[] content = [.. Encoding.ASCII.GetBytes($"{record.Revision}\n"), .. record.Content.Span];
        return [.. Encoding.ASCII.GetBytes($"{Kind}\n{Convert.ToHexStringLower(SHA256.HashData(content))}\n"), .. content];
    }

    /// <summary>False when it is not exactly what <see cref="Write"/> made.</summary>
    public static bool TryRead(byte[] file, out KeyRecord record)
    {
        record = default;
        ReadOnlySpan<byte> left = file;
        if (!TryLine(ref left, out string kind) || kind != Kind ||
            !TryLine(ref left, out string digest) || digest != Convert.ToHexStringLower(SHA256.HashData(left)) ||
            !TryLine(ref left, out string revision) || !long.TryParse(revision, NumberStyles.None, CultureInfo.InvariantCulture, out long number) || number < 1)
        {
            return false;
        }

        record = new(file.AsMemory(file.Length - left.Length), number);
        return true;
    }

    private static bool TryLine(ref ReadOnlySpan<byte> left, out string line)
    {
        int end = left.IndexOf((byte)'\n');
        line = end < 0 ? "" : Encoding.ASCII.GetString(left[..end]);
        left = left[(end + 1)..];
        return end >= 0;
    }
}
