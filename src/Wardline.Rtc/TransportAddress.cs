using System.Buffers.Binary;
using System.Net;

namespace Wardline.Rtc;

public enum TransportProtocol : byte
{
    Udp = 0,
    Tcp = 1,
}

/// <summary>
/// The remote end of one path: IP address (IPv4 as ::ffff:a.b.c.d), port, and for ICE-TCP the number of the
/// accepted connection, so that a closed connection's successor from the same port is another address.
/// A plain value of 24 bytes: it is the key of the per-packet look-up and must neither allocate nor box.
/// </summary>
public readonly struct TransportAddress : IEquatable<TransportAddress>
{
    private readonly ulong _high;
    private readonly ulong _low;
    private readonly uint _connection;
    private readonly ushort _port;
    private readonly TransportProtocol _protocol;

    private TransportAddress(ulong high, ulong low, ushort port, TransportProtocol protocol, uint connection)
    {
        _high = high;
        _low = low;
        _port = port;
        _protocol = protocol;
        _connection = connection;
    }

    public ushort Port => _port;

    public TransportProtocol Protocol => _protocol;

    /// <summary>The accepted TCP connection's number; 0 for UDP.</summary>
    public uint Connection => _connection;

    public bool IsIPv4 => _high == 0 && _low >> 32 == 0xFFFF;

    /// <param name="address">4 bytes (IPv4) or 16 bytes (IPv6), network order.</param>
    /// <param name="port">host order.</param>
    public static TransportAddress Udp(ReadOnlySpan<byte> address, ushort port) =>
        Create(address, port, TransportProtocol.Udp, 0);

    public static TransportAddress Tcp(ReadOnlySpan<byte> address, ushort port, uint connection) =>
        Create(address, port, TransportProtocol.Tcp, connection);

    public static TransportAddress From(IPEndPoint endpoint, TransportProtocol protocol = TransportProtocol.Udp, uint connection = 0)
    {
        Span<byte> bytes = stackalloc byte[16];
        endpoint.Address.TryWriteBytes(bytes, out int written);
        return Create(bytes[..written], (ushort)endpoint.Port, protocol, connection);
    }

    private static TransportAddress Create(ReadOnlySpan<byte> address, ushort port, TransportProtocol protocol, uint connection) =>
        address.Length == 4
            ? new(0, 0xFFFF_0000_0000UL | BinaryPrimitives.ReadUInt32BigEndian(address), port, protocol, connection)
            : new(BinaryPrimitives.ReadUInt64BigEndian(address), BinaryPrimitives.ReadUInt64BigEndian(address[8..]), port, protocol, connection);

    /// <summary>Writes the address as 4 (IPv4) or 16 (IPv6) bytes in network order and returns how many.</summary>
    public int WriteAddress(Span<byte> destination)
    {
        if (IsIPv4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)_low);
            return 4;
        }

        BinaryPrimitives.WriteUInt64BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _low);
        return 16;
    }

    /// <summary>Whatever the port and the transport.</summary>
    public bool IsSameHost(in TransportAddress other) => _high == other._high && _low == other._low;

    public bool Equals(TransportAddress other) =>
        _low == other._low && _high == other._high && _port == other._port &&
        _connection == other._connection && _protocol == other._protocol;

    public override bool Equals(object? obj) => obj is TransportAddress other && Equals(other);

    /// <summary>A cheap hash for tables that live for one batch: one multiplication, its high half.</summary>
    internal uint Spread => (uint)(((_low ^ _high ^ ((ulong)_port << 32) ^ ((ulong)_connection << 20)) * 0x9E37_79B9_7F4A_7C15UL) >> 32);

    // A peer chooses its own address, so the mix is keyed by nothing secret: tables that a stranger can
    // fill are bounded by count instead (see Wardline.Media).
    public override int GetHashCode() => HashCode.Combine(_high, _low, _port, _connection);

    public static bool operator ==(TransportAddress left, TransportAddress right) => left.Equals(right);

    public static bool operator !=(TransportAddress left, TransportAddress right) => !left.Equals(right);

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[16];
        int length = WriteAddress(bytes);
        return $"{(_protocol == TransportProtocol.Udp ? "udp" : "tcp")}:{new IPEndPoint(new IPAddress(bytes[..length]), _port)}";
    }
}
