using Wardline.Rtc;

namespace Wardline.Client.Media;

/// <summary>
/// The newest packets of one layer, plain, for retransmissions (RFC 4588). A ring of bytes and a ring of places in it, both
/// made with the first packet; the oldest packets are overwritten.
/// </summary>
internal sealed class SentHistory(int bytes, int packets)
{
    private readonly byte[] _ring = new byte[bytes];
    private readonly Place[] _places = new Place[packets];
    private long _written;

    private readonly record struct Place(ushort Sequence, long At, int Length);

    public void Add(SequenceNumber sequence, ReadOnlySpan<byte> packet)
    {
        // A packet never wraps: the rest of the ring is left empty instead.
        int at = (int)(_written % _ring.Length);
        if (at + packet.Length > _ring.Length)
        {
            _written += _ring.Length - at;
            at = 0;
        }

        packet.CopyTo(_ring.AsSpan(at));
        _places[sequence.Value % _places.Length] = new Place(sequence.Value, _written, packet.Length);
        _written += packet.Length;
    }

    public bool TryFind(SequenceNumber sequence, out ReadOnlySpan<byte> packet)
    {
        Place place = _places[sequence.Value % _places.Length];
        bool kept = place.Length > 0 && place.Sequence == sequence.Value && _written - place.At <= _ring.Length;
        packet = kept ? _ring.AsSpan((int)(place.At % _ring.Length), place.Length) : default;
        return kept;
    }
}
