using Wardline.Rtc;

namespace Wardline.Sfu.Layers;

/// <summary>
/// SSRC → stream of one participant: a small bounded array scanned in order, the last hit first. Chosen SSRCs cannot
/// make it slow, and it cannot grow.
/// </summary>
internal sealed class StreamTable(int capacity)
{
    private readonly StreamEntry[] _entries = new StreamEntry[capacity];
    private int _lastHit;

    public int Count { get; private set; }

    public Ssrc First => Count == 0 ? default : _entries[0].Ssrc;

    public bool IsFull => Count == _entries.Length;

    public bool TryFind(Ssrc ssrc, out StreamEntry entry)
    {
        entry = _entries[_lastHit];
        if (Count > 0 && entry.Ssrc == ssrc)
        {
            return true;
        }

        for (int i = 0; i < Count; i++)
        {
            if (_entries[i].Ssrc == ssrc)
            {
                _lastHit = i;
                entry = _entries[i];
                return true;
            }
        }

        entry = default;
        return false;
    }

    public bool TryAdd(in StreamEntry entry)
    {
        if (IsFull)
        {
            return false;
        }

        _entries[Count++] = entry;
        return true;
    }

    /// <summary>Forgets the streams of layers that are closed.</summary>
    public void RemoveClosed()
    {
        int kept = 0;
        for (int i = 0; i < Count; i++)
        {
            if (!_entries[i].Layer.Closed)
            {
                _entries[kept++] = _entries[i];
            }
        }

        Array.Clear(_entries, kept, Count - kept);
        Count = kept;
        _lastHit = 0;
    }
}

/// <param name="Layer">The layer whose primary or retransmission stream this is.</param>
internal readonly record struct StreamEntry(Ssrc Ssrc, InboundLayer Layer, bool IsRtx);
