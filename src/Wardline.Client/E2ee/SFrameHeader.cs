namespace Wardline.Client.E2ee;

// RFC 9605 §4.3:
//   0 1 2 3 4 5 6 7
//  +-+-+-+-+-+-+-+-+-----------------+-----------------+
//  |X|  K  |Y|  C  |   KID...        |   CTR...        |
//  +-+-+-+-+-+-+-+-+-----------------+-----------------+
//  X = 0: K is the KID itself (0 … 7). X = 1: the KID follows in K + 1 bytes. Y and C are the same for the CTR.
internal readonly record struct SFrameHeader(ulong KeyId, ulong Counter, int Length)
{
    public const int MaxBytes = 17;

    /// <summary>Writes the header and returns its length; <paramref name="destination"/> holds <see cref="MaxBytes"/>.</summary>
    public static int Write(ulong keyId, ulong counter, Span<byte> destination)
    {
        int at = 1;
        int k = Field(keyId, destination, ref at);
        int c = Field(counter, destination, ref at);
        destination[0] = (byte)(k << 4 | c);
        return at;
    }

    /// <summary>False when <paramref name="data"/> ends inside the header.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out SFrameHeader header)
    {
        header = default;
        if (data.IsEmpty)
        {
            return false;
        }

        int config = data[0];
        int keyIdBytes = (config & 0x80) == 0 ? 0 : (config >> 4 & 7) + 1;
        int counterBytes = (config & 0x08) == 0 ? 0 : (config & 7) + 1;
        int length = 1 + keyIdBytes + counterBytes;
        if (data.Length < length)
        {
            return false;
        }

        ulong keyId = keyIdBytes == 0 ? (ulong)(config >> 4 & 7) : Number(data.Slice(1, keyIdBytes));
        ulong counter = counterBytes == 0 ? (ulong)(config & 7) : Number(data.Slice(1 + keyIdBytes, counterBytes));
        header = new(keyId, counter, length);
        return true;
    }

    private static int Field(ulong value, Span<byte> destination, ref int at)
    {
        if (value < 8)
        {
            return (int)value;
        }

        int bytes = 1;
        for (ulong rest = value >> 8; rest > 0; rest >>= 8)
        {
            bytes++;
        }

        for (int i = bytes - 1; i >= 0; i--)
        {
            destination[at++] = (byte)(value >> (8 * i));
        }

        return 8 | (bytes - 1);
    }

    private static ulong Number(ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        foreach (byte b in bytes)
        {
            value = value << 8 | b;
        }

        return value;
    }
}
