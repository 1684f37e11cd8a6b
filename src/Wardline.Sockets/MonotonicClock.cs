using Wardline.Rtc;

namespace Wardline.Sockets;

/// <summary>The one clock of the media path: a monotonic reading, taken once a batch.</summary>
internal sealed class MonotonicClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    public Instant Now => new((long)time.GetElapsedTime(_start).TotalMicroseconds);
}
