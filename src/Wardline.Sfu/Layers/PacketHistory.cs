using System.Buffers;
using Wardline.Rtc;

namespace Wardline.Sfu.Layers;

/// <summary>
/// The last packets of one video layer, for whoever needs them again: retransmission, pacing, replay after a switch.
/// A ring of bytes and a ring of entries, both of fixed size; new packets overwrite the oldest.
/// </summary>
/// <remarks>
/// <code>
/// bytes    │ … 9007 │ 9008 │ 9009 │····free till overwritten····│ 9003 │ 9004 │ 9005 │ 9006 …
///                                  ▲ head (counts up for ever; position = head mod capacity)
/// </code>
/// An entry is alive while it starts no more than one capacity behind the head. The bytes are blocks from the process's
/// pool, and no packet lies across two: whole rings would be large objects, which only a collection of everything frees,
/// and people come and go all day.
/// </remarks>
internal sealed class PacketHistory : IDisposable
{
    public const int Entries = 512;
    public const int BlockBytes = 32 * 1024;

    private readonly long _capacity;
    private byte[][] _blocks;
    private Entry[] _entries;
    private long _head;

    /// <param name="capacityBytes">Rounded up to whole blocks.</param>
    public PacketHistory(int capacityBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacityBytes, PacketTrains.SlotBytes);
        _blocks = new byte[(capacityBytes + BlockBytes - 1) / BlockBytes][];
        for (int i = 0; i < _blocks.Length; i++)
        {
            _blocks[i] = ArrayPool<byte>.Shared.Rent(BlockBytes);
        }

        _capacity = (long)_blocks.Length * BlockBytes;

        // The pool gives uninitialized memory when it has none left: what lies in it would pass for packets.
        _entries = ArrayPool<Entry>.Shared.Rent(Entries);
        _entries.AsSpan().Clear();
    }

    private record struct Entry(PacketInfo Info, long Start, int Length);

    /// <param name="packet">
    /// At most <see cref="PacketTrains.SlotBytes"/> bytes; a longer one, or one older than the entries reach, is not kept.
    /// </param>
    public void Add(in PacketInfo info, ReadOnlySpan<byte> packet)
    {
        if (_entries.Length == 0 || packet.Length > PacketTrains.SlotBytes)
        {
            return;
        }

        ref Entry entry = ref _entries[info.Sequence % Entries];
        if (entry.Length > 0 && entry.Info.Sequence > info.Sequence)
        {
            return;
        }

        int left = BlockBytes - (int)(_head % BlockBytes);
        if (packet.Length > left)
        {
            _head += left;
        }

        packet.CopyTo(At(_head));
        entry = new Entry(info, _head, packet.Length);
        _head += packet.Length;
    }

    /// <param name="packet">Lies in the ring: to be used before the next <see cref="Add"/>.</param>
    public bool TryGet(long sequence, out PacketInfo info, out ReadOnlySpan<byte> packet)
    {
        if (_entries.Length > 0)
        {
            ref readonly Entry entry = ref _entries[(sequence & long.MaxValue) % Entries];
            if (entry.Length > 0 && entry.Info.Sequence == sequence && _head - entry.Start <= _capacity)
            {
                info = entry.Info;
                packet = At(entry.Start)[..entry.Length];
                return true;
            }
        }

        info = default;
        packet = default;
        return false;
    }

    /// <summary>Gives the bytes back, empty: what one visit leaves behind is not handed to another. Nothing is found any more.</summary>
    public void Dispose()
    {
        foreach (byte[] block in _blocks)
        {
            ArrayPool<byte>.Shared.Return(block, clearArray: true);
        }

        if (_entries.Length > 0)
        {
            ArrayPool<Entry>.Shared.Return(_entries);
        }

        _blocks = [];
        _entries = [];
    }

    private Span<byte> At(long place) => _blocks[place / BlockBytes % _blocks.Length].AsSpan((int)(place % BlockBytes));
}
