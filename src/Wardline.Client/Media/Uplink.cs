using Wardline.Rtc;
using Wardline.Rtc.Bwe;

namespace Wardline.Client.Media;

/// <summary>
/// Everything that one peer sends as RTP: numbers it transport-wide, tells the estimator of it, and bounds what repairs may use.
/// </summary>
internal sealed class Uplink(ClientTransport transport)
{
    private const int TagBytes = 16;

    /// <summary>Of the estimate: repairs that crowd the media out only make more of them (RFC 4588 §7).</summary>
    private const double RepairShare = 0.5;
    private static readonly TimeSpan s_repairBurst = TimeSpan.FromMilliseconds(250);

    private ushort _sequence;
    private double _repairBytes;
    private Instant _repairsFilledAt;

    public SendSideEstimator Estimator { get; } = new();

    /// <summary>Repairs that were not sent since the estimate leaves no room for them.</summary>
    public long RepairsRefused { get; private set; }

    /// <summary>The transport-wide number of the packet that is committed next.</summary>
    public ushort NextSequence => _sequence;

    public bool TryReserve(PacketTrains output, out Span<byte> slot) => transport.TryReserve(output, out slot);

    /// <summary>The slot holds a packet that carries <see cref="NextSequence"/>.</summary>
    public bool TryCommit(PacketTrains output, Span<byte> slot, int length, Instant now, bool probe = false)
    {
        if (!transport.TryCommitRtp(output, slot, length))
        {
            return false;
        }

        Estimator.OnSent(_sequence++, length + TagBytes, now, probe);
        return true;
    }

    /// <summary>Whether a repair of so many bytes may be sent; it then counts as sent.</summary>
    public bool TakesRepair(int bytes, Instant now)
    {
        double fill = Estimator.Estimate.BitsPerSecond * RepairShare / 8;
        _repairBytes = Math.Min(fill * s_repairBurst.TotalSeconds, _repairBytes + fill * (now - _repairsFilledAt).TotalSeconds);
        _repairsFilledAt = now;
        if (_repairBytes < bytes)
        {
            RepairsRefused++;
            return false;
        }

        _repairBytes -= bytes;
        return true;
    }
}
