using Wardline.Rtc;

namespace Wardline.Sfu.Layers;

internal enum Arrival
{
    /// <summary>The newest so far.</summary>
    Newest,

    /// <summary>Older than the newest, not seen before: reordered or repaired.</summary>
    Late,

    Duplicate,

    /// <summary>Behind the window, or a first packet far away: dropped.</summary>
    Outside,

    /// <summary>The sender has begun a new sequence; the packet is the newest of it.</summary>
    Restarted,
}

/// <summary>
/// Extends sequence numbers to 64 bits and knows which of the last 1,024 have come. A jump that stays is a restart.
/// </summary>
internal sealed class ReceiveWindow
{
    /// <summary>Packets behind the newest that are still told apart from duplicates.</summary>
    public const int Size = 1024;

    /// <summary>RFC 3550 appendix A.1, MAX_DROPOUT: a larger step forward is not believed at once.</summary>
    public const int MaxDropout = 3000;

    private readonly ulong[] _seen = new ulong[Size / 64];
    private int _expectedAfterJump = -1;

    public bool Started { get; private set; }

    public long Highest { get; private set; }

    public Arrival Accept(SequenceNumber sequence, out long extended)
    {
        if (!Started)
        {
            Started = true;
            extended = Begin(0x10000 + sequence.Value);
            return Arrival.Newest;
        }

        int distance = sequence.DistanceFrom(new SequenceNumber((ushort)Highest));
        extended = Highest + distance;
        if (distance is > MaxDropout or <= -Size)
        {
            // RFC 3550 appendix A.1: two packets in sequence at the new place mean that the sender started again.
            if (sequence.Value != _expectedAfterJump)
            {
                _expectedAfterJump = (ushort)(sequence.Value + 1);
                return Arrival.Outside;
            }

            extended = Begin((((Highest >> 16) + 2) << 16) + sequence.Value);
            return Arrival.Restarted;
        }

        if (distance > 0)
        {
            for (long between = Highest + 1; between < extended; between++)
            {
                Set(between, false);
            }

            Highest = extended;
            Set(extended, true);
            _expectedAfterJump = -1;
            return Arrival.Newest;
        }

        if (Has(extended))
        {
            return Arrival.Duplicate;
        }

        Set(extended, true);
        return Arrival.Late;
    }

    private long Begin(long extended)
    {
        Array.Clear(_seen);
        Highest = extended;
        _expectedAfterJump = -1;
        Set(extended, true);
        return extended;
    }

    private bool Has(long extended) => ((_seen[extended % Size / 64] >> (int)(extended % 64)) & 1) != 0;

    private void Set(long extended, bool value)
    {
        ref ulong word = ref _seen[extended % Size / 64];
        ulong bit = 1UL << (int)(extended % 64);
        word = value ? word | bit : word & ~bit;
    }
}
