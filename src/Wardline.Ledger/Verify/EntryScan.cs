namespace Wardline.Ledger.Verify;

/// <summary>
/// Reads an entry byte by byte, and takes nothing but the one form that an entry has (README.md, "An entry"): this order,
/// no space, printable ASCII in which only <c>"</c> and <c>\</c> stand behind a <c>\</c>, each name once.
/// </summary>
internal ref struct EntryScan
{
    public const int TimeBytes = 24;
    private readonly ReadOnlySpan<byte> _bytes;
    private int _at;

    private EntryScan(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    public long Index { get; private set; }

    /// <summary><c>2026-11-23T10:00:00.123Z</c>: earlier times are smaller as bytes, too.</summary>
    public ReadOnlySpan<byte> Time { get; private set; }

    /// <summary>43 characters of base64url, or none.</summary>
    public ReadOnlySpan<byte> Previous { get; private set; }

    /// <summary>Of a <c>key.member</c> entry (docs/design/key-transparency.md); empty for others.</summary>
    public ReadOnlySpan<byte> Scope { get; private set; }

    public ReadOnlySpan<byte> Seq { get; private set; }

    public ReadOnlySpan<byte> Prev { get; private set; }

    public static bool TryRead(ReadOnlySpan<byte> bytes, out EntryScan entry)
    {
        entry = new EntryScan(bytes);
        return !bytes.ContainsAnyExceptInRange((byte)' ', (byte)'~') && entry.Read();
    }

    private bool Read()
    {
        if (!Take("{\"v\":1,\"index\":"u8) || !Number() || !Take(",\"time\":"u8) || !Text(out ReadOnlySpan<byte> time) || !IsTime(time)
            || !Take(",\"previous\":"u8) || !Text(out ReadOnlySpan<byte> previous) || previous.Length is not (0 or 43)
            || !Take(",\"tenant\":"u8) || !Text(out _) || !Take(",\"action\":"u8) || !Text(out ReadOnlySpan<byte> action)
            || !Take(",\"actor\":"u8) || !Text(out _) || !Take(",\"actorKind\":"u8) || !Text(out _)
            || !Maybe(",\"patient\":"u8) || !Maybe(",\"visit\":"u8) || !Maybe(",\"person\":"u8) || !Maybe(",\"where\":"u8) || !Maybe(",\"why\":"u8)
            || !Take(",\"outcome\":"u8) || !Text(out ReadOnlySpan<byte> outcome)
            || !Maybe(",\"rule\":"u8) || !Maybe(",\"policy\":"u8) || !Facts(action.SequenceEqual("key.member"u8) && outcome.SequenceEqual("success"u8))
            || !Sealed())
        {
            return false;
        }

        Time = time;
        Previous = previous;
        return Take("}"u8) && _at == _bytes.Length;
    }

    private bool Take(ReadOnlySpan<byte> literal)
    {
        if (!_bytes[_at..].StartsWith(literal))
        {
            return false;
        }

        _at += literal.Length;
        return true;
    }

    private bool Number()
    {
        int from = _at;
        long value = 0;
        for (; _at < _bytes.Length && _bytes[_at] is >= (byte)'0' and <= (byte)'9'; _at++)
        {
            value = (value * 10) + (_bytes[_at] - '0');
        }

        Index = value;
        return _at > from && _at - from <= 18 && (_bytes[from] != '0' || _at == from + 1);
    }

    private bool Text(out ReadOnlySpan<byte> text)
    {
        text = default;
        if (_at >= _bytes.Length || _bytes[_at] != '"')
        {
            return false;
        }

        int from = ++_at;
        while (_at < _bytes.Length)
        {
            int stop = _bytes[_at..].IndexOfAny((byte)'"', (byte)'\\');
            if (stop < 0)
            {
                return false;
            }

            _at += stop;
            if (_bytes[_at] == '"')
            {
                text = _bytes[from.._at++];
                return true;
            }

            if (_at + 1 >= _bytes.Length || _bytes[_at + 1] is not ((byte)'"' or (byte)'\\'))
            {
                return false;
            }

            _at += 2;
        }

        return false;
    }

    private bool Maybe(ReadOnlySpan<byte> name) => !Take(name) || Text(out _);

    private bool Facts(bool ofKey)
    {
        if (!Take(",\"facts\":{"u8))
        {
            return true;
        }

        int first = _at;
        do
        {
            int begin = _at;
            if (!Text(out ReadOnlySpan<byte> name) || !IsName(name) || IsThere(_bytes[first..begin], name) || !Take(":"u8) || !Text(out ReadOnlySpan<byte> value))
            {
                return false;
            }

            if (ofKey)
            {
                Scope = name.SequenceEqual("scope"u8) ? value : Scope;
                Seq = name.SequenceEqual("seq"u8) ? value : Seq;
                Prev = name.SequenceEqual("prev"u8) ? value : Prev;
            }
        }
        while (Take(","u8));
        return Take("}"u8);
    }

    /// <summary>Whether the facts so far have that name: it would stand between quotes that begin a member, and before a colon.</summary>
    private static bool IsThere(ReadOnlySpan<byte> facts, ReadOnlySpan<byte> name)
    {
        EntryScan before = new(facts);
        while (before._at < facts.Length && before.Text(out ReadOnlySpan<byte> other) && before.Take(":"u8) && before.Text(out _))
        {
            if (other.SequenceEqual(name))
            {
                return true;
            }

            before.Take(","u8);
        }

        return false;
    }

    private bool Sealed() => !Take(",\"sealed\":"u8) || (Text(out ReadOnlySpan<byte> value) && value.Length > 0 && IsBase64Url(value));

    private static bool IsName(ReadOnlySpan<byte> name) =>
        name.Length is > 0 and <= 64 && char.IsAsciiLetter((char)name[0]) && name.IndexOfAnyExcept(s_nameBytes) < 0;

    private static readonly System.Buffers.SearchValues<byte> s_nameBytes =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8);

    /// <summary>The letters of it, and no bit in the last one that belongs to no byte.</summary>
    private static bool IsBase64Url(ReadOnlySpan<byte> value)
    {
        if (value.Length % 4 == 1 || value.IndexOfAnyExcept(s_nameBytes) >= 0)
        {
            return false;
        }

        int spare = (value.Length % 4) switch { 2 => 0b1111, 3 => 0b11, _ => 0 };
        return (SixBits(value[^1]) & spare) == 0;
    }

    private static int SixBits(byte letter) => letter switch
    {
        >= (byte)'A' and <= (byte)'Z' => letter - 'A',
        >= (byte)'a' and <= (byte)'z' => letter - 'a' + 26,
        >= (byte)'0' and <= (byte)'9' => letter - '0' + 52,
        (byte)'-' => 62,
        _ => 63,
    };

    private static bool IsTime(ReadOnlySpan<byte> time) =>
        time.Length == TimeBytes && time[4] == '-' && time[7] == '-' && time[10] == 'T' && time[13] == ':' && time[16] == ':' && time[19] == '.' && time[23] == 'Z'
        && Digits(time[..4], 9999) && Digits(time[5..7], 12) && Digits(time[8..10], 31) && Digits(time[11..13], 23) && Digits(time[14..16], 59)
        && Digits(time[17..19], 59) && Digits(time[20..23], 999);

    private static bool Digits(ReadOnlySpan<byte> digits, int most)
    {
        int value = 0;
        foreach (byte digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            value = (value * 10) + (digit - '0');
        }

        return value <= most;
    }
}
