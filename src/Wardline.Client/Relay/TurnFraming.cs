using System.Buffers.Binary;
using Wardline.Rtc.Stun;

namespace Wardline.Client.Relay;

/// <summary>Where messages end in a TURN stream (RFC 8656 §12.5): a STUN header or a channel header tells the length; channel data is padded to four bytes.</summary>
internal static class TurnFraming
{
    /// <summary>No message of ours or of a server is longer.</summary>
    public const int MaxMessageBytes = 2048;

    /// <returns>Bytes of the first message with its padding; 0: more are needed; −1: this is no TURN stream.</returns>
    public static int Measure(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 4)
        {
            return 0;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        int whole = bytes[0] switch
        {
            <= 3 => StunMessage.HeaderBytes + length,
            >= 0x40 and <= 0x4F => TurnClient.ChannelHeaderBytes + (length + 3 & ~3),
            _ => -1,
        };
        return whole is < 0 or > MaxMessageBytes ? -1 : whole <= bytes.Length ? whole : 0;
    }
}
