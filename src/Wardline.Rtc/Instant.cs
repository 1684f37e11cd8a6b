namespace Wardline.Rtc;

/// <summary>
/// A point on the caller's monotonic clock, in microseconds since a start that the caller chose.
/// The core never reads a clock: every call that depends on time is given one of these.
/// </summary>
public readonly record struct Instant(long Microseconds) : IComparable<Instant>
{
    /// <summary>Later than every point that a caller can hand in: "no timeout is pending".</summary>
    public static Instant Never => new(long.MaxValue);

    public static Instant FromMilliseconds(double milliseconds) => new((long)(milliseconds * 1000));

    public double Milliseconds => Microseconds / 1000.0;

    public int CompareTo(Instant other) => Microseconds.CompareTo(other.Microseconds);

    public static Instant Min(Instant a, Instant b) => a <= b ? a : b;

    public static Instant operator +(Instant at, TimeSpan span) =>
        at == Never ? Never : new(at.Microseconds + span.Ticks / TimeSpan.TicksPerMicrosecond);

    public static Instant operator -(Instant at, TimeSpan span) =>
        new(at.Microseconds - span.Ticks / TimeSpan.TicksPerMicrosecond);

    public static TimeSpan operator -(Instant a, Instant b) =>
        TimeSpan.FromTicks((a.Microseconds - b.Microseconds) * TimeSpan.TicksPerMicrosecond);

    public static bool operator <(Instant a, Instant b) => a.Microseconds < b.Microseconds;

    public static bool operator >(Instant a, Instant b) => a.Microseconds > b.Microseconds;

    public static bool operator <=(Instant a, Instant b) => a.Microseconds <= b.Microseconds;

    public static bool operator >=(Instant a, Instant b) => a.Microseconds >= b.Microseconds;

    public override string ToString() => this == Never ? "never" : $"{Milliseconds:F3} ms";
}
