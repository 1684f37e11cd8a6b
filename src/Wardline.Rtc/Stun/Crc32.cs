namespace Wardline.Rtc.Stun;

/// <summary>
/// CRC-32 as FINGERPRINT wants it (RFC 8489 §14.7: ITU V.42, polynomial 0x04C11DB7 reflected). The framework has
/// only the Castagnoli polynomial. Four bytes a step, since every check and every answer passes here.
/// </summary>
internal static class Crc32
{
    private const uint Polynomial = 0xEDB88320;

    private static readonly uint[] Table = MakeTable();

    public static uint Compute(ReadOnlySpan<byte> bytes)
    {
        uint crc = 0xFFFF_FFFF;
        uint[] t = Table;
        while (bytes.Length >= 4)
        {
            crc ^= bytes[0] | (uint)bytes[1] << 8 | (uint)bytes[2] << 16 | (uint)bytes[3] << 24;
            crc = t[768 + (crc & 0xFF)] ^ t[512 + (crc >> 8 & 0xFF)] ^ t[256 + (crc >> 16 & 0xFF)] ^ t[crc >> 24];
            bytes = bytes[4..];
        }

        foreach (byte b in bytes)
        {
            crc = t[(crc ^ b) & 0xFF] ^ crc >> 8;
        }

        return ~crc;
    }

    private static uint[] MakeTable()
    {
        uint[] table = new uint[4 * 256];
        for (uint i = 0; i < 256; i++)
        {
            uint crc = i;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? crc >> 1 ^ Polynomial : crc >> 1;
            }

            table[i] = crc;
        }

        // Row k holds the effect of a byte that has k more bytes behind it.
        for (int k = 1; k < 4; k++)
        {
            for (int i = 0; i < 256; i++)
            {
                uint before = table[(k - 1) * 256 + i];
                table[k * 256 + i] = before >> 8 ^ table[before & 0xFF];
            }
        }

        return table;
    }
}
