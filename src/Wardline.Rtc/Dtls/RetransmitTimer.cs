namespace Wardline.Rtc.Dtls;

/// <summary>
/// RFC 6347 §4.2.4: the flight that waits for an answer, and when to send it again. Sends what
/// <see cref="OpenSslDtlsEngine"/> had libssl prepare, one copy a time-out, on the caller's clock.
/// </summary>
internal sealed class RetransmitTimer(TimeSpan first, TimeSpan max)
{
    private readonly Queue<ReadOnlyMemory<byte>> _copies = new();
    private TimeSpan _interval;

    internal Instant Due { get; private set; } = Instant.Never;

    internal bool IsRunning => Due != Instant.Never;

    /// <summary>A new flight has left; <paramref name="copies"/> are its retransmissions in order.</summary>
    internal void Start(IEnumerable<ReadOnlyMemory<byte>> copies, Instant now)
    {
        Stop();
        foreach (ReadOnlyMemory<byte> copy in copies)
        {
            _copies.Enqueue(copy);
        }

        _interval = first;
        Due = _copies.Count > 0 ? now + _interval : Instant.Never;
    }

    /// <summary>The answer has come, or nobody waits for it any more.</summary>
    internal void Stop()
    {
        _copies.Clear();
        Due = Instant.Never;
    }

    /// <summary>The next copy when it is due. A caller that comes late gets one, not a burst.</summary>
    internal bool TryFire(Instant now, out ReadOnlyMemory<byte> flight)
    {
        if (now < Due || !_copies.TryDequeue(out flight))
        {
            flight = default;
            return false;
        }

        _interval = _interval * 2 < max ? _interval * 2 : max;
        Due = _copies.Count > 0 ? now + _interval : Instant.Never;
        return true;
    }
}
