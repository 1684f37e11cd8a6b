using System.Text;
using Wardline.Rtc.Dtls;
using Wardline.Rtc.Ice;

namespace Wardline.Rtc.Sdp;

/// <summary>What the server sends on one section.</summary>
/// <param name="StreamId">Sections with the same one are one MediaStream at the client.</param>
public sealed record SdpSendStream(Ssrc Ssrc, Ssrc? RtxSsrc, string StreamId, string TrackId, string Cname);

/// <summary>What an answer says beyond the sections themselves.</summary>
public sealed record SdpAnswerParameters
{
    public required IceCredentials Ice { get; init; }

    public required DtlsFingerprint Fingerprint { get; init; }

    /// <summary>As <see cref="IceCandidateLine"/> writes them, without <c>a=</c>.</summary>
    public required IReadOnlyList<string> CandidateLines { get; init; }

    /// <summary>The same in all answers of one connection (RFC 8866 §5.2).</summary>
    public required ulong SessionId { get; init; }

    /// <summary>One more with each answer.</summary>
    public required int Version { get; init; }

    /// <summary>Red before Opus: a browser sends what stands first.</summary>
    public bool PreferRed { get; init; }

    /// <summary>By mid. A section that is not in here is not sent on, whatever its direction says.</summary>
    public IReadOnlyDictionary<string, SdpSendStream> Send { get; init; } = new Dictionary<string, SdpSendStream>();
}

/// <summary>
/// Writes the answer to an offer (RFC 3264 §6, RFC 8829 §5.3): every section in its place, refused ones with port 0,
/// ICE-lite with all candidates, DTLS passive, one BUNDLE.
/// </summary>
public static class SdpAnswerWriter
{
    /// <param name="sections">One for each section of the offer, in its order.</param>
    public static string Write(SdpOffer offer, IReadOnlyList<NegotiatedSection> sections, SdpAnswerParameters p)
    {
        if (sections.Count != offer.Sections.Count)
        {
            throw new ArgumentException("An answer has a section for each of the offer.", nameof(sections));
        }

        StringBuilder sdp = new(2048);
        Line(sdp, "v=0");
        Line(sdp, $"o=- {p.SessionId & long.MaxValue} {p.Version} IN IP4 127.0.0.1");
        Line(sdp, "s=-");
        Line(sdp, "t=0 0");
        Line(sdp, "a=ice-lite");
        Line(sdp, $"a=group:BUNDLE{Bundle(sections)}");
        Line(sdp, "a=msid-semantic:WMS *");
        bool first = true;
        for (int i = 0; i < sections.Count; i++)
        {
            if (sections[i].Rejected)
            {
                WriteRejected(sdp, offer.Sections[i]);
                continue;
            }

            WriteSection(sdp, offer.Sections[i], sections[i], p, first);
            first = false;
        }

        return sdp.ToString();
    }

    private static string Bundle(IReadOnlyList<NegotiatedSection> sections)
    {
        StringBuilder mids = new();
        foreach (NegotiatedSection section in sections)
        {
            if (!section.Rejected)
            {
                mids.Append(' ').Append(section.Mid);
            }
        }

        return mids.ToString();
    }

    // RFC 3264 §6: a rejected stream has port 0 and still at least one format.
    private static void WriteRejected(StringBuilder sdp, SdpSection offered)
    {
        Line(sdp, $"m={offered.Media} 0 {offered.Protocol} {string.Join(' ', offered.Formats)}");
        Line(sdp, "c=IN IP4 0.0.0.0");
        Line(sdp, $"a=mid:{offered.Mid}");
        Line(sdp, "a=inactive");
    }

    private static void WriteSection(StringBuilder sdp, SdpSection offered, NegotiatedSection section, SdpAnswerParameters p, bool tagged)
    {
        Line(sdp, $"m={offered.Media} 9 {offered.Protocol} {PayloadTypes(section, p.PreferRed)}");
        Line(sdp, "c=IN IP4 0.0.0.0");
        Line(sdp, $"a=ice-ufrag:{p.Ice.Ufrag}");
        Line(sdp, $"a=ice-pwd:{p.Ice.Password}");
        Line(sdp, $"a=fingerprint:{p.Fingerprint.Algorithm} {p.Fingerprint.Value}");
        Line(sdp, "a=setup:passive");
        if (tagged)
        {
            // RFC 8843 §7.4: in a bundle only the first section has candidates.
            foreach (string candidate in p.CandidateLines)
            {
                Line(sdp, $"a={candidate}");
            }

            Line(sdp, "a=end-of-candidates");
        }

        Line(sdp, $"a=mid:{section.Mid}");
        WriteExtensions(sdp, offered, section);

        SdpSendStream? send = section.AnswerDirection.Sends() ? p.Send.GetValueOrDefault(section.Mid) : null;
        SdpDirection direction = send is null ? section.AnswerDirection & SdpDirection.RecvOnly : section.AnswerDirection;
        Line(sdp, $"a={direction.Name()}");
        if (send is not null)
        {
            Line(sdp, $"a=msid:{send.StreamId} {send.TrackId}");
        }

        Line(sdp, "a=rtcp-mux");
        if (section.RtcpReducedSize)
        {
            Line(sdp, "a=rtcp-rsize");
        }

        WriteCodecs(sdp, section, p.PreferRed);
        WriteRids(sdp, section);
        if (send is not null)
        {
            WriteSources(sdp, section, send);
        }
    }

    private static string PayloadTypes(NegotiatedSection section, bool preferRed)
    {
        (byte? first, byte? second) = section.Kind == MediaKind.Video
            ? (section.Vp8Pt, section.Vp8RtxPt)
            : preferRed && section.RedPt is not null ? (section.RedPt, section.OpusPt) : (section.OpusPt, section.RedPt);
        return second is null ? $"{first}" : $"{first} {second}";
    }

    private static void WriteExtensions(StringBuilder sdp, SdpSection offered, NegotiatedSection section)
    {
        ReadOnlySpan<byte> used =
        [
            section.MidExt, section.RidExt, section.RepairedRidExt,
            section.TransportCcExt, section.AudioLevelExt, section.AbsSendTimeExt,
        ];
        foreach (SdpExtension extension in offered.Extensions)
        {
            if (used.Contains(extension.Id))
            {
                // RFC 8285 §6: a direction is answered by its reverse.
                string direction = extension.Direction == SdpDirection.SendRecv ? "" : $"/{extension.Direction.Reverse().Name()}";
                Line(sdp, $"a=extmap:{extension.Id}{direction} {extension.Uri}");
            }
        }
    }

    private static void WriteCodecs(StringBuilder sdp, NegotiatedSection section, bool preferRed)
    {
        if (section.Kind == MediaKind.Video)
        {
            Line(sdp, $"a=rtpmap:{section.Vp8Pt} VP8/90000");
            WriteFeedback(sdp, section, section.Vp8Pt);
            if (section.Vp8RtxPt is { } rtx)
            {
                Line(sdp, $"a=rtpmap:{rtx} rtx/90000");
                Line(sdp, $"a=fmtp:{rtx} apt={section.Vp8Pt}");
            }

            return;
        }

        if (preferRed)
        {
            WriteRed(sdp, section);
        }

        Line(sdp, $"a=rtpmap:{section.OpusPt} opus/48000/2");
        Line(sdp, $"a=fmtp:{section.OpusPt} minptime=10;useinbandfec=1");
        WriteFeedback(sdp, section, section.OpusPt);
        if (!preferRed)
        {
            WriteRed(sdp, section);
        }
    }

    private static void WriteRed(StringBuilder sdp, NegotiatedSection section)
    {
        if (section.RedPt is { } red)
        {
            Line(sdp, $"a=rtpmap:{red} red/48000/2");
            Line(sdp, $"a=fmtp:{red} {section.OpusPt}/{section.OpusPt}");
        }
    }

    private static void WriteFeedback(StringBuilder sdp, NegotiatedSection section, byte? payloadType)
    {
        ReadOnlySpan<(bool Used, string Value)> all =
        [
            (section.TransportCc, "transport-cc"), (section.Remb, "goog-remb"), (section.Fir, "ccm fir"),
            (section.Nack, "nack"), (section.Pli, "nack pli"),
        ];
        foreach ((bool used, string value) in all)
        {
            if (used)
            {
                Line(sdp, $"a=rtcp-fb:{payloadType} {value}");
            }
        }
    }

    // RFC 8853 §5.3: what the offer sends, the answer receives. One encoding is no simulcast.
    private static void WriteRids(StringBuilder sdp, NegotiatedSection section)
    {
        foreach (string rid in section.Rids)
        {
            Line(sdp, $"a=rid:{rid} recv");
        }

        if (section.Rids.Count > 1)
        {
            Line(sdp, $"a=simulcast:recv {string.Join(';', section.Rids)}");
        }
    }

    // RFC 5576; browsers find a receiver's track by msid and its packets by these.
    private static void WriteSources(StringBuilder sdp, NegotiatedSection section, SdpSendStream send)
    {
        if (send.RtxSsrc is { } rtx && section.Vp8RtxPt is not null)
        {
            Line(sdp, $"a=ssrc-group:FID {send.Ssrc.Value} {rtx.Value}");
        }

        // Chromium takes the first SSRC of a section for the stream itself, whatever the group says.
        Line(sdp, $"a=ssrc:{send.Ssrc.Value} cname:{send.Cname}");
        Line(sdp, $"a=ssrc:{send.Ssrc.Value} msid:{send.StreamId} {send.TrackId}");
        if (send.RtxSsrc is { } repair && section.Vp8RtxPt is not null)
        {
            Line(sdp, $"a=ssrc:{repair.Value} cname:{send.Cname}");
        }
    }

    private static void Line(StringBuilder sdp, string line) => sdp.Append(line).Append("\r\n");
}
