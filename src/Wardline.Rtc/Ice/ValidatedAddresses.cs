namespace Wardline.Rtc.Ice;

/// <summary>
/// The addresses from which a peer has proven itself, with the time of the last proof. A handful, so a scan beats
/// any table; bounded, because whoever knows the password could otherwise fill memory by changing ports.
/// </summary>
internal sealed class ValidatedAddresses
{
    private readonly Entry[] _entries;

    public ValidatedAddresses(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 2);
        _entries = new Entry[capacity];
    }

    private struct Entry
    {
        public TransportAddress Address;
        public Instant LastCheck;
    }

    public int Count { get; private set; }

    public bool TryGetLastCheck(in TransportAddress address, out Instant lastCheck)
    {
        int i = IndexOf(address);
        lastCheck = i < 0 ? default : _entries[i].LastCheck;
        return i >= 0;
    }

    /// <summary>Notes a proof; true when another address had to be forgotten for it. <paramref name="keep"/> never is.</summary>
    public bool Refresh(in TransportAddress address, Instant now, in TransportAddress? keep)
    {
        int i = IndexOf(address);
        bool full = i < 0 && Count == _entries.Length;
        if (i < 0)
        {
            i = full ? LongestSilent(keep) : Count++;
        }

        _entries[i] = new Entry { Address = address, LastCheck = now };
        return full;
    }

    private int IndexOf(in TransportAddress address)
    {
        for (int i = 0; i < Count; i++)
        {
            if (_entries[i].Address == address)
            {
                return i;
            }
        }

        return -1;
    }

    private int LongestSilent(in TransportAddress? keep)
    {
        int oldest = -1;
        for (int i = 0; i < Count; i++)
        {
            if (_entries[i].Address != keep && (oldest < 0 || _entries[i].LastCheck < _entries[oldest].LastCheck))
            {
                oldest = i;
            }
        }

        return oldest;
    }
}
