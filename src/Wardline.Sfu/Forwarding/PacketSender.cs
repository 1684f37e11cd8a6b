using Wardline.Rtc;
using Wardline.Rtc.Bwe;
using Wardline.Rtc.Rtp;
using Wardline.Sfu.Layers;

namespace Wardline.Sfu.Forwarding;

internal enum SendKind
{
    First,
    Retransmission,

    /// <summary>A retransmission that nobody asked for, or padding: it measures the path.</summary>
    Probe,
}

/// <summary>Puts packets of one receiver on the wire: the last steps of docs/design/packet-path.md.</summary>
internal sealed class PacketSender(RtcTransport transport, SendSideEstimator estimator, Pacer pacer, SfuCounters counters, bool equalPackets)
{
    /// <summary>RFC 7714 §13.1: the authentication tag behind each packet.</summary>
    private const int TagBytes = 16;

    /// <summary>Room that a slot keeps behind the plain packet for whatever SRTP appends.</summary>
    private const int TagRoom = 32;

    /// <summary>Senders cut a frame into packets that differ by a byte: 7 of 8 frames are then equally long, for 3.5 bytes a packet.</summary>
    private const int EqualMultiple = 8;

    /// <summary>No IPv6 path has room for less: 1,280 bytes without the headers of IPv6 and UDP.</summary>
    private const int EqualMost = 1232;

    private ushort _transportSequence;

    /// <summary>Writes a received packet as the receiver is to get it, seals and commits it.</summary>
    public bool TrySend(Subscription subscription, in PacketInfo packet, ReadOnlySpan<byte> plain, in OutNumbers numbers, SendKind kind, Instant now, PacketTrains output)
    {
        if (!transport.TryReserve(output, out Span<byte> slot))
        {
            counters.SendArenaFull++;
            return false;
        }

        bool again = kind != SendKind.First;
        RtpRewrite rewrite = new()
        {
            PayloadType = again ? subscription.Format.Vp8Rtx : subscription.PayloadTypeFor(packet),
            Ssrc = again ? subscription.RtxSsrc : subscription.Ssrc,
            Sequence = again ? subscription.TakeRtxSequence() : numbers.Wire,
            Timestamp = numbers.Timestamp,
            TransportSequence = _transportSequence,
            AbsSendTime = RtpExtensions.AbsSendTime(now),
            OmitMid = subscription.TakeMidOmission(),
            RtxOriginal = again ? numbers.Wire : null,
            // A publisher's padding only keeps the count (docs/design/forwarding.md, 1.7).
            Padding = packet.PaddingOnly ? (byte)1 : (byte)0,
        };
        if (!RtpRewriter.TryWrite(plain, subscription.Plan, rewrite, slot[..^TagRoom], out int length))
        {
            counters.Oversized++;
            return false;
        }

        if (packet.Vp8.Length > 0)
        {
            int payload = RtpHeader.HeaderLength(slot) + (again ? Rtx.HeaderBytes : 0);
            Vp8Descriptor.Rewrite(slot[payload..length], packet.Vp8, numbers.PictureId, numbers.Tl0PicIdx);
        }

        if (equalPackets && !again && IsPartOfFrame(packet, plain))
        {
            RtpRewriter.PadToMultiple(slot[..^TagRoom], ref length, TagBytes, EqualMultiple, EqualMost);
        }

        return TryCommit(subscription, slot, length, RtpHeader.Payload(plain).Length, kind, now, output);
    }

    /// <summary>A packet that is a whole frame has no others that it could be as long as.</summary>
    private static bool IsPartOfFrame(in PacketInfo packet, ReadOnlySpan<byte> plain) =>
        packet.Vp8.Length > 0 && !(packet.Vp8.IsFrameStart && RtpHeader.Marker(plain));

    private bool TryCommit(Subscription subscription, Span<byte> slot, int length, int payloadBytes, SendKind kind, Instant now, PacketTrains output)
    {
        if (!transport.TryCommitRtp(output, slot, length))
        {
            counters.SendArenaFull++;
            return false;
        }

        int wireBytes = length + TagBytes;
        if (subscription.Plan.TransportCcId != 0)
        {
            estimator.OnSent(_transportSequence++, wireBytes, now, kind == SendKind.Probe);
        }

        pacer.OnSent(wireBytes, now);
        subscription.OnSent(payloadBytes, wireBytes, kind != SendKind.First, now);
        Count(kind);
        return true;
    }

    private void Count(SendKind kind)
    {
        switch (kind)
        {
            case SendKind.First:
                counters.RtpForwarded++;
                break;
            case SendKind.Retransmission:
                counters.Retransmitted++;
                break;
            default:
                counters.ProbesSent++;
                break;
        }
    }

    /// <summary>Sends a packet of nothing but padding on the retransmission stream.</summary>
    public bool TrySendPadding(Subscription subscription, Instant now, PacketTrains output)
    {
        if (!transport.TryReserve(output, out Span<byte> slot))
        {
            return false;
        }

        RtpRewrite rewrite = new()
        {
            PayloadType = subscription.Format.Vp8Rtx,
            Ssrc = subscription.RtxSsrc,
            Sequence = subscription.TakeRtxSequence(),
            Timestamp = subscription.Switcher.LastTimestamp,
            TransportSequence = _transportSequence,
            AbsSendTime = RtpExtensions.AbsSendTime(now),
            Padding = byte.MaxValue,
        };
        return RtpRewriter.TryWritePadding(subscription.Plan, rewrite, slot[..^TagRoom], out int length) &&
            TryCommit(subscription, slot, length, 0, SendKind.Probe, now, output);
    }
}
