using System.Runtime.InteropServices;

namespace Wardline.Rtc;

/// <summary>
/// What the core wants sent: packets, gathered into trains of consecutive packets to one receiver, so that a
/// train can leave by one segmentation-offload send. One arena of fixed slots at a stable address, made once;
/// when it is full a reservation fails (and the caller counts the drop) instead of growing.
/// </summary>
/// <remarks>Use: <see cref="TryReserve"/>, write, <see cref="Commit"/>; the shell sends all trains, then <see cref="Clear"/>.</remarks>
public sealed unsafe class PacketTrains : IDisposable
{
    /// <summary>Bytes per slot: an Ethernet MTU's worth, so no packet that we make is ever cut.</summary>
    public const int SlotBytes = 1500;

    private readonly Packet[] _packets;
    private readonly Train[] _trains;
    private byte* _arena;
    private TransportAddress _reservedTo;
    private bool _reserved;

    public PacketTrains(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _packets = new Packet[capacity];
        _trains = new Train[capacity];
        _arena = (byte*)NativeMemory.AlignedAlloc((nuint)capacity * SlotBytes, 64);
    }

    public readonly record struct Packet(int Offset, int Length);

    /// <summary>Packets <c>First … First + Count - 1</c> go to <c>To</c>, in this order.</summary>
    public readonly record struct Train(TransportAddress To, int First, int Count);

    public int Capacity => _packets.Length;

    public int PacketCount { get; private set; }

    public int TrainCount { get; private set; }

    public int Free => _packets.Length - PacketCount;

    public ReadOnlySpan<Train> Trains => _trains.AsSpan(0, TrainCount);

    public ReadOnlySpan<Packet> Packets => _packets.AsSpan(0, PacketCount);

    /// <summary>The arena's address, for scatter lists; valid until disposal.</summary>
    public byte* Arena => _arena;

    public ReadOnlySpan<byte> Bytes(in Packet packet) => new(_arena + packet.Offset, packet.Length);

    /// <summary>A slot of <see cref="SlotBytes"/> bytes to write one packet for <paramref name="to"/> into; false when full.</summary>
    public bool TryReserve(scoped in TransportAddress to, out Span<byte> slot)
    {
        if (PacketCount == _packets.Length)
        {
            slot = default;
            return false;
        }

        _reservedTo = to;
        _reserved = true;
        slot = new Span<byte>(_arena + PacketCount * SlotBytes, SlotBytes);
        return true;
    }

    /// <summary>The reserved slot now holds a packet of <paramref name="length"/> bytes.</summary>
    public void Commit(int length)
    {
        if (!_reserved)
        {
            throw new InvalidOperationException("Commit without a reservation.");
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, SlotBytes);
        _reserved = false;
        _packets[PacketCount] = new Packet(PacketCount * SlotBytes, length);
        if (TrainCount > 0 && _trains[TrainCount - 1].To == _reservedTo)
        {
            Train last = _trains[TrainCount - 1];
            _trains[TrainCount - 1] = last with { Count = last.Count + 1 };
        }
        else
        {
            _trains[TrainCount++] = new Train(_reservedTo, PacketCount, 1);
        }

        PacketCount++;
    }

    public void Clear()
    {
        PacketCount = 0;
        TrainCount = 0;
        _reserved = false;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_arena);
        _arena = null;
    }
}
