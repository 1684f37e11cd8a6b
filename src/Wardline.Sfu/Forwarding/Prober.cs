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

    private int _back;

    public Instant NextAt => downlink.Estimator.NextTimeout;

    public void Run(Instant now, PacketTrains output)
    {
        SendSideEstimator estimator = downlink.Estimator;
        if (now < estimator.NextTimeout)
        {
            return;
        }

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
