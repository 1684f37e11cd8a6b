using System.Diagnostics;

namespace Wardline.Rtc.Ice;

/// <summary>
/// User name fragment and password of one ICE agent (RFC 8445 §5.3). The password is a key: it is never logged,
/// and <see cref="ToString"/> does not show it.
/// </summary>
[DebuggerDisplay("{Ufrag,nq}")]
public readonly record struct IceCredentials(string Ufrag, string Password)
{
    /// <summary>Server fragments have exactly this length, so that one packs into a <c>ulong</c> (<see cref="IceUfrag"/>).</summary>
    public const int LocalUfragLength = 8;

    /// <summary>192 bits; RFC 8445 §5.3 asks for 128.</summary>
    private const int LocalPasswordLength = 32;

    // RFC 8839 §5.4: ice-char = ALPHA / DIGIT / "+" / "/". 64 of them, so six bits make one without bias.
    private const string IceChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    public static IceCredentials Create(IRandomSource random) =>
        new(Draw(random, LocalUfragLength), Draw(random, LocalPasswordLength));

    /// <summary>RFC 8839 §5.4: ufrag 4 … 256, password 22 … 256, ice-chars only.</summary>
    public bool IsWellFormed =>
        Ufrag is { Length: >= 4 and <= 256 } && Password is { Length: >= 22 and <= 256 } &&
        !Ufrag.AsSpan().ContainsAnyExcept(IceChars) && !Password.AsSpan().ContainsAnyExcept(IceChars);

    public override string ToString() => Ufrag;

    private static string Draw(IRandomSource random, int length)
    {
        Span<byte> bytes = stackalloc byte[LocalPasswordLength];
        bytes = bytes[..length];
        random.Fill(bytes);
        return string.Create(length, (ReadOnlySpan<byte>)bytes, static (text, drawn) =>
        {
            for (int i = 0; i < text.Length; i++)
            {
                text[i] = IceChars[drawn[i] & 63];
            }
        });
    }
}
