using Wardline.Rtc;

namespace Wardline.Sfu.Layers;

/// <summary>
/// What is missing from one received video layer and when to ask for it: after a moment for reordering, then once a
/// round trip, a bounded number of times. Fixed size, made with the first loss; a burst beyond it is hopeless and wants a key frame instead.
/// </summary>
internal sealed class LossDetector
{
    public const int Capacity = 256;
    public const int MaxTries = 10;
    public static readonly TimeSpan ReorderTolerance = TimeSpan.FromMilliseconds(10);
    public static readonly TimeSpan MinRepeat = TimeSpan.FromMilliseconds(40);
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(1);

    // Sequences rise in the array, because only newer packets add to its end.
    private Missing[] _missing = [];

    public int Count { get; private set; }

    /// <summary>Packets given up: they did not come within <see cref="GiveUpAfter"/> or <see cref="MaxTries"/>.</summary>
    public long Lost { get; private set; }

    public Instant NextAt { get; private set; } = Instant.Never;

    private record struct Missing(long Sequence, Instant Since, Instant NextAsk, int Tries);

    /// <summary>The newest packet has come; all between it and the newest before are missing.</summary>
    /// <returns>False when there are too many to repair.</returns>
    public bool OnNewest(long sequence, long highestBefore, Instant now)
    {
        long gap = sequence - highestBefore - 1;
        if (gap <= 0)
        {
            return true;
        }

        if (gap + Count > Capacity)
        {
            Lost += gap + Count;
            Clear();
            return false;
        }

        if (_missing.Length == 0)
        {
            _missing = new Missing[Capacity];
        }

        for (long missing = highestBefore + 1; missing < sequence; missing++)
        {
            _missing[Count++] = new Missing(missing, now, now + ReorderTolerance, 0);
        }

        NextAt = Instant.Min(NextAt, now + ReorderTolerance);
        return true;
    }

    public void OnLate(long sequence)
    {
        int index = Find(sequence);
        if (index < 0)
        {
            return;
        }

        Count--;
        Array.Copy(_missing, index + 1, _missing, index, Count - index);
        if (Count == 0)
        {
            NextAt = Instant.Never;
        }
    }

    /// <summary>A key frame starts at <paramref name="sequence"/>: nothing before it is needed any more.</summary>
    public void ForgetBefore(long sequence)
    {
        if (Count == 0)
        {
            return;
        }

        int kept = 0;
        for (int i = 0; i < Count; i++)
        {
            if (_missing[i].Sequence >= sequence)
            {
                _missing[kept++] = _missing[i];
            }
        }

        Count = kept;
        Reckon();
    }

    public void Clear()
    {
        Count = 0;
        NextAt = Instant.Never;
    }

    /// <summary>Takes what is to be asked for now, oldest first.</summary>
    /// <param name="due">Room for the sequence numbers; what does not fit stays due.</param>
    /// <param name="hopeless">Something was given up: only a key frame helps.</param>
    public int TakeDue(Instant now, TimeSpan roundTrip, Span<SequenceNumber> due, out bool hopeless)
    {
        hopeless = false;
        if (now < NextAt)
        {
            return 0;
        }

        TimeSpan repeat = roundTrip > MinRepeat ? roundTrip : MinRepeat;
        int taken = 0;
        int kept = 0;
        for (int i = 0; i < Count; i++)
        {
            Missing missing = _missing[i];
            if (missing.NextAsk <= now && (missing.Tries == MaxTries || now - missing.Since >= GiveUpAfter))
            {
                Lost++;
                hopeless = true;
                continue;
            }

            if (missing.NextAsk <= now && taken < due.Length)
            {
                due[taken++] = new SequenceNumber((ushort)missing.Sequence);
                missing = missing with { NextAsk = now + repeat, Tries = missing.Tries + 1 };
            }

            _missing[kept++] = missing;
        }

        Count = kept;
        Reckon();
        return taken;
    }

    private void Reckon()
    {
        NextAt = Instant.Never;
        for (int i = 0; i < Count; i++)
        {
            NextAt = Instant.Min(NextAt, _missing[i].NextAsk);
        }
    }

    private int Find(long sequence)
    {
        int low = 0;
        int high = Count - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            long at = _missing[middle].Sequence;
            if (at == sequence)
            {
                return middle;
            }

            if (at < sequence)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return -1;
    }
}
