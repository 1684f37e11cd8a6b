using Wardline.Rtc;

namespace Wardline.Sfu.Forwarding;

/// <summary>A token bucket in bytes, filled by time.</summary>
internal sealed class ByteBudget(int burstBytes)
{
    private double _available = burstBytes;
    private Instant _filledAt;
    private bool _started;

    public bool TryTake(int bytes, Bitrate rate, Instant now)
    {
        if (_started)
        {
            _available = Math.Min(burstBytes, _available + rate.BitsPerSecond / 8.0 * (now - _filledAt).TotalSeconds);
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
