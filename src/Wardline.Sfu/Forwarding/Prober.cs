using Wardline.Rtc;
using Wardline.Rtc.Bwe;

namespace Wardline.Sfu.Forwarding;

/// <summary>
/// Sends what the estimator asks for to measure the path: recent packets once more by RTX, which repairs at the same
/// time, or padding when no video flows.
/// </summary>
internal sealed class Prober(Downlink downlink)
{
    /// <summary>At most this many packets in one go, and as far back are packets repeated.</summary>
    private const int MaxPackets = 16;

    /// <summary>Between two looks: close together while a probe is sent, so that it keeps its rate.</summary>
    private static readonly TimeSpan s_whileSending = TimeSpan.FromMilliseconds(2);

    /// <summary>Otherwise seldom: the estimator may be due for as long as the path is not calm enough for a probe.</summary>
    private static readonly TimeSpan s_whileWaiting = TimeSpan.FromMilliseconds(25);

    private int _back;
    private Instant _lastLook;

    public Instant NextAt
    {
        get
        {
            Instant next = downlink.Estimator.NextTimeout;
            Instant least = _lastLook + (downlink.Estimator.IsProbing ? s_whileSending : s_whileWaiting);
            return next > least ? next : least;
        }
    }

    public void Run(Instant now, PacketTrains output)
    {
        SendSideEstimator estimator = downlink.Estimator;
        if (now < NextAt)
        {
            return;
        }

        _lastLook = now;
        estimator.HandleTimeout(now);
        for (int sent = 0; sent < MaxPackets && estimator.ProbeBytesDue(now) > 0; sent++)
        {
            bool repeated = downlink.TrySendProbe(_back, now, output);
            _back = repeated ? (_back + 1) % MaxPackets : 0;
            if (!repeated && !downlink.TrySendPadding(now, output))
            {
                return;
            }
        }
    }
}
