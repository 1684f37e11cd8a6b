using Wardline.Rtc;
using Wardline.Sfu.Sessions;

namespace Wardline.Sfu.Layers;

// [Quiet] -> [wish]                                       -> [Held]
// [Held]  -> [last request older than the interval]       -> [Asked]      a request leaves
// [Asked] -> [interval over, somebody wished lately]      -> [Asked]      a request leaves again
// [Asked] -> [interval over, nobody wished for 5 s]       -> [Quiet]
// any     -> [key frame starts]                           -> [Quiet]
internal enum KeyFrameState
{
    Quiet,
    Held,
    Asked,
}

/// <summary>Where all wishes for a key frame of one layer meet, so that the publisher is asked once, not per receiver.</summary>
internal sealed class KeyFrameRequester(TimeSpan interval, Deadline publisher)
{
    /// <summary>A publisher that does not answer (camera muted) is not asked for ever.</summary>
    public static readonly TimeSpan WishLifetime = TimeSpan.FromSeconds(5);

    private Instant _lastRequest = Moments.LongAgo;
    private Instant _lastWish;

    public KeyFrameState State { get; private set; }

    /// <summary>When <see cref="TryTakeRequest"/> may next say yes.</summary>
    public Instant NextAt => State == KeyFrameState.Quiet ? Instant.Never : _lastRequest + interval;

    public void Wish(Instant now)
    {
        _lastWish = now;
        if (State == KeyFrameState.Quiet)
        {
            State = KeyFrameState.Held;
            publisher.Move();
        }
    }

    public void OnKeyFrameStart() => State = KeyFrameState.Quiet;

    /// <summary>True when a request is to leave now; it counts as sent.</summary>
    public bool TryTakeRequest(Instant now)
    {
        if (State == KeyFrameState.Quiet || now < NextAt)
        {
            return false;
        }

        if (now - _lastWish > WishLifetime)
        {
            State = KeyFrameState.Quiet;
            return false;
        }

        _lastRequest = now;
        State = KeyFrameState.Asked;
        return true;
    }
}
