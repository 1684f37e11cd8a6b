using Wardline.Rtc;

namespace Wardline.Bench.Load;

/// <summary>One forwarded stream at its receiver, counted by its sequence numbers.</summary>
internal sealed class Reception(Ssrc ssrc)
{
    private int _first;
    private int _highest;
    private bool _counting;

    public Ssrc Ssrc => ssrc;

    public long Received { get; private set; }

    /// <summary>Came after a later one.</summary>
    public long Reordered { get; private set; }

    /// <summary>Places between the first and the highest number that nothing came for.</summary>
    public long Lost => _counting ? Math.Max(0, _highest - _first + 1 - Received) : 0;

    /// <summary>Counts from the next packet on.</summary>
    public void Restart()
    {
        Received = Reordered = 0;
        _counting = false;
    }

    public void Packet(SequenceNumber sequence)
    {
        Received++;
        if (!_counting)
        {
            _counting = true;
            _first = _highest = sequence.Value;
            return;
        }

        // The number as it would be with more than 16 bits: the one nearest to the highest so far.
        int ahead = (short)(ushort)(sequence.Value - _highest);
        if (ahead > 0)
        {
            _highest += ahead;
        }
        else
        {
            Reordered++;
            _first = Math.Min(_first, _highest + ahead);
        }
    }
}
