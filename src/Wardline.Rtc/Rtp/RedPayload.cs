using System.Buffers.Binary;

namespace Wardline.Rtc.Rtp;

/// <summary>Redundant audio: older blocks first, the newest ("primary") last.</summary>
/// <remarks>
/// RFC 2198 §3, one header a block:
/// <code>
///  0                   1                    2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3  4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |F|   block PT  |  timestamp offset         |   block length    |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |0|   block PT  |   (last one)
/// </code>
/// </remarks>
public static class RedPayload
{
    /// <summary>More blocks than any sender makes (browsers send one or two); a longer list is refused.</summary>
    public const int MaxBlocks = 16;

    /// <summary>The newest block: what a receiver without RED is sent.</summary>
    /// <returns>False when headers or block lengths do not fit the payload.</returns>
    public static bool TryFindPrimary(ReadOnlySpan<byte> payload, out byte payloadType, out ReadOnlySpan<byte> primary)
    {
        payloadType = 0;
        primary = default;
        int at = 0;
        int redundant = 0;
        for (int block = 0; block < MaxBlocks && at < payload.Length; block++)
        {
            if ((payload[at] & 0x80) == 0)
            {
                int start = at + 1 + redundant;
                if (start > payload.Length)
                {
                    return false;
                }

                payloadType = payload[at];
                primary = payload[start..];
                return true;
            }

            if (at + 4 > payload.Length)
            {
                return false;
            }

            redundant += BinaryPrimitives.ReadUInt16BigEndian(payload[(at + 2)..]) & 0x3FF;
            at += 4;
        }

        return false;
    }
}
