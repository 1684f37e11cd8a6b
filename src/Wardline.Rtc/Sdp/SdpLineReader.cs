namespace Wardline.Rtc.Sdp;

/// <summary>
/// Cuts SDP into lines <c>x=value</c> (RFC 8866 §5). Ends of line are CRLF, or LF alone as some clients write; every
/// other control character and everything outside ASCII is refused, so that nothing read here can break a line of
/// an answer, a log or a header.
/// </summary>
internal ref struct SdpLineReader(ReadOnlySpan<char> text, SdpLimits limits)
{
    private ReadOnlySpan<char> _rest = text;

    /// <summary>Of the line last read, from 1.</summary>
    public int Line { get; private set; }

    public char Type { get; private set; }

    /// <summary>What stands behind "x=".</summary>
    public ReadOnlySpan<char> Value { get; private set; }

    /// <summary>Set when <see cref="Next"/> returned false for another reason than the end.</summary>
    public SdpError? Error { get; private set; }

    public bool Next()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        Line++;
        int end = _rest.IndexOf('\n');
        ReadOnlySpan<char> line = end < 0 ? _rest : _rest[..end];
        _rest = end < 0 ? default : _rest[(end + 1)..];
        if (line is [.., '\r'])
        {
            line = line[..^1];
        }

        if (Line > limits.MaxLines || line.Length > limits.MaxLineBytes)
        {
            return Fail(SdpCodes.TooLarge, Line > limits.MaxLines ? "Too many lines." : "A line is too long.");
        }

        if (line.ContainsAnyExceptInRange(' ', '~'))
        {
            return Fail(SdpCodes.Malformed, "A character that does not belong into SDP.");
        }

        if (line.Length < 2 || line[1] != '=' || !char.IsAsciiLetterLower(line[0]))
        {
            return Fail(SdpCodes.Malformed, "Not a line of the form x=value.");
        }

        Type = line[0];
        Value = line[2..];
        return true;
    }

    private bool Fail(string code, string message)
    {
        Error = new SdpError(code, message, Line);
        return false;
    }
}

/// <summary>Reading tokens off the front of a value.</summary>
internal static class SdpText
{
    /// <summary>Longest token that is kept: stream and track ids are UUIDs, extension URIs the longest.</summary>
    private const int MaxToken = 256;

    /// <summary>The next word and what follows it; false at the end and for two blanks in a row.</summary>
    public static bool TryWord(ref ReadOnlySpan<char> rest, out ReadOnlySpan<char> word)
    {
        int end = rest.IndexOf(' ');
        word = end < 0 ? rest : rest[..end];
        rest = end < 0 ? default : rest[(end + 1)..];
        return word.Length is > 0 and <= MaxToken;
    }

    /// <summary>Splits "name:value"; the value is empty without a colon.</summary>
    public static ReadOnlySpan<char> SplitName(ReadOnlySpan<char> attribute, out ReadOnlySpan<char> value)
    {
        int colon = attribute.IndexOf(':');
        value = colon < 0 ? default : attribute[(colon + 1)..];
        return colon < 0 ? attribute : attribute[..colon];
    }

    /// <summary>Decimal digits only: no sign, no blank.</summary>
    public static bool TryNumber(ReadOnlySpan<char> text, uint max, out uint number) =>
        uint.TryParse(text, System.Globalization.NumberStyles.None, null, out number) && number <= max;

    /// <summary>RFC 8851 §10 and RFC 8852: letters, digits, "-" and "_", at most 16.</summary>
    public static bool IsRid(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))
            {
                return false;
            }
        }

        return text.Length is > 0 and <= 16;
    }
}
