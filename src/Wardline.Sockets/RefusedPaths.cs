using Wardline.Rtc;

namespace Wardline.Sockets;

/// <summary>
/// Receivers to whom the kernel does not cut trains. A bounded memory: a newer address takes an older one's place, and the
/// older one merely costs one more refused call. Many refusals with no success between them mean that nothing is cut here.
/// </summary>
/// <remarks>One path that refuses (a peer can narrow its own) must not take the offload from everybody else.</remarks>
internal sealed class RefusedPaths
{
    public const int Remembered = 256;
    public const int NothingWorks = 32;

    private readonly TransportAddress[] _addresses = new TransportAddress[Remembered];
    private int _inARow;
    private int _count;

    public bool Has(in TransportAddress to) => _count > 0 && _addresses[Place(to)] == to;

    /// <returns>True when refusals have come from everywhere for so long that asking again is pointless.</returns>
    public bool Add(in TransportAddress to)
    {
        _addresses[Place(to)] = to;
        _count++;
        return ++_inARow >= NothingWorks;
    }

    public void OnAccepted() => _inARow = 0;

    private static int Place(in TransportAddress to) => (to.GetHashCode() & int.MaxValue) % Remembered;
}
