using System.Text;
using Wardline.Rtc.Dtls;
using Wardline.Rtc.Ice;

namespace Wardline.Sfu.Tests.Harness;

/// <summary>The numbers that the offers of these tests agree on, as Chromium has them.</summary>
internal static class Numbers
{
    public const byte Opus = 111;
    public const byte Red = 63;
    public const byte Vp8 = 96;
    public const byte Rtx = 97;
    public const byte AudioLevel = 1;
    public const byte TransportCc = 3;
    public const byte Mid = 4;
    public const byte Rid = 10;
    public const byte RepairedRid = 11;
}

/// <summary>Writes offers of the shape that browsers make; sections stay once they were offered.</summary>
internal sealed class OfferBuilder
{
    private readonly List<Section> _sections = [];

    public sealed record Section(string Mid, TrackSource Source, bool Sends)
    {
        public string[] Rids { get; init; } = [];

        public uint[] Ssrcs { get; set; } = [];

        public string? Direction { get; set; }
    }

    public bool OffersRed { get; init; } = true;

    public byte OpusPt { get; init; } = Numbers.Opus;

    public bool OffersTransportCc { get; init; } = true;

    public bool OffersMid { get; init; } = true;

    public Section Add(TrackSource source, bool sends, string[]? rids = null)
    {
        Section section = new(_sections.Count.ToString(), source, sends) { Rids = rids ?? [] };
        _sections.Add(section);
        return section;
    }

    /// <summary>SSRC and RTX SSRC of what a section sends.</summary>
    public void Declare(string mid, params uint[] ssrcs) => _sections.Find(section => section.Mid == mid)!.Ssrcs = ssrcs;

    public void SetDirection(string mid, string direction) => _sections.Find(section => section.Mid == mid)!.Direction = direction;

    public string Write(IceCredentials ice, DtlsFingerprint fingerprint)
    {
        StringBuilder sdp = new();
        void Line(string line) => sdp.Append(line).Append("\r\n");
        Line("v=0");
        Line("o=- 4611 2 IN IP4 127.0.0.1");
        Line("s=-");
        Line("t=0 0");
        Line($"a=group:BUNDLE {string.Join(' ', _sections.Select(s => s.Mid))}");
        foreach (Section section in _sections)
        {
            bool audio = section.Source == TrackSource.Microphone;
            string types = audio ? OffersRed ? $"{OpusPt} {Numbers.Red}" : $"{OpusPt}" : $"{Numbers.Vp8} {Numbers.Rtx}";
            Line($"m={(audio ? "audio" : "video")} 9 UDP/TLS/RTP/SAVPF {types}");
            Line("c=IN IP4 0.0.0.0");
            Line("a=rtcp:9 IN IP4 0.0.0.0");
            Line($"a=ice-ufrag:{ice.Ufrag}");
            Line($"a=ice-pwd:{ice.Password}");
            Line($"a=fingerprint:{fingerprint.Algorithm} {fingerprint.Value}");
            Line("a=setup:actpass");
            Line($"a=mid:{section.Mid}");
            WriteExtensions(audio, Line);
            Line($"a={section.Direction ?? (section.Sends ? "sendonly" : "recvonly")}");
            Line("a=rtcp-mux");
            Line("a=rtcp-rsize");
            WriteCodecs(section, audio, Line);
        }

        return sdp.ToString();
    }

    private void WriteExtensions(bool audio, Action<string> line)
    {
        if (OffersMid)
        {
            line($"a=extmap:{Numbers.Mid} urn:ietf:params:rtp-hdrext:sdes:mid");
        }

        if (OffersTransportCc)
        {
            line($"a=extmap:{Numbers.TransportCc} http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01");
        }

        if (audio)
        {
            line($"a=extmap:{Numbers.AudioLevel} urn:ietf:params:rtp-hdrext:ssrc-audio-level");
            return;
        }

        line($"a=extmap:{Numbers.Rid} urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id");
        line($"a=extmap:{Numbers.RepairedRid} urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id");
    }

    private void WriteCodecs(Section section, bool audio, Action<string> line)
    {
        if (audio)
        {
            line($"a=rtpmap:{OpusPt} opus/48000/2");
            line($"a=fmtp:{OpusPt} minptime=10;useinbandfec=1");
            if (OffersTransportCc)
            {
                line($"a=rtcp-fb:{OpusPt} transport-cc");
            }

            if (OffersRed)
            {
                line($"a=rtpmap:{Numbers.Red} red/48000/2");
                line($"a=fmtp:{Numbers.Red} {OpusPt}/{OpusPt}");
            }
        }
        else
        {
            line($"a=rtpmap:{Numbers.Vp8} VP8/90000");
            foreach (string kind in (string[])[OffersTransportCc ? "transport-cc" : "goog-remb", "ccm fir", "nack", "nack pli"])
            {
                line($"a=rtcp-fb:{Numbers.Vp8} {kind}");
            }

            line($"a=rtpmap:{Numbers.Rtx} rtx/90000");
            line($"a=fmtp:{Numbers.Rtx} apt={Numbers.Vp8}");
            foreach (string rid in section.Rids)
            {
                line($"a=rid:{rid} send");
            }

            if (section.Rids.Length > 0)
            {
                line($"a=simulcast:send {string.Join(';', section.Rids)}");
            }
        }

        if (section.Ssrcs.Length == 2)
        {
            line($"a=ssrc-group:FID {section.Ssrcs[0]} {section.Ssrcs[1]}");
        }

        foreach (uint ssrc in section.Ssrcs)
        {
            line($"a=ssrc:{ssrc} cname:test");
        }
    }
}
