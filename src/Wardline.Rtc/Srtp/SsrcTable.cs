using System.Runtime.CompilerServices;

namespace Wardline.Rtc.Srtp;

/// <summary>
/// State per SSRC, found without allocation: open addressing at a load of one half at most, and never more than
/// <paramref name="maxEntries"/> entries. Nothing is evicted: forgetting a stream would forget what it has already
/// received (or sent), and with that its protection against replay (or against using a nonce twice).
/// </summary>
internal sealed class SsrcTable<T>(int maxEntries)
    where T : struct
{
    private Slot[] _slots = new Slot[16];

    private struct Slot
    {
        internal bool Used;
        internal uint Ssrc;
        internal T State;
    }

    internal int Count { get; private set; }

    internal bool IsFull => Count >= maxEntries;

    /// <summary>The state, or a null reference (<see cref="Unsafe.IsNullRef{T}"/>).</summary>
    internal ref T Find(uint ssrc)
    {
        ref Slot slot = ref Locate(_slots, ssrc);
        return ref slot.Used ? ref slot.State : ref Unsafe.NullRef<T>();
    }

    /// <summary>New state for an SSRC that is not there yet; the caller has looked at <see cref="IsFull"/>.</summary>
    internal ref T Add(uint ssrc)
    {
        if ((Count + 1) * 2 > _slots.Length)
        {
            Slot[] larger = new Slot[_slots.Length * 2];
            foreach (ref readonly Slot old in _slots.AsSpan())
            {
                if (old.Used)
                {
                    Locate(larger, old.Ssrc) = old;
                }
            }

            _slots = larger;
        }

        ref Slot slot = ref Locate(_slots, ssrc);
        slot.Used = true;
        slot.Ssrc = ssrc;
        Count++;
        return ref slot.State;
    }

    // Only SSRCs of authenticated packets get in, and few; so a plain multiplicative hash will do.
    private static ref Slot Locate(Slot[] slots, uint ssrc)
    {
        uint mask = (uint)slots.Length - 1;
        uint at = ssrc * 2654435769u >> 16 & mask;
        while (slots[at].Used && slots[at].Ssrc != ssrc)
        {
            at = at + 1 & mask;
        }

        return ref slots[at];
    }
}
