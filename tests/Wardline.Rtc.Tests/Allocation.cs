namespace Wardline.Rtc.Tests;

/// <summary>Holds a loop to no allocation.</summary>
internal static class Allocation
{
    /// <summary>
    /// Fails when the loop allocated as much as one object in fifty rounds. Not a byte exactly: the compiler may step into a long loop
    /// and make an object of its own on this thread.
    /// </summary>
    public static void AssertNone(long bytes, int rounds) => Assert.InRange(bytes, 0, rounds * 24L / 50);
}
