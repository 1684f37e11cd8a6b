using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;

namespace Wardline.Client.E2ee;

/// <summary>Base64url without padding (RFC 4648 §5), and the fields that hashes and keys are made over.</summary>
internal static class Bytes
{
    private static readonly SearchValues<char> Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    public static string ToBase64Url(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    /// <summary>The bytes, or null when <paramref name="text"/> is not base64url without padding or blanks. Never throws.</summary>
    public static byte[]? FromBase64Url(string? text)
    {
        // The decoder of .NET also takes padding and white space.
        if (text is null || text.Length % 4 == 1 || text.AsSpan().ContainsAnyExcept(Alphabet))
        {
            return null;
        }

        byte[] bytes = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        OperationStatus status = Base64Url.DecodeFromChars(text, bytes, out _, out int written);
        if (status != OperationStatus.Done)
        {
            return null;
        }

        return written == bytes.Length ? bytes : bytes[..written];
    }

    /// <summary>The label and 00, then the visit with its length in UTF-8 before it (two bytes), so that no two fields run together.</summary>
    public static byte[] Labelled(string label, string visit, params ReadOnlySpan<byte[]> parts)
    {
        int visitBytes = Encoding.UTF8.GetByteCount(visit);
        int length = label.Length + 1 + 2 + visitBytes;
        foreach (byte[] part in parts)
        {
            length += part.Length;
        }

        byte[] all = new byte[length];
        int at = Encoding.ASCII.GetBytes(label, all) + 1;
        BinaryPrimitives.WriteUInt16BigEndian(all.AsSpan(at), checked((ushort)visitBytes));
        at += 2;
        at += Encoding.UTF8.GetBytes(visit, all.AsSpan(at));
        foreach (byte[] part in parts)
        {
            part.CopyTo(all, at);
            at += part.Length;
        }

        return all;
    }
}
