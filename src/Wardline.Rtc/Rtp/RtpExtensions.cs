using System.Buffers.Binary;

namespace Wardline.Rtc.Rtp;

/// <summary>
/// RTP header extensions, one-byte and two-byte form (RFC 8285), read and patched in place.
/// All packets handed in must have passed <see cref="RtpHeader.HasValidHeader"/>; inside the extension block
/// anything may stand, and an element that does not fit ends the enumeration.
/// </summary>
public static class RtpExtensions
{
    /// <summary>RFC 8285 §4.2: profile of the one-byte form.</summary>
    public const ushort OneByteProfile = 0xBEDE;

    /// <summary>RFC 8285 §4.3: profile of the two-byte form; the low four bits are for the application.</summary>
    public const ushort TwoByteProfile = 0x1000;

    /// <summary>All elements in their order on the wire; nothing for a packet without extension or of another profile.</summary>
    public static RtpExtensionEnumerator Enumerate(ReadOnlySpan<byte> packet) => new(packet);

    /// <summary>The value of the first element with this id (1 … 255).</summary>
    public static bool TryFind(ReadOnlySpan<byte> packet, byte id, out ReadOnlySpan<byte> value)
    {
        if (TryLocate(packet, id, out int offset, out int length))
        {
            value = packet.Slice(offset, length);
            return true;
        }

        value = default;
        return false;
    }

    /// <summary>The same, writable, to patch a value of unchanged length.</summary>
    public static bool TryFindWritable(Span<byte> packet, byte id, out Span<byte> value)
    {
        if (TryLocate(packet, id, out int offset, out int length))
        {
            value = packet.Slice(offset, length);
            return true;
        }

        value = default;
        return false;
    }

    /// <summary>The transport-wide sequence number (draft-holmer-rmcat-transport-wide-cc-extensions-01 §2).</summary>
    public static bool TryReadTransportSequence(ReadOnlySpan<byte> packet, byte id, out ushort sequence)
    {
        // Version 02 of the extension appends a feedback request to the same two bytes.
        if (TryFind(packet, id, out ReadOnlySpan<byte> value) && value.Length >= 2)
        {
            sequence = BinaryPrimitives.ReadUInt16BigEndian(value);
            return true;
        }

        sequence = 0;
        return false;
    }

    public static bool TrySetTransportSequence(Span<byte> packet, byte id, ushort sequence)
    {
        if (!TryFindWritable(packet, id, out Span<byte> value) || value.Length < 2)
        {
            return false;
        }

        BinaryPrimitives.WriteUInt16BigEndian(value, sequence);
        return true;
    }

    /// <summary>RFC 6464 §3: loudness in −dBov (0 loudest … 127 silence) and the sender's voice decision.</summary>
    public static bool TryReadAudioLevel(ReadOnlySpan<byte> packet, byte id, out int minusDbov, out bool voice)
    {
        if (TryFind(packet, id, out ReadOnlySpan<byte> value) && value.Length >= 1)
        {
            voice = (value[0] & 0x80) != 0;
            minusDbov = value[0] & 0x7F;
            return true;
        }

        voice = false;
        minusDbov = 127;
        return false;
    }

    /// <summary>abs-send-time: seconds modulo 64 as 6.18 fixed point, 24 bits.</summary>
    public static uint AbsSendTime(Instant now)
    {
        long microseconds = now.Microseconds % 64_000_000;
        return (uint)(((microseconds << 18) / 1_000_000) & 0xFF_FFFF);
    }

    private static bool TryLocate(ReadOnlySpan<byte> packet, byte id, out int offset, out int length)
    {
        if (id != 0)
        {
            RtpExtensionEnumerator elements = new(packet);
            while (elements.MoveNext())
            {
                if (elements.Id == id)
                {
                    offset = elements.ValueOffset;
                    length = elements.ValueLength;
                    return true;
                }
            }
        }

        offset = 0;
        length = 0;
        return false;
    }
}
