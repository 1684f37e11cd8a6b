using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using Wardline.Rtc;

namespace Wardline.Sockets;

/// <summary>The kernel's sockaddr_in and sockaddr_in6 to and from <see cref="TransportAddress"/>, without allocation.</summary>
/// <remarks>
/// <code>
/// sockaddr_in   family(2, host order) port(2, network order) address(4) zero(8)                    16 bytes
/// sockaddr_in6  family(2, host order) port(2, network order) flow(4) address(16) scope(4)          28 bytes
/// </code>
/// </remarks>
internal static class SocketAddressCodec
{
    public const int IPv4Bytes = 16;
    public const int IPv6Bytes = 28;

    /// <returns>False when the kernel names a family that this socket cannot have.</returns>
    public static bool TryRead(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> address, out ushort port)
    {
        int family = name.Length >= 2 ? MemoryMarshal.Read<ushort>(name) : 0;
        if (family == Libc.AfInet && name.Length >= 8)
        {
            port = BinaryPrimitives.ReadUInt16BigEndian(name[2..]);
            address = name.Slice(4, 4);
            return true;
        }

        if (family == Libc.AfInet6 && name.Length >= 24)
        {
            port = BinaryPrimitives.ReadUInt16BigEndian(name[2..]);
            address = name.Slice(8, 16);
            return true;
        }

        port = 0;
        address = default;
        return false;
    }

    /// <summary>Writes <paramref name="to"/> for a socket of <paramref name="family"/> and returns the length; 0 when that family cannot reach it.</summary>
    public static int Write(in TransportAddress to, int family, Span<byte> name)
    {
        if (family == Libc.AfInet6)
        {
            Span<byte> address = name.Slice(8, 16);
            if (to.IsIPv4)
            {
                // RFC 4291 §2.5.5.2: a dual-stack socket speaks to IPv4 through ::ffff:a.b.c.d.
                address[..10].Clear();
                address[10] = address[11] = 0xFF;
                to.WriteAddress(address[12..]);
            }
            else
            {
                to.WriteAddress(address);
            }

            ushort family6 = Libc.AfInet6;
            MemoryMarshal.Write(name, in family6);
            BinaryPrimitives.WriteUInt16BigEndian(name[2..], to.Port);
            name.Slice(4, 4).Clear();
            name.Slice(24, 4).Clear();
            return IPv6Bytes;
        }

        if (!to.IsIPv4)
        {
            return 0;
        }

        ushort family4 = Libc.AfInet;
        MemoryMarshal.Write(name, in family4);
        BinaryPrimitives.WriteUInt16BigEndian(name[2..], to.Port);
        to.WriteAddress(name.Slice(4, 4));
        name.Slice(8, 8).Clear();
        return IPv4Bytes;
    }

    public static int FamilyOf(IPAddress address) =>
        address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? Libc.AfInet6 : Libc.AfInet;
}
