using Wardline.Rtc;
using Wardline.Rtc.Rtp;
using Wardline.Sfu.Sessions;

namespace Wardline.Sfu.Layers;

/// <summary>
/// Finds out what an SSRC is that was not seen before: by MID and RID (RFC 8843 §9.2, RFC 8852), as browsers send them
/// on the first packets; or, for peers without these extensions, by a payload type that only one m-section has.
/// </summary>
internal sealed class StreamBinder(StreamTable streams, SfuSessionOptions options, Deadline deadline, SfuCounters counters)
{
    /// <summary>What the pacer holds back lies here, up to 250 ms: enough for that even when a lowest layer has 2 Mbit/s.</summary>
    private const int LeastHistoryBytes = 64 * 1024;

    // Browsers stop naming a stream once they know that it was understood, and do not begin again when a camera that
    // was off comes back under its old SSRC.
    private readonly Known[] _known = new Known[options.MaxStreamsPerParticipant];
    private int _knownCount;
    private PublishedTrack[] _tracks = [];
    private MediaFormat _extensions;

    private readonly record struct Known(Ssrc Ssrc, string Mid, int Index);

    public ReadOnlySpan<PublishedTrack> Tracks => _tracks;

    /// <summary>Header extension ids; RFC 8285 §6: in one bundle an id means the same in all m-sections.</summary>
    public ref readonly MediaFormat Extensions => ref _extensions;

    /// <summary>After an offer was accepted: what is published now.</summary>
    public void SetTracks(PublishedTrack[] tracks)
    {
        _tracks = tracks;
        _extensions = default;
        foreach (PublishedTrack track in tracks)
        {
            MediaFormat format = track.Format;
            _extensions = new MediaFormat
            {
                MidExtension = Either(_extensions.MidExtension, format.MidExtension),
                RidExtension = Either(_extensions.RidExtension, format.RidExtension),
                RepairedRidExtension = Either(_extensions.RepairedRidExtension, format.RepairedRidExtension),
                TransportCcExtension = Either(_extensions.TransportCcExtension, format.TransportCcExtension),
            };
        }

        streams.RemoveClosed();
    }

    /// <summary>The offer named the SSRC (RFC 5576); without RIDs that is all there is to know.</summary>
    public void Declare(PublishedTrack track, int index, Ssrc ssrc, Ssrc? rtx)
    {
        if (index >= PublishedTrack.MaxLayers || streams.TryFind(ssrc, out _) || streams.IsFull)
        {
            return;
        }

        InboundLayer layer = Begin(track, index, ssrc);
        if (rtx is { } retransmission && !streams.TryFind(retransmission, out _))
        {
            streams.TryAdd(new StreamEntry(retransmission, layer, IsRtx: true));
        }
    }

    public bool TryBind(ReadOnlySpan<byte> packet, Ssrc ssrc, out StreamEntry entry)
    {
        entry = default;
        byte payloadType = RtpHeader.PayloadType(packet);
        PublishedTrack? track = FindTrack(packet, ssrc, payloadType);
        if (track is null)
        {
            counters.UnknownSsrc++;
            return false;
        }

        if (!track.Format.Accepts(payloadType))
        {
            counters.UnknownPayloadType++;
            return false;
        }

        bool isRtx = payloadType == track.Format.Vp8Rtx;
        if (!TryFindIndex(packet, ssrc, track, isRtx, out int index) || (isRtx && track.Layers[index] is null))
        {
            counters.UnknownSsrc++;
            return false;
        }

        if (streams.IsFull)
        {
            counters.SsrcLimit++;
            return false;
        }

        Remember(ssrc, track.Mid, index);
        if (isRtx)
        {
            entry = new StreamEntry(ssrc, track.Layers[index]!, IsRtx: true);
            return streams.TryAdd(entry);
        }

        entry = new StreamEntry(ssrc, Begin(track, index, ssrc), IsRtx: false);
        return true;
    }

    // The old stream's entry stays until the next negotiation: were it forgotten, two SSRCs of one RID could take
    // turns and have a history made for every packet.
    private InboundLayer Begin(PublishedTrack track, int index, Ssrc ssrc)
    {
        InboundLayer layer = new(
            track, index, ssrc, HistoryBytes(track, index), options.KeyFrameRequestInterval, deadline);
        track.SetLayer(layer);
        streams.TryAdd(new StreamEntry(ssrc, layer, IsRtx: false));
        return layer;
    }

    private int HistoryBytes(PublishedTrack track, int index) =>
        !track.IsVideo ? 0
        : track.IsSimulcast ? Math.Max(LeastHistoryBytes, options.HistoryBytesPerLayer >> (PublishedTrack.MaxLayers - 1 - index))
        : options.HistoryBytesPerLayer;

    private PublishedTrack? FindTrack(ReadOnlySpan<byte> packet, Ssrc ssrc, byte payloadType)
    {
        if (_extensions.MidExtension != 0 && RtpExtensions.TryFind(packet, _extensions.MidExtension, out ReadOnlySpan<byte> mid))
        {
            foreach (PublishedTrack track in _tracks)
            {
                if (System.Text.Ascii.Equals(mid, track.Mid))
                {
                    return track;
                }
            }

            return null;
        }

        if (Recall(ssrc) is { } known)
        {
            return Array.Find(_tracks, track => track.Mid == known.Mid);
        }

        PublishedTrack? only = null;
        foreach (PublishedTrack track in _tracks)
        {
            if (track.Format.Accepts(payloadType))
            {
                if (only is not null)
                {
                    return null;
                }

                only = track;
            }
        }

        return only;
    }

    private bool TryFindIndex(ReadOnlySpan<byte> packet, Ssrc ssrc, PublishedTrack track, bool isRtx, out int index)
    {
        index = 0;
        if (!track.IsSimulcast)
        {
            return true;
        }

        // RFC 8852 §3.2: a retransmission names the stream it repairs; some senders use the plain RID there.
        if ((isRtx && RtpExtensions.TryFind(packet, _extensions.RepairedRidExtension, out ReadOnlySpan<byte> rid)) ||
            RtpExtensions.TryFind(packet, _extensions.RidExtension, out rid))
        {
            index = track.IndexOf(rid);
            return index >= 0;
        }

        if (Recall(ssrc) is { } known && known.Mid == track.Mid)
        {
            index = known.Index;
            return true;
        }

        return false;
    }

    private Known? Recall(Ssrc ssrc)
    {
        for (int i = 0; i < Math.Min(_knownCount, _known.Length); i++)
        {
            if (_known[i].Ssrc == ssrc)
            {
                return _known[i];
            }
        }

        return null;
    }

    private void Remember(Ssrc ssrc, string mid, int index)
    {
        if (Recall(ssrc) is null)
        {
            _known[_knownCount++ % _known.Length] = new Known(ssrc, mid, index);
        }
    }

    private static byte Either(byte known, byte other) => known != 0 ? known : other;
}
