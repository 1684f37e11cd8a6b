using System.Buffers;
using System.Buffers.Text;

namespace Wardline.Server.Platform;

/// <summary>RFC 4648 §5 without padding. The runtime's own <c>Try…</c> throws at characters outside of the alphabet.</summary>
internal static class StrictBase64Url
{
    private static readonly SearchValues<char> Alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> bytes, out int written)
    {
        written = 0;
        return !text.ContainsAnyExcept(Alphabet) && Base64Url.IsValid(text, out int length) && length <= bytes.Length &&
            Base64Url.TryDecodeFromChars(text, bytes, out written) && written == length;
    }
}
