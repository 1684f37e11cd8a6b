using System.Buffers.Binary;

namespace Wardline.Rtc.Ice;

/// <summary>Whether a check with right integrity is one, or a copy of one.</summary>
internal enum TransactionKind : byte
{
    New,

    /// <summary>The same again from the same address, soon: RFC 8489 §6.2.1 repeats a request whose answer is late.</summary>
    Retransmission,

    /// <summary>Seen before, and no retransmission: somebody has recorded it.</summary>
    Replay,
}

/// <summary>
/// The transaction ids of one ICE session whose integrity was right. A check carries no time and no address of its
/// own, so to whoever reads the wire a recorded one is as good as the password, unless it counts only once.
/// </summary>
/// <remarks>
/// 64 bits of each id in two plain hash sets: the younger fills up, then it becomes the elder and what the elder held
/// is forgotten. So the last <see cref="Remembered"/> ids are always known, for 8 bytes at a load of one half: from
/// 512 bytes at the beginning to 256 KiB after <see cref="Remembered"/> checks and never more. A browser that
/// checks four pairs every 2.5 s needs an hour and a half for that many. Only who knows the password gets an id in.
/// </remarks>
internal sealed class SeenTransactions
{
    /// <summary>How many of the latest ids are surely known; at most twice as many are.</summary>
    public const int Remembered = 8192;

    private const int FirstSlots = 64;

    // What may still be repeated: at 50 ms between checks (RFC 8445 §14.2) the last three seconds.
    private const int Recent = 64;

    private readonly (ulong Id, TransportAddress From)[] _recent = new (ulong, TransportAddress)[Recent];
    private ulong[] _young = new ulong[FirstSlots];
    private ulong[] _old = [];
    private int _youngCount;
    private int _nextRecent;

    /// <summary>Remembers the id and says what it is. Allocates when the set grows, a dozen times in its life.</summary>
    /// <param name="transactionId">12 bytes, of a request whose MESSAGE-INTEGRITY is right.</param>
    public TransactionKind Note(ReadOnlySpan<byte> transactionId, in TransportAddress from)
    {
        ulong id = Compact(transactionId);
        if (!Contains(_young, id) && !Contains(_old, id))
        {
            Add(id);
            _recent[_nextRecent] = (id, from);
            _nextRecent = (_nextRecent + 1) % Recent;
            return TransactionKind.New;
        }

        foreach (ref readonly (ulong Id, TransportAddress From) entry in _recent.AsSpan())
        {
            if (entry.Id == id)
            {
                return entry.From == from ? TransactionKind.Retransmission : TransactionKind.Replay;
            }
        }

        return TransactionKind.Replay;
    }

    // All 96 bits have a say, since nobody promises in which of them a peer's generator puts its randomness. 0 marks a free slot.
    private static ulong Compact(ReadOnlySpan<byte> id)
    {
        ulong mixed = BinaryPrimitives.ReadUInt64BigEndian(id) ^ BinaryPrimitives.ReadUInt32BigEndian(id[8..]) * 0x9E3779B97F4A7C15UL;
        return mixed == 0 ? 1 : mixed;
    }

    private static bool Contains(ulong[] set, ulong id) => set.Length > 0 && set[Locate(set, id)] == id;

    private void Add(ulong id)
    {
        if (_youngCount == Remembered)
        {
            ulong[] forgotten = _old.Length == _young.Length ? _old : new ulong[_young.Length];
            _old = _young;
            Array.Clear(forgotten);
            _young = forgotten;
            _youngCount = 0;
        }
        else if ((_youngCount + 1) * 2 > _young.Length)
        {
            ulong[] larger = new ulong[_young.Length * 2];
            foreach (ulong known in _young)
            {
                if (known != 0)
                {
                    larger[Locate(larger, known)] = known;
                }
            }

            _young = larger;
        }

        _young[Locate(_young, id)] = id;
        _youngCount++;
    }

    /// <summary>Where the id stands, or the free slot where it belongs.</summary>
    private static int Locate(ulong[] set, ulong id)
    {
        int mask = set.Length - 1;
        int at = (int)(id * 0xD6E8FEB86659FD93UL >> 32) & mask;
        while (set[at] != 0 && set[at] != id)
        {
            at = at + 1 & mask;
        }

        return at;
    }
}
