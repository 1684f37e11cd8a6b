using System.Globalization;
using System.Text;
using Wardline.Rtc.Dtls;
using Wardline.Rtc.Ice;

namespace Wardline.Client.Negotiation;

/// <summary>One m-section that this participant offers, for the whole visit; sections are added at the end and never renamed.</summary>
/// <param name="From">The participant whose source is received here; null when it is our own that is sent.</param>
internal sealed record MediaSection(string Mid, MediaSource Source, string? From)
{
    public bool IsAudio => Source == MediaSource.Microphone;

    public bool Sends => From is null;

    /// <summary>Nobody to receive from at the moment: the section stays, without media.</summary>
    public bool IsIdle { get; set; }
}

/// <summary>Writes offers as docs/protocol.md §3 wants them: max-bundle, rtcp-mux, Opus, VP8 with RTX, simulcast q h f.</summary>
internal static class ClientOffer
{
    // The numbers are the offerer's to choose (RFC 3264 §5.1); these are the ones that browsers use.
    public const byte Opus = 111;
    public const byte Vp8 = 96;
    public const byte Vp8Rtx = 97;
    public const byte AudioLevelId = 1;
    public const byte TransportCcId = 3;
    public const byte MidId = 4;
    public const byte RidId = 10;
    public const byte RepairedRidId = 11;

    public static readonly string[] Rids = ["q", "h", "f"];

    /// <param name="session">The same in every offer of one instance.</param>
    /// <param name="version">Rises by one with each offer (RFC 3264 §8).</param>
    /// <param name="rids">Layers of a camera; none for a plain stream.</param>
    public static string Write(ulong session, int version, in IceCredentials ice, in DtlsFingerprint fingerprint, IReadOnlyList<MediaSection> sections, IReadOnlyList<string> rids)
    {
        StringBuilder sdp = new(512 + sections.Count * 900);
        Line(sdp, "v=0");
        Line(sdp, $"o=- {session >> 1} {version} IN IP4 127.0.0.1");
        Line(sdp, "s=-");
        Line(sdp, "t=0 0");
        Line(sdp, $"a=group:BUNDLE {string.Join(' ', sections.Select(s => s.Mid))}");
        foreach (MediaSection section in sections)
        {
            Line(sdp, section.IsAudio ? $"m=audio 9 UDP/TLS/RTP/SAVPF {Opus}" : $"m=video 9 UDP/TLS/RTP/SAVPF {Vp8} {Vp8Rtx}");
            Line(sdp, "c=IN IP4 0.0.0.0");
            Line(sdp, $"a=ice-ufrag:{ice.Ufrag}");
            Line(sdp, $"a=ice-pwd:{ice.Password}");
            Line(sdp, $"a=fingerprint:{fingerprint.Algorithm} {fingerprint.Value}");
            Line(sdp, "a=setup:actpass");
            Line(sdp, $"a=mid:{section.Mid}");
            Line(sdp, section.IsIdle ? "a=inactive" : section.Sends ? "a=sendonly" : "a=recvonly");
            Line(sdp, "a=rtcp-mux");
            Line(sdp, "a=rtcp-rsize");
            Line(sdp, $"a=extmap:{MidId} urn:ietf:params:rtp-hdrext:sdes:mid");
            Line(sdp, $"a=extmap:{TransportCcId} http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01");
            if (section.IsAudio)
            {
                Line(sdp, $"a=extmap:{AudioLevelId} urn:ietf:params:rtp-hdrext:ssrc-audio-level");
                Line(sdp, $"a=rtpmap:{Opus} opus/48000/2");
                Line(sdp, $"a=fmtp:{Opus} minptime=10;useinbandfec=1");
                Line(sdp, $"a=rtcp-fb:{Opus} transport-cc");
            }
            else
            {
                WriteVideo(sdp, section, rids);
            }
        }

        return sdp.ToString();
    }

    private static void WriteVideo(StringBuilder sdp, MediaSection section, IReadOnlyList<string> rids)
    {
        Line(sdp, $"a=rtpmap:{Vp8} VP8/90000");
        Line(sdp, $"a=rtcp-fb:{Vp8} transport-cc");
        Line(sdp, $"a=rtcp-fb:{Vp8} nack");
        Line(sdp, $"a=rtcp-fb:{Vp8} nack pli");
        Line(sdp, $"a=rtpmap:{Vp8Rtx} rtx/90000");
        Line(sdp, $"a=fmtp:{Vp8Rtx} apt={Vp8}");
        if (section.Sends && rids.Count > 0)
        {
            Line(sdp, $"a=extmap:{RidId} urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id");
            Line(sdp, $"a=extmap:{RepairedRidId} urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id");
            foreach (string rid in rids)
            {
                Line(sdp, $"a=rid:{rid} send");
            }

            Line(sdp, $"a=simulcast:send {string.Join(';', rids)}");
        }
    }

    private static void Line(StringBuilder sdp, FormattableString line) => sdp.Append(line.ToString(CultureInfo.InvariantCulture)).Append("\r\n");

    private static void Line(StringBuilder sdp, string line) => sdp.Append(line).Append("\r\n");
}
