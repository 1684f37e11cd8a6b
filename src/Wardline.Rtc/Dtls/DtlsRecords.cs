using System.Buffers.Binary;

namespace Wardline.Rtc.Dtls;

/// <summary>DTLS 1.0/1.2 record headers, read only as far as the borders of datagrams need it.</summary>
/// <remarks>
/// RFC 6347 §4.1:
/// <code>
///  0        1        3        5                        11       13
/// +--------+--------+--------+------------------------+--------+------------
/// |  type  | version| epoch  |    sequence number     | length |  fragment …
/// +--------+--------+--------+------------------------+--------+------------
/// </code>
/// </remarks>
internal static class DtlsRecords
{
    internal const int HeaderLength = 13;

    // RFC 6347 §4.1.1: plaintext up to 2^14, protection adds up to 2048 in DTLS 1.2; no datagram of ours is that long.
    private const int MaxFragment = (1 << 14) + 2048;

    // Every suite of ours is AES-GCM (RFC 5288 §3): 8 bytes of explicit nonce and 16 of tag around something.
    private const int MinProtectedFragment = 25;

    /// <summary>
    /// Whether the datagram is nothing but whole records of types and versions that exist. libssl ignores such
    /// garbage silently; refusing it here keeps it away from libssl and counts it.
    /// </summary>
    internal static bool IsWellFormed(ReadOnlySpan<byte> datagram)
    {
        if (datagram.IsEmpty)
        {
            return false;
        }

        while (!datagram.IsEmpty)
        {
            int length = RecordLength(datagram);
            // change_cipher_spec 20, alert 21, handshake 22, application_data 23
            if (length < 0 || datagram[0] is < 20 or > 23 || datagram[1] != 0xFE || datagram[2] is not (0xFF or 0xFD) ||
                (BinaryPrimitives.ReadUInt16BigEndian(datagram[3..]) > 0 && length < HeaderLength + MinProtectedFragment))
            {
                return false;
            }

            datagram = datagram[length..];
        }

        return true;
    }

    /// <summary>Records of an epoch above 0, that is, protected ones.</summary>
    internal static int CountProtected(ReadOnlySpan<byte> wellFormed)
    {
        int count = 0;
        while (!wellFormed.IsEmpty)
        {
            count += BinaryPrimitives.ReadUInt16BigEndian(wellFormed[3..]) > 0 ? 1 : 0;
            wellFormed = wellFormed[RecordLength(wellFormed)..];
        }

        return count;
    }

    /// <summary>How many bytes of whole records from the start fit into <paramref name="limit"/>; at least one record if there is one.</summary>
    internal static int TakeDatagram(ReadOnlySpan<byte> records, int limit)
    {
        int taken = 0;
        while (taken < records.Length)
        {
            int length = RecordLength(records[taken..]);
            if (length < 0)
            {
                return taken > 0 ? taken : records.Length;
            }

            if (taken > 0 && taken + length > limit)
            {
                break;
            }

            taken += length;
        }

        return taken;
    }

    /// <summary>Header and fragment in bytes, or −1 when the record is cut off or too long.</summary>
    private static int RecordLength(ReadOnlySpan<byte> records)
    {
        if (records.Length < HeaderLength)
        {
            return -1;
        }

        int fragment = BinaryPrimitives.ReadUInt16BigEndian(records[11..]);
        return fragment > MaxFragment || HeaderLength + fragment > records.Length ? -1 : HeaderLength + fragment;
    }
}
