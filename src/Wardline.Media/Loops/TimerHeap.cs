using Wardline.Rtc;

namespace Wardline.Media.Loops;

/// <summary>
/// The sessions of a worker by when each wants to be woken: a binary heap in which every session knows its place,
/// so that a changed time costs O(log n) and the next one O(1), without allocation.
/// </summary>
internal sealed class TimerHeap
{
    private readonly List<SessionSlot> _heap = [];

    public int Count => _heap.Count;

    public Instant Next => _heap.Count == 0 ? Instant.Never : _heap[0].Deadline;

    public SessionSlot? First => _heap.Count == 0 ? null : _heap[0];

    /// <summary>Adds the session, or moves it to where its new deadline belongs.</summary>
    public void Set(SessionSlot slot, Instant deadline)
    {
        slot.Deadline = deadline;
        if (slot.HeapIndex < 0)
        {
            slot.HeapIndex = _heap.Count;
            _heap.Add(slot);
        }

        Down(Up(slot.HeapIndex));
    }

    public void Remove(SessionSlot slot)
    {
        int index = slot.HeapIndex;
        if (index < 0)
        {
            return;
        }

        slot.HeapIndex = -1;
        SessionSlot last = _heap[^1];
        _heap.RemoveAt(_heap.Count - 1);
        if (!ReferenceEquals(last, slot))
        {
            Place(last, index);
            Down(Up(index));
        }
    }

    private int Up(int index)
    {
        SessionSlot moving = _heap[index];
        while (index > 0 && moving.Deadline < _heap[(index - 1) / 2].Deadline)
        {
            Place(_heap[(index - 1) / 2], index);
            index = (index - 1) / 2;
        }

        Place(moving, index);
        return index;
    }

    private void Down(int index)
    {
        SessionSlot moving = _heap[index];
        for (int child; (child = 2 * index + 1) < _heap.Count; index = child)
        {
            if (child + 1 < _heap.Count && _heap[child + 1].Deadline < _heap[child].Deadline)
            {
                child++;
            }

            if (moving.Deadline <= _heap[child].Deadline)
            {
                break;
            }

            Place(_heap[child], index);
        }

        Place(moving, index);
    }

    private void Place(SessionSlot slot, int index)
    {
        _heap[index] = slot;
        slot.HeapIndex = index;
    }
}
