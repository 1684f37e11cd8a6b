using System.Buffers.Binary;
using Wardline.Rtc;

namespace Wardline.Media.Taps;

/// <summary>
/// Writes every RTP and RTCP packet as the SFU sees it after decryption into a capture file, to prove that frames are
/// still sealed there. For tests only: it is no option of a configuration, has to be passed in by code, and is logged
/// as critical. Blocks the worker while it writes.
/// </summary>
/// <remarks>
/// The file is a pcap of LINKTYPE_RAW (101): each packet behind an IPv4 and a UDP header of our making, source the peer,
/// so that tshark and Wireshark read it. An RTX packet stands as the SFU leaves it, unwrapped.
/// </remarks>
public sealed class PacketTap : IDisposable
{
    private const int IPv4Header = 20;
    private const int UdpHeader = 8;
    private const int LinkTypeRaw = 101;

    // What AEAD adds (RFC 7714 §5, §9): a tag to RTP, a tag and the index to RTCP.
    private const int RtpOverhead = 16;
    private const int RtcpOverhead = 20;

    private readonly Lock _lock = new();
    private readonly FileStream _file;
    private bool _disposed;

    public PacketTap(string path)
    {
        Path = path;
        _file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read);
        Span<byte> header = stackalloc byte[24];
        BinaryPrimitives.WriteUInt32LittleEndian(header, 0xA1B2C3D4);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], 4);
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], 65535);
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], LinkTypeRaw);
        _file.Write(header);
    }

    public string Path { get; }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _file.Dispose();
        }
    }

    /// <param name="datagram">what the session has just handled; decrypted where it lies.</param>
    internal void Packet(ReadOnlySpan<byte> datagram, in TransportAddress from, Instant now)
    {
        // RFC 7983 §7: 128 … 191 is SRTP and SRTCP; RFC 5761 §4: of these, a second byte of 192 … 223 is RTCP.
        if (datagram.Length < 12 + RtcpOverhead || datagram[0] is < 128 or > 191)
        {
            return;
        }

        ReadOnlySpan<byte> plain = datagram[..^(datagram[1] is >= 192 and <= 223 ? RtcpOverhead : RtpOverhead)];
        Span<byte> head = stackalloc byte[16 + IPv4Header + UdpHeader];
        head.Clear();
        int length = IPv4Header + UdpHeader + plain.Length;
        BinaryPrimitives.WriteUInt32LittleEndian(head, (uint)(now.Microseconds / 1_000_000));
        BinaryPrimitives.WriteUInt32LittleEndian(head[4..], (uint)(now.Microseconds % 1_000_000));
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], (uint)length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[12..], (uint)length);

        Span<byte> ip = head[16..];
        ip[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)length);
        ip[8] = 64;
        ip[9] = 17;
        Span<byte> address = stackalloc byte[16];
        int addressBytes = from.WriteAddress(address);
        address.Slice(addressBytes - 4, 4).CopyTo(ip[12..]);
        ip[16] = 127;
        ip[19] = 1;
        BinaryPrimitives.WriteUInt16BigEndian(ip[20..], from.Port);
        BinaryPrimitives.WriteUInt16BigEndian(ip[22..], 1);
        BinaryPrimitives.WriteUInt16BigEndian(ip[24..], (ushort)(UdpHeader + plain.Length));

        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            try
            {
                _file.Write(head);
                _file.Write(plain);
                _file.Flush();
            }
            catch (IOException)
            {
                // A full disk ends the tap, not the call.
                _disposed = true;
                _file.Dispose();
            }
        }
    }
}
