using Wardline.Rtc;

namespace Wardline.Sfu.Forwarding;

/// <summary>
/// Spreads bursts (key frames, replays) so that they do not stand in the receiver's bottleneck queue
/// before the next audio packet. Holds references, never bytes; audio and
/// retransmissions (which have their own budget) do not wait here but count.
/// </summary>
/// <remarks>
/// <code>
/// debt  ▲ sent bytes raise it, time lowers it at the pacing rate
///       │  ▟▙
///       │ ▟  ▙▖▟▙
///       │▟     ▜  ▙▁▁      a packet leaves at once while debt &lt; allowance and nobody waits before it
/// </code>
/// </remarks>
internal sealed class Pacer
{
    public const int Capacity = 512;

    /// <summary>Publishers pace themselves at up to 2.5 times their rate, so what they send passes through untouched.</summary>
    public const double Headroom = 2.5;

    public static readonly Bitrate MinRate = Bitrate.FromKilobits(300);
    public static readonly TimeSpan Allowance = TimeSpan.FromMilliseconds(20);

    /// <summary>Whoever waits longer leaves at once: late video is worse than a burst.</summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromMilliseconds(250);

    // Made when somebody has to wait: on most paths nobody ever does.
    private Waiting[] _queue = [];
    private int _first;
    private double _debtBytes;
    private Instant _settledAt;
    private double _bytesPerSecond = MinRate.BitsPerSecond / 8.0;

    public readonly record struct Waiting(Subscription Subscription, long Sequence, Instant Since);

    public int Count { get; private set; }

    /// <summary>When <see cref="TryTake"/> may say yes.</summary>
    public Instant NextAt
    {
        get
        {
            if (Count == 0)
            {
                return Instant.Never;
            }

            double excess = _debtBytes - AllowanceBytes;
            // Rounded up: a timeout a fraction too early would find the debt not yet paid and ask for the same time again.
            Instant free = excess < 0 ? _settledAt : new Instant(_settledAt.Microseconds + 1 + (long)(excess / _bytesPerSecond * 1_000_000));
            return Instant.Min(free, _queue[_first].Since + MaxWait);
        }
    }

    private double AllowanceBytes => Math.Max(_bytesPerSecond * Allowance.TotalSeconds, 3 * PacketTrains.SlotBytes);

    public void SetEstimate(Bitrate estimate) =>
        _bytesPerSecond = Bitrate.Max(estimate * Headroom, MinRate).BitsPerSecond / 8.0;

    /// <summary>A packet of this many bytes has left.</summary>
    public void OnSent(int bytes, Instant now)
    {
        Settle(now);
        _debtBytes += bytes;
    }

    /// <summary>Nobody waits and the line is free: send at once.</summary>
    public bool MayPass(Instant now)
    {
        Settle(now);
        return Count == 0 && _debtBytes < AllowanceBytes;
    }

    /// <summary>False when the queue is full.</summary>
    public bool TryEnqueue(Subscription subscription, long sequence, Instant now)
    {
        if (Count == Capacity)
        {
            return false;
        }

        if (_queue.Length == 0)
        {
            _queue = new Waiting[Capacity];
        }

        _queue[(_first + Count++) % Capacity] = new Waiting(subscription, sequence, now);
        return true;
    }

    public bool TryTake(Instant now, out Waiting waiting)
    {
        Settle(now);
        waiting = default;
        if (Count == 0 || (_debtBytes >= AllowanceBytes && now - _queue[_first].Since < MaxWait))
        {
            return false;
        }

        waiting = _queue[_first];
        _queue[_first] = default;
        _first = (_first + 1) % Capacity;
        Count--;
        return true;
    }

    private void Settle(Instant now)
    {
        if (now > _settledAt)
        {
            _debtBytes = Math.Max(0, _debtBytes - (now - _settledAt).TotalSeconds * _bytesPerSecond);
            _settledAt = now;
        }
    }
}
