using Wardline.Rtc;
using Wardline.Rtc.Bwe;
using Wardline.Rtc.Rtp;
using Wardline.Sfu.Sessions;

namespace Wardline.Sfu.Layers;

/// <summary>Everything that one participant sends: its streams, what is known of each packet, what is missing.</summary>
internal sealed class Uplink
{
    /// <summary>Leaves room for the SRTCP index and tag inside a common MTU.</summary>
    public const int MaxRtcpBytes = 1200;

    private const int PaddingBit = 0x20;

    private readonly StreamTable _streams;
    private readonly SfuCounters _counters;

    public Uplink(SfuSessionOptions options, Deadline deadline, SfuCounters counters)
    {
        _streams = new StreamTable(options.MaxStreamsPerParticipant);
        _counters = counters;
        Binder = new StreamBinder(_streams, options, deadline, counters);
    }

    public StreamBinder Binder { get; }

    public PublisherClock Clock { get; } = new();

    /// <summary>Arrivals for the publisher's congestion control.</summary>
    public TwccRecorder Arrivals { get; } = new();

    public ReadOnlySpan<PublishedTrack> Tracks => Binder.Tracks;

    /// <summary>Feedback has to name a stream; which one does not matter for what is about the whole path.</summary>
    public Ssrc AnySsrc => _streams.First;

    public Instant NextTimeout
    {
        get
        {
            Instant next = Arrivals.NextFeedback;
            foreach (PublishedTrack track in Tracks)
            {
                if (!track.IsVideo)
                {
                    continue;
                }

                foreach (InboundLayer? layer in track.Layers)
                {
                    if (layer is { Closed: false })
                    {
                        next = Instant.Min(next, Instant.Min(layer.Losses.NextAt, layer.KeyFrames.NextAt));
                    }
                }
            }

            return next;
        }
    }

    /// <summary>Reads one plain RTP packet.</summary>
    /// <param name="packet">As decrypted; changed in place (RTX unwrapped, padding cut off).</param>
    /// <param name="plain">The primary packet, a part of <paramref name="packet"/>.</param>
    /// <returns>False when there is nothing to forward; the reason is counted.</returns>
    public bool TryReceive(Span<byte> packet, Instant now, out InboundLayer layer, out PacketInfo info, out Span<byte> plain)
    {
        layer = null!;
        info = default;
        plain = default;

        // 1. It is RTP; its arrival counts for congestion control whatever it is.
        if (!RtpHeader.IsValid(packet))
        {
            _counters.MalformedRtp++;
            return false;
        }

        byte transportCc = Binder.Extensions.TransportCcExtension;
        if (transportCc != 0 && RtpExtensions.TryReadTransportSequence(packet, transportCc, out ushort transportSequence))
        {
            Arrivals.OnPacket(transportSequence, now);
        }

        // 2. Whose stream.
        Ssrc ssrc = RtpHeader.Ssrc(packet);
        if (!_streams.TryFind(ssrc, out StreamEntry entry) && !Binder.TryBind(packet, ssrc, out entry))
        {
            return false;
        }

        layer = entry.Layer;
        if (layer.Closed)
        {
            _counters.UnknownSsrc++;
            return false;
        }

        // 3. The primary packet.
        if (!TryTakePrimary(packet, entry, out plain))
        {
            return false;
        }

        // 4. Its place in the stream.
        int bytes = plain.Length;
        switch (layer.Receive(RtpHeader.Sequence(plain), RtpHeader.Timestamp(plain), bytes, entry.IsRtx, now, out long sequence))
        {
            case Arrival.Duplicate:
                _counters.Duplicates++;
                return false;
            case Arrival.Outside:
                _counters.OutsideWindow++;
                return false;
        }

        // 5. What forwarding has to know; kept once for all receivers.
        if (!TryDescribe(layer, sequence, plain, out info))
        {
            _counters.MalformedPayload++;
            return false;
        }

        if (info.StartsKeyFrame)
        {
            layer.Losses.ForgetBefore(sequence);
        }

        layer.History?.Add(info, plain);
        return true;
    }

    /// <summary>Looks up a stream that the participant reports on.</summary>
    public InboundLayer? Find(Ssrc ssrc) =>
        _streams.TryFind(ssrc, out StreamEntry entry) && !entry.IsRtx && !entry.Layer.Closed ? entry.Layer : null;

    private bool TryTakePrimary(Span<byte> packet, StreamEntry entry, out Span<byte> plain)
    {
        MediaFormat format = entry.Layer.Track.Format;
        byte payloadType = RtpHeader.PayloadType(packet);
        if (entry.IsRtx)
        {
            plain = default;
            if (payloadType != format.Vp8Rtx)
            {
                _counters.UnknownPayloadType++;
                return false;
            }

            // RFC 4588 §4: without an original sequence number inside it is padding.
            if (!Rtx.TryUnwrap(packet, format.Vp8, entry.Layer.Ssrc, out plain))
            {
                _counters.PaddingPackets++;
                return false;
            }

            _counters.Repaired++;
            return true;
        }

        plain = packet;
        bool known = payloadType != 0 && payloadType != format.Vp8Rtx && format.Accepts(payloadType);
        if (!known)
        {
            _counters.UnknownPayloadType++;
            return false;
        }

        int padding = RtpHeader.PaddingLength(packet);
        if (padding > 0)
        {
            plain = packet[..^padding];
            plain[0] = (byte)(plain[0] & ~PaddingBit);
        }

        return true;
    }

    private static bool TryDescribe(InboundLayer layer, long sequence, ReadOnlySpan<byte> plain, out PacketInfo info)
    {
        ReadOnlySpan<byte> payload = RtpHeader.Payload(plain);
        Vp8DescriptorView descriptor = new() { PictureId = -1, Tl0PicIdx = -1 };
        bool readable = payload.IsEmpty || !layer.Track.IsVideo || Vp8Descriptor.TryRead(payload, out descriptor);
        info = new PacketInfo
        {
            Sequence = sequence,
            Timestamp = RtpHeader.Timestamp(plain),
            PaddingOnly = payload.IsEmpty,
            IsRed = !layer.Track.IsVideo && RtpHeader.PayloadType(plain) == layer.Track.Format.Red,
            Vp8 = descriptor,
        };
        return readable;
    }
}
