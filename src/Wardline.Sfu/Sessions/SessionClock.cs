using Wardline.Rtc;

namespace Wardline.Sfu.Sessions;

/// <summary>
/// The session's own NTP time (RFC 3550 §4: 32 bits of seconds, 32 of fraction), counted from the caller's monotonic
/// clock: receivers only compare these times with each other, and wall-clock time never enters the core.
/// </summary>
internal static class SessionClock
{
    // Keeps the seconds away from 0, which some receivers take for "no time".
    private const ulong EpochSeconds = 0xE000_0000;

    public static ulong ToNtp(Instant at)
    {
        ulong us = (ulong)Math.Max(0, at.Microseconds);
        return ((EpochSeconds + us / 1_000_000) << 32) | (us % 1_000_000 << 32) / 1_000_000;
    }

    /// <summary>RFC 3550 §6.4.1: the middle 32 bits, in 1/65536 s.</summary>
    public static uint ToShortNtp(Instant at) => (uint)(ToNtp(at) >> 16);

    /// <summary>RTP ticks in an NTP difference, which may be negative.</summary>
    public static long Ticks(long ntpDifference, int clockRate) => (long)((Int128)ntpDifference * clockRate >> 32);

    /// <summary>NTP difference of a number of RTP ticks, which may be negative.</summary>
    public static long FromTicks(long ticks, int clockRate) => (long)(((Int128)ticks << 32) / clockRate);
}
