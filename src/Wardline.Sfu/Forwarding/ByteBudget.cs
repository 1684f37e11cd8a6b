using Wardline.Rtc;

namespace Wardline.Sfu.Forwarding;

/// <summary>A token bucket in bytes, filled by time. It holds what its rate fills in a while, so a slow line gets short bursts.</summary>
/// <param name="leastBurst">Bytes that it holds at any rate.</param>
internal sealed class ByteBudget(int leastBurst, TimeSpan holds)
{
    private double _available = leastBurst;
    private Instant _filledAt;
    private bool _started;

    public bool TryTake(int bytes, Bitrate rate, Instant now)
    {
        double bytesPerSecond = rate.BitsPerSecond / 8.0;
        double full = Math.Max(leastBurst, bytesPerSecond * holds.TotalSeconds);
        if (_started)
        {
            _available = Math.Min(full, _available + bytesPerSecond * (now - _filledAt).TotalSeconds);
        }

        _started = true;
        _filledAt = now;
        if (_available < bytes)
        {
            return false;
        }

        _available -= bytes;
        return true;
    }
}
