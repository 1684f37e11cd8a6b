using System.Runtime.InteropServices;

namespace Wardline.Rtc;

/// <summary>
/// What the core wants sent: packets, gathered into one train for each receiver however they were written, so that a
/// train can leave by one segmentation-offload send. One arena of fixed slots at a stable address, made once;
/// when it is full a reservation fails (and the caller counts the drop) instead of growing.
/// </summary>
/// <remarks>
/// Use: <see cref="TryReserve"/>, write, <see cref="Commit"/>; the shell sends all trains, then <see cref="Clear"/>.
/// <code>
/// written      A1 B1 A2 B2 A3        a packet of one publisher goes to A and to B, and so does the next
/// trains       A: A1 A2 A3   B: B1 B2
/// </code>
/// The order of packets to one receiver is the order in which they were committed; between receivers there is none.
/// </remarks>
public sealed unsafe class PacketTrains : IDisposable
{
    /// <summary>Bytes per slot: an Ethernet MTU's worth, so no packet that we make is ever cut.</summary>
    public const int SlotBytes = 1500;

    private readonly int[] _lengths;
    private readonly int[] _trainOf;
    private readonly Packet[] _arranged;
    private readonly Train[] _trains;
    private readonly TrainTable _table;
    private byte* _arena;
    private TransportAddress _reservedTo;
    private int _lastTrain = -1;
    private int _packetCount;
    private int _arrangedCount;
    private bool _reserved;

    public PacketTrains(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _lengths = new int[capacity];
        _trainOf = new int[capacity];
        _arranged = new Packet[capacity];
        _trains = new Train[capacity];
        _table = new TrainTable(capacity);
        _arena = (byte*)NativeMemory.AlignedAlloc((nuint)capacity * SlotBytes, 64);
    }

    public readonly record struct Packet(int Offset, int Length);

    /// <summary>Packets <c>First … First + Count - 1</c> of <see cref="Packets"/> go to <c>To</c>, in this order.</summary>
    public readonly record struct Train(TransportAddress To, int First, int Count);

    public int Capacity => _lengths.Length;

    public int PacketCount => _packetCount;

    public int TrainCount { get; private set; }

    public int Free => _lengths.Length - _packetCount;

    /// <summary>One for each receiver, in the order in which they got their first packet.</summary>
    public ReadOnlySpan<Train> Trains
    {
        get
        {
            Arrange();
            return _trains.AsSpan(0, TrainCount);
        }
    }

    /// <summary>All packets, train after train.</summary>
    public ReadOnlySpan<Packet> Packets
    {
        get
        {
            Arrange();
            return _arranged.AsSpan(0, _packetCount);
        }
    }

    /// <summary>The arena's address, for scatter lists; valid until disposal.</summary>
    public byte* Arena => _arena;

    public ReadOnlySpan<byte> Bytes(in Packet packet) => new(_arena + packet.Offset, packet.Length);

    /// <summary>Where the packet goes that was committed last; the default address when there is none.</summary>
    public TransportAddress LastTo => _packetCount == 0 ? default : _trains[_trainOf[_packetCount - 1]].To;

    /// <summary>The bytes of the packet that was committed last.</summary>
    public ReadOnlySpan<byte> LastBytes =>
        _packetCount == 0 ? default : new ReadOnlySpan<byte>(_arena + (_packetCount - 1) * SlotBytes, _lengths[_packetCount - 1]);

    /// <summary>A slot of <see cref="SlotBytes"/> bytes to write one packet for <paramref name="to"/> into; false when full.</summary>
    public bool TryReserve(scoped in TransportAddress to, out Span<byte> slot)
    {
        if (_packetCount == _lengths.Length)
        {
            slot = default;
            return false;
        }

        _reservedTo = to;
        _reserved = true;
        slot = new Span<byte>(_arena + _packetCount * SlotBytes, SlotBytes);
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
        if (_lastTrain < 0 || _trains[_lastTrain].To != _reservedTo)
        {
            _lastTrain = _table.FindOrAdd(_trains, TrainCount, _reservedTo);
            if (_lastTrain == TrainCount)
            {
                _trains[TrainCount++] = new Train(_reservedTo, 0, 0);
            }
        }

        Train train = _trains[_lastTrain];
        _trains[_lastTrain] = train with { Count = train.Count + 1 };
        _lengths[_packetCount] = length;
        _trainOf[_packetCount] = _lastTrain;
        _packetCount++;
    }

    public void Clear()
    {
        _packetCount = 0;
        _arrangedCount = 0;
        TrainCount = 0;
        _lastTrain = -1;
        _reserved = false;
        _table.Clear();
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_arena);
        _arena = null;
    }

    /// <summary>Puts the packets of each train beside each other: one pass to share out the places, one to fill them.</summary>
    private void Arrange()
    {
        if (_arrangedCount == _packetCount)
        {
            return;
        }

        int first = 0;
        for (int i = 0; i < TrainCount; i++)
        {
            int count = _trains[i].Count;
            _trains[i] = _trains[i] with { First = first, Count = 0 };
            first += count;
        }

        for (int i = 0; i < _packetCount; i++)
        {
            ref Train train = ref _trains[_trainOf[i]];
            _arranged[train.First + train.Count] = new Packet(i * SlotBytes, _lengths[i]);
            train = train with { Count = train.Count + 1 };
        }

        _arrangedCount = _packetCount;
    }
}
