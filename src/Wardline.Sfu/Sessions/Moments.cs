using Wardline.Rtc;

namespace Wardline.Sfu.Sessions;

/// <summary>Points in time that mean "not yet".</summary>
internal static class Moments
{
    /// <summary>
    /// Some 4,500 years before the caller's start: earlier than everything, and yet its distance to any time fits a
    /// <see cref="TimeSpan"/>.
    /// </summary>
    public static Instant LongAgo => new(long.MinValue / 64);
}
