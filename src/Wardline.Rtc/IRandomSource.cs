namespace Wardline.Rtc;

/// <summary>
/// Where the core gets unpredictable bytes from. The host passes the operating system's generator,
/// a test a seeded one, so that a whole visit can be replayed bit for bit.
/// </summary>
public interface IRandomSource
{
    void Fill(Span<byte> destination);
}
