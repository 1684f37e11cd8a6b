using System.Buffers.Binary;

namespace Wardline.Rtc.Rtp;

/// <summary>Retransmission payload format, SSRC-multiplexed.</summary>
/// <remarks>
/// RFC 4588 §4: the retransmission stream has its own SSRC, payload type and sequence numbers, the original's timestamp,
/// and carries
/// <code>
/// |         RTP header (+ extension)            |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |            OSN                |             |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+             |
/// |         original RTP packet payload         |
/// </code>
/// </remarks>
public static class Rtx
{
    /// <summary>Bytes of the original sequence number before the payload.</summary>
    public const int HeaderBytes = 2;

    /// <summary>Makes a retransmission of a packet with its extensions as they are.</summary>
    /// <param name="original">A valid plain packet; must not overlap the destination.</param>
    /// <returns>False when the destination is too small.</returns>
    public static bool TryWrap(
        ReadOnlySpan<byte> original, byte rtxPayloadType, Ssrc rtxSsrc, SequenceNumber rtxSequence, Span<byte> destination, out int length)
    {
        int header = RtpHeader.HeaderLength(original);
        ReadOnlySpan<byte> payload = RtpHeader.Payload(original);
        length = header + HeaderBytes + payload.Length;
        if (length > destination.Length)
        {
            length = 0;
            return false;
        }

        original[..header].CopyTo(destination);
        RtpHeader.SetFlags(destination, RtpHeader.HasExtension(original), padding: false);
        BinaryPrimitives.WriteUInt16BigEndian(destination[header..], RtpHeader.Sequence(original).Value);
        payload.CopyTo(destination[(header + HeaderBytes)..]);
        RtpHeader.SetPayloadType(destination, rtxPayloadType);
        RtpHeader.SetSsrc(destination, rtxSsrc);
        RtpHeader.SetSequence(destination, rtxSequence);
        return true;
    }

    /// <summary>The original sequence number; false for a packet without one (padding, used as a probe).</summary>
    public static bool TryReadOriginal(ReadOnlySpan<byte> rtx, out SequenceNumber original)
    {
        ReadOnlySpan<byte> payload = RtpHeader.Payload(rtx);
        if (payload.Length < HeaderBytes)
        {
            original = default;
            return false;
        }

        original = new(BinaryPrimitives.ReadUInt16BigEndian(payload));
        return true;
    }

    /// <summary>Turns a retransmission back into the original, in place: the header moves up by two bytes.</summary>
    /// <param name="packet">A valid plain packet of the retransmission stream.</param>
    /// <param name="restored">The original packet, a part of <paramref name="packet"/>; its padding is gone.</param>
    /// <returns>False when there is no original inside (padding, used as a probe).</returns>
    public static bool TryUnwrap(Span<byte> packet, byte originalPayloadType, Ssrc originalSsrc, out Span<byte> restored)
    {
        restored = default;
        if (!TryReadOriginal(packet, out SequenceNumber original))
        {
            return false;
        }

        int header = RtpHeader.HeaderLength(packet);
        int end = packet.Length - RtpHeader.PaddingLength(packet);
        packet[..header].CopyTo(packet[HeaderBytes..]);
        restored = packet[HeaderBytes..end];
        RtpHeader.SetFlags(restored, RtpHeader.HasExtension(restored), padding: false);
        RtpHeader.SetPayloadType(restored, originalPayloadType);
        RtpHeader.SetSsrc(restored, originalSsrc);
        RtpHeader.SetSequence(restored, original);
        return true;
    }
}
