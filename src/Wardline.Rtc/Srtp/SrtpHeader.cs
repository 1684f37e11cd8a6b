using System.Buffers.Binary;

namespace Wardline.Rtc.Srtp;

/// <summary>As much of RTP and RTCP headers as protection needs: where the payload begins, and whose it is.</summary>
/// <remarks>
/// RFC 3550 §5.1:
/// <code>
///  0                   1                   2                   3
/// |V=2|P|X|  CC   |M|     PT      |       sequence number         |
/// |                           timestamp                           |
/// |                             SSRC                              |
/// |                        CSRC (CC times)                        |
/// |    defined by profile         |     extension length (words)  |  if X
/// |                       extension …                             |
/// </code>
/// RFC 3550 §6.4.1:
/// <code>
/// |V=2|P|   RC    |       PT      |             length            |
/// |                         SSRC of sender                        |
/// </code>
/// </remarks>
internal static class SrtpHeader
{
    internal const int RtpFixed = 12;
    internal const int RtcpFixed = 8;

    internal static bool TryReadRtp(ReadOnlySpan<byte> packet, out int headerLength, out uint ssrc, out ushort sequence)
    {
        headerLength = 0;
        ssrc = 0;
        sequence = 0;
        if (packet.Length < RtpFixed || packet[0] >> 6 != 2)
        {
            return false;
        }

        int length = RtpFixed + (packet[0] & 0x0F) * 4;
        if ((packet[0] & 0x10) != 0)
        {
            if (packet.Length < length + 4)
            {
                return false;
            }

            length += 4 + BinaryPrimitives.ReadUInt16BigEndian(packet[(length + 2)..]) * 4;
        }

        if (packet.Length < length)
        {
            return false;
        }

        headerLength = length;
        sequence = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
        ssrc = BinaryPrimitives.ReadUInt32BigEndian(packet[8..]);
        return true;
    }

    internal static bool TryReadRtcp(ReadOnlySpan<byte> packet, out uint ssrc)
    {
        if (packet.Length < RtcpFixed || packet[0] >> 6 != 2)
        {
            ssrc = 0;
            return false;
        }

        ssrc = BinaryPrimitives.ReadUInt32BigEndian(packet[4..]);
        return true;
    }
}
