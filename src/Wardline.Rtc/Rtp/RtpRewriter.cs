using System.Buffers.Binary;

namespace Wardline.Rtc.Rtp;

/// <summary>The header fields of one forwarded packet; what is not here is taken from the source packet.</summary>
public readonly record struct RtpRewrite
{
    public required byte PayloadType { get; init; }

    public required Ssrc Ssrc { get; init; }

    public required SequenceNumber Sequence { get; init; }

    public required RtpTimestamp Timestamp { get; init; }

    /// <summary>Written when the plan has a transport-cc id.</summary>
    public ushort TransportSequence { get; init; }

    /// <summary>24 bits, written when the plan has an abs-send-time id; see <see cref="RtpExtensions.AbsSendTime"/>.</summary>
    public uint AbsSendTime { get; init; }

    /// <summary>Null keeps the source's marker.</summary>
    public bool? Marker { get; init; }

    /// <summary>Leaves the mid out; a sender may, once the receiver knows which stream the SSRC is.</summary>
    public bool OmitMid { get; init; }

    /// <summary>Set for a retransmission: RFC 4588 §4, the original sequence number stands before the payload.</summary>
    public SequenceNumber? RtxOriginal { get; init; }

    /// <summary>Bytes of padding to append, 0 … 255 (the source's own padding is dropped).</summary>
    public byte Padding { get; init; }
}

/// <summary>
/// Turns a received packet into the one that a receiver gets: new header, extensions rebuilt by plan, payload copied.
/// One pass, no allocation, and the result always passes <see cref="RtpHeader.IsValid"/>.
/// </summary>
/// <remarks>
/// <code>
/// source  │ fixed 12 │ CSRC │ ext: abs-send-time, twcc, mid, rid, level … │ payload │ padding │
///             │ pt, seq, ts, ssrc      │ by plan                              │
/// dest    │ fixed 12 │ CSRC │ ext: twcc, abs-send-time, mid, level │ [osn 2] │ payload │ [padding] │
/// </code>
/// The transport-wide sequence number always comes first, so its place is the same in all packets of a stream.
/// </remarks>
public static class RtpRewriter
{
    /// <param name="source">A plain packet for which <see cref="RtpHeader.IsValid"/> is true. Must not overlap the destination.</param>
    /// <param name="plan">The extensions of this publisher and receiver pair.</param>
    /// <param name="rewrite">The new header fields.</param>
    /// <param name="destination">Where the packet goes; leave room behind it for the SRTP tag.</param>
    /// <param name="length">Bytes written; 0 on failure.</param>
    /// <returns>False when the destination is too small.</returns>
    public static bool TryWrite(
        ReadOnlySpan<byte> source, RtpExtensionPlan plan, in RtpRewrite rewrite, Span<byte> destination, out int length)
    {
        length = 0;
        int csrcEnd = RtpHeader.FixedLength + 4 * RtpHeader.CsrcCount(source);
        ReadOnlySpan<byte> payload = RtpHeader.Payload(source);
        int rtxBytes = rewrite.RtxOriginal is null ? 0 : Rtx.HeaderBytes;
        if (csrcEnd + 4 > destination.Length)
        {
            return false;
        }

        // 1. Fixed header and contributing sources.
        source[..csrcEnd].CopyTo(destination);
        RtpHeader.SetPayloadType(destination, rewrite.PayloadType);
        RtpHeader.SetSequence(destination, rewrite.Sequence);
        RtpHeader.SetTimestamp(destination, rewrite.Timestamp);
        RtpHeader.SetSsrc(destination, rewrite.Ssrc);
        if (rewrite.Marker is { } marker)
        {
            RtpHeader.SetMarker(destination, marker);
        }

        // 2. Extensions: ours first, then the kept ones in their order.
        RtpExtensionWriter extensions = new(destination[csrcEnd..], plan.TwoByte);
        WriteExtensions(source, plan, rewrite, ref extensions);
        if (!extensions.TryFinish(out int extensionLength))
        {
            return false;
        }

        // 3. Payload, then padding whose last byte is its count (RFC 3550 §5.1).
        RtpHeader.SetFlags(destination, extension: extensionLength > 0, padding: rewrite.Padding > 0);
        int at = csrcEnd + extensionLength;
        int total = at + rtxBytes + payload.Length + rewrite.Padding;
        if (total > destination.Length)
        {
            return false;
        }

        if (rewrite.RtxOriginal is { } original)
        {
            BinaryPrimitives.WriteUInt16BigEndian(destination[at..], original.Value);
            at += Rtx.HeaderBytes;
        }

        payload.CopyTo(destination[at..]);
        if (rewrite.Padding > 0)
        {
            destination.Slice(total - rewrite.Padding, rewrite.Padding).Clear();
            destination[total - 1] = rewrite.Padding;
        }

        length = total;
        return true;
    }

    /// <summary>
    /// A packet of nothing but padding, to probe with: RFC 3550 §5.1 padding, an empty payload, the plan's extensions.
    /// </summary>
    /// <param name="rewrite">Header fields; <see cref="RtpRewrite.Padding"/> must be 1 … 255.</param>
    public static bool TryWritePadding(RtpExtensionPlan plan, in RtpRewrite rewrite, Span<byte> destination, out int length)
    {
        if (rewrite.Padding == 0)
        {
            throw new ArgumentException("A padding packet without padding.", nameof(rewrite));
        }

        Span<byte> empty = stackalloc byte[RtpHeader.FixedLength];
        RtpHeader.Write(empty, rewrite.PayloadType, marker: false, rewrite.Sequence, rewrite.Timestamp, rewrite.Ssrc);
        return TryWrite(empty, plan, rewrite, destination, out length);
    }

    /// <summary>
    /// Appends RFC 3550 §5.1 padding until the packet, with <paramref name="sealedBytes"/> that the seal adds, is a multiple
    /// of <paramref name="multiple"/> bytes long. Nothing happens to one that is padded already, that has no room, or that
    /// would grow beyond <paramref name="most"/> bytes.
    /// </summary>
    /// <param name="length">The plain packet's bytes, before and after.</param>
    /// <param name="multiple">A power of two, at most 128.</param>
    public static void PadToMultiple(Span<byte> destination, ref int length, int sealedBytes, int multiple, int most)
    {
        int padding = -(length + sealedBytes) & (multiple - 1);
        if (padding == 0 || length + sealedBytes + padding > most || length + padding > destination.Length || RtpHeader.HasPadding(destination))
        {
            return;
        }

        destination.Slice(length, padding).Clear();
        length += padding;
        destination[length - 1] = (byte)padding;
        RtpHeader.SetPaddingBit(destination);
    }

    private static void WriteExtensions(
        ReadOnlySpan<byte> source, RtpExtensionPlan plan, in RtpRewrite rewrite, ref RtpExtensionWriter extensions)
    {
        if (plan.TransportCcId != 0 && extensions.TryAdd(plan.TransportCcId, 2, out Span<byte> transportCc))
        {
            BinaryPrimitives.WriteUInt16BigEndian(transportCc, rewrite.TransportSequence);
        }

        if (plan.AbsSendTimeId != 0 && extensions.TryAdd(plan.AbsSendTimeId, 3, out Span<byte> sendTime))
        {
            sendTime[0] = (byte)(rewrite.AbsSendTime >> 16);
            BinaryPrimitives.WriteUInt16BigEndian(sendTime[1..], (ushort)rewrite.AbsSendTime);
        }

        if (plan.MidId != 0 && !rewrite.OmitMid && extensions.TryAdd(plan.MidId, plan.Mid.Length, out Span<byte> mid))
        {
            plan.Mid.CopyTo(mid);
        }

        RtpExtensionEnumerator elements = RtpExtensions.Enumerate(source);
        while (elements.MoveNext())
        {
            byte id = plan.KeptAs(elements.Id);
            if (id != 0 && extensions.TryAdd(id, elements.ValueLength, out Span<byte> value))
            {
                elements.Value.CopyTo(value);
            }
        }
    }
}
