namespace Wardline.Rtc;

/// <summary>RFC 3550 §5.1 synchronisation source.</summary>
public readonly record struct Ssrc(uint Value)
{
    public override string ToString() => $"{Value:x8}";
}

/// <summary>RFC 3550 §5.1 sequence number: 16 bits, compared on the circle (RFC 1982).</summary>
public readonly record struct SequenceNumber(ushort Value)
{
    public SequenceNumber Next => new((ushort)(Value + 1));

    /// <summary>How far this number is ahead of <paramref name="other"/>, −32768 … 32767.</summary>
    public int DistanceFrom(SequenceNumber other) => (short)(Value - other.Value);

    public bool IsAfter(SequenceNumber other) => DistanceFrom(other) > 0;

    public override string ToString() => Value.ToString();
}

/// <summary>RFC 3550 §5.1 media timestamp in units of the payload's clock rate, compared on the circle.</summary>
public readonly record struct RtpTimestamp(uint Value)
{
    public int DistanceFrom(RtpTimestamp other) => (int)(Value - other.Value);

    public override string ToString() => Value.ToString();
}

/// <summary>Bits per second.</summary>
public readonly record struct Bitrate(long BitsPerSecond) : IComparable<Bitrate>
{
    public static Bitrate Zero => default;

    public static Bitrate FromKilobits(double kilobitsPerSecond) => new((long)(kilobitsPerSecond * 1000));

    public static Bitrate From(long bytes, TimeSpan over) => new((long)(bytes * 8 / over.TotalSeconds));

    public double Kilobits => BitsPerSecond / 1000.0;

    public int CompareTo(Bitrate other) => BitsPerSecond.CompareTo(other.BitsPerSecond);

    public static Bitrate Min(Bitrate a, Bitrate b) => a < b ? a : b;

    public static Bitrate Max(Bitrate a, Bitrate b) => a > b ? a : b;

    public static bool operator <(Bitrate a, Bitrate b) => a.BitsPerSecond < b.BitsPerSecond;

    public static bool operator >(Bitrate a, Bitrate b) => a.BitsPerSecond > b.BitsPerSecond;

    public static bool operator <=(Bitrate a, Bitrate b) => a.BitsPerSecond <= b.BitsPerSecond;

    public static bool operator >=(Bitrate a, Bitrate b) => a.BitsPerSecond >= b.BitsPerSecond;

    public static Bitrate operator +(Bitrate a, Bitrate b) => new(a.BitsPerSecond + b.BitsPerSecond);

    public static Bitrate operator -(Bitrate a, Bitrate b) => new(a.BitsPerSecond - b.BitsPerSecond);

    public static Bitrate operator *(Bitrate a, double factor) => new((long)(a.BitsPerSecond * factor));

    public override string ToString() => $"{Kilobits:F0} kbit/s";
}
