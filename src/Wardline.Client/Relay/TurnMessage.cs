using System.Buffers.Binary;
using Wardline.Rtc;
using Wardline.Rtc.Stun;

namespace Wardline.Client.Relay;

/// <summary>What TURN (RFC 8656 §17, §18) adds to STUN: methods, attributes, and addresses of others than the one asked.</summary>
internal static class TurnMessage
{
    public const StunMethod Allocate = (StunMethod)0x003;
    public const StunMethod Refresh = (StunMethod)0x004;
    public const StunMethod DataFromPeer = (StunMethod)0x007;
    public const StunMethod ChannelBind = (StunMethod)0x009;

    public const StunAttribute ChannelNumber = (StunAttribute)0x000C;
    public const StunAttribute Lifetime = (StunAttribute)0x000D;
    public const StunAttribute XorPeerAddress = (StunAttribute)0x0012;
    public const StunAttribute Data = (StunAttribute)0x0013;
    public const StunAttribute Realm = (StunAttribute)0x0014;
    public const StunAttribute Nonce = (StunAttribute)0x0015;
    public const StunAttribute XorRelayedAddress = (StunAttribute)0x0016;
    public const StunAttribute RequestedTransport = (StunAttribute)0x0019;

    /// <summary>Longest value of <see cref="WriteAddress"/>.</summary>
    public const int MaxAddressBytes = 20;

    /// <summary>The first attribute of a type, as far as MESSAGE-INTEGRITY covers; empty when it is not there.</summary>
    /// <param name="message">One that <see cref="StunMessage.TryParse"/> took.</param>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> message, StunAttribute wanted)
    {
        for (int at = StunMessage.HeaderBytes; at + 4 <= message.Length;)
        {
            StunAttribute type = (StunAttribute)BinaryPrimitives.ReadUInt16BigEndian(message[at..]);
            int length = BinaryPrimitives.ReadUInt16BigEndian(message[(at + 2)..]);
            if (type == wanted)
            {
                return message.Slice(at + 4, length);
            }

            if (type == StunAttribute.MessageIntegrity)
            {
                break;
            }

            at += 4 + (length + 3 & ~3);
        }

        return default;
    }

    //  0                   1                   2                   3
    //  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    // |0 0 0 0 0 0 0 0|    Family     |  Port ^ cookie's upper half   |
    // |          Address ^ magic cookie [and transaction id]          |   RFC 8489 §14.2
    public static bool TryReadAddress(ReadOnlySpan<byte> message, StunAttribute type, out TransportAddress address)
    {
        address = default;
        ReadOnlySpan<byte> value = Find(message, type);
        if (!((value.Length == 8 && value[1] == 1) || (value.Length == MaxAddressBytes && value[1] == 2)))
        {
            return false;
        }

        Span<byte> plain = stackalloc byte[16];
        for (int i = 0; i < value.Length - 4; i++)
        {
            plain[i] = (byte)(value[4 + i] ^ message[4 + i]);
        }

        ushort port = (ushort)(BinaryPrimitives.ReadUInt16BigEndian(value[2..]) ^ StunMessage.MagicCookie >> 16);
        address = TransportAddress.Udp(plain[..(value.Length - 4)], port);
        return true;
    }

    /// <param name="transaction">12 bytes.</param>
    /// <returns>Bytes written: 8 or 20.</returns>
    public static int WriteAddress(in TransportAddress address, ReadOnlySpan<byte> transaction, Span<byte> value)
    {
        Span<byte> mask = stackalloc byte[16];
        BinaryPrimitives.WriteUInt32BigEndian(mask, StunMessage.MagicCookie);
        transaction.CopyTo(mask[4..]);
        int length = address.WriteAddress(value[4..]);
        for (int i = 0; i < length; i++)
        {
            value[4 + i] ^= mask[i];
        }

        value[0] = 0;
        value[1] = (byte)(length == 4 ? 1 : 2);
        BinaryPrimitives.WriteUInt16BigEndian(value[2..], (ushort)(address.Port ^ StunMessage.MagicCookie >> 16));
        return 4 + length;
    }
}
