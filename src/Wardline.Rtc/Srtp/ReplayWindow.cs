using System.Runtime.CompilerServices;

namespace Wardline.Rtc.Srtp;

/// <summary>
/// Which of the last <see cref="Size"/> packet indices of one stream have been seen (RFC 3711 §3.3.2), and the
/// highest of them, from which a 16-bit sequence number is completed to a 48-bit index.
/// </summary>
/// <remarks>
/// A ring of bits: index i stands at bit i mod <see cref="Size"/>, so moving forward clears what it passes and shifts
/// nothing. 1024 and not RFC 3711's least of 64: a keyframe of a shared screen is several hundred packets at once,
/// and a path that changes in the middle of it delivers them late, not lost.
/// </remarks>
internal struct ReplayWindow
{
    internal const int Size = 1024;

    private Bits _seen;
    private ulong _highest;
    private bool _any;

    [InlineArray(Size / 64)]
    private struct Bits
    {
        private ulong _word;
    }

    internal readonly bool IsEmpty => !_any;

    internal readonly ulong Highest => _highest;

    /// <summary>
    /// RFC 3711 §3.3.1: the index with this sequence number that lies nearest to the highest one. False when that is
    /// before the stream's beginning. A stream begins with rollover counter 0; senders start in the lower half of the
    /// sequence numbers, so that losing the first packets cannot cost a rollover (RFC 3711 §3.3.1).
    /// </summary>
    internal readonly bool TryComplete(ushort sequence, out ulong index)
    {
        if (!_any)
        {
            index = sequence;
            return true;
        }

        ushort last = (ushort)_highest;
        int distance = (short)(sequence - last);
        if (distance == short.MinValue && last < 1 << 15)
        {
            // Equally far both ways: RFC 3711 appendix A stays in the rollover of the highest one, and so do senders.
            distance = 1 << 15;
        }

        long guess = (long)_highest + distance;
        index = (ulong)guess;
        return guess >= 0;
    }

    internal readonly SrtpDrop Check(ulong index)
    {
        if (!_any || index > _highest)
        {
            return SrtpDrop.None;
        }

        if (_highest - index >= Size)
        {
            return SrtpDrop.TooOld;
        }

        return (_seen[(int)(index % Size) / 64] >> (int)(index % 64) & 1) != 0 ? SrtpDrop.Replayed : SrtpDrop.None;
    }

    /// <summary>To be called only for a packet that <see cref="Check"/> let pass and that has proved to be genuine.</summary>
    internal void Accept(ulong index)
    {
        if (!_any || index > _highest)
        {
            if (!_any || index - _highest >= Size)
            {
                ((Span<ulong>)_seen).Clear();
            }
            else
            {
                for (ulong passed = _highest + 1; passed < index; passed++)
                {
                    _seen[(int)(passed % Size) / 64] &= ~(1UL << (int)(passed % 64));
                }
            }

            _highest = index;
            _any = true;
        }

        _seen[(int)(index % Size) / 64] |= 1UL << (int)(index % 64);
    }
}
