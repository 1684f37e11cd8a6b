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
/// An entry is alive while it starts no more than one capacity behind the head.
/// </remarks>
internal sealed class PacketHistory
{
    public const int Entries = 512;

    private readonly byte[] _bytes;
    private readonly Entry[] _entries = new Entry[Entries];
    private long _head;

    public PacketHistory(int capacityBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacityBytes, PacketTrains.SlotBytes);
        _bytes = new byte[capacityBytes];
    }

    private record struct Entry(PacketInfo Info, long Start, int Length);

    /// <param name="packet">
    /// At most <see cref="PacketTrains.SlotBytes"/> bytes; a longer one, or one older than the entries reach, is not kept.
    /// </param>
    public void Add(in PacketInfo info, ReadOnlySpan<byte> packet)
    {
        ref Entry entry = ref _entries[info.Sequence % Entries];
        if (packet.Length > PacketTrains.SlotBytes || (entry.Length > 0 && entry.Info.Sequence > info.Sequence))
        {
            return;
        }

        int position = (int)(_head % _bytes.Length);
        if (position + packet.Length > _bytes.Length)
        {
            _head += _bytes.Length - position;
            position = 0;
        }

        packet.CopyTo(_bytes.AsSpan(position));
        entry = new Entry(info, _head, packet.Length);
        _head += packet.Length;
    }

    /// <param name="packet">Lies in the ring: to be used before the next <see cref="Add"/>.</param>
    public bool TryGet(long sequence, out PacketInfo info, out ReadOnlySpan<byte> packet)
    {
        ref readonly Entry entry = ref _entries[(sequence & long.MaxValue) % Entries];
        if (entry.Length == 0 || entry.Info.Sequence != sequence || _head - entry.Start > _bytes.Length)
        {
            info = default;
            packet = default;
            return false;
        }

        info = entry.Info;
        packet = _bytes.AsSpan((int)(entry.Start % _bytes.Length), entry.Length);
        return true;
    }
}
