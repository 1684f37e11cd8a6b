using System.Text;
using Wardline.Rtc;
using Wardline.Rtc.Dtls;
using Wardline.Rtc.Ice;
using Wardline.Sfu;

namespace Wardline.Media.Tests.Peers;

/// <summary>One m-section of a <see cref="NativePeer"/>'s offer; what it receives when <see cref="From"/> is set.</summary>
internal sealed record PeerSection(string Mid, TrackSource Source, ParticipantId? From)
{
    public bool IsAudio => Source == TrackSource.Microphone;
}

/// <summary>The SDP of a <see cref="NativePeer"/>: the least that a browser would say.</summary>
internal static class PeerSdp
{
    public const byte AudioLevelId = 1;
    public const byte TransportCcId = 3;
    public const byte MidId = 4;
    public const byte RidId = 10;
    public const byte Opus = 111;
    public const byte Vp8 = 96;
    public const byte Vp8Rtx = 97;

    public static string Offer(in IceCredentials ice, in DtlsFingerprint fingerprint, IReadOnlyList<PeerSection> sections)
    {
        StringBuilder sdp = new();
        void Line(string line) => sdp.Append(line).Append("\r\n");
        Line("v=0");
        Line("o=- 1 1 IN IP4 127.0.0.1");
        Line("s=-");
        Line("t=0 0");
        Line($"a=group:BUNDLE {string.Join(' ', sections.Select(s => s.Mid))}");
        foreach (PeerSection section in sections)
        {
            Line(section.IsAudio ? $"m=audio 9 UDP/TLS/RTP/SAVPF {Opus}" : $"m=video 9 UDP/TLS/RTP/SAVPF {Vp8} {Vp8Rtx}");
            Line("c=IN IP4 0.0.0.0");
            Line($"a=ice-ufrag:{ice.Ufrag}");
            Line($"a=ice-pwd:{ice.Password}");
            Line($"a=fingerprint:{fingerprint.Algorithm} {fingerprint.Value}");
            Line("a=setup:actpass");
            Line($"a=mid:{section.Mid}");
            Line($"a=extmap:{TransportCcId} http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01");
            Line($"a=extmap:{MidId} urn:ietf:params:rtp-hdrext:sdes:mid");
            Line(section.From is null ? "a=sendonly" : "a=recvonly");
            Line("a=rtcp-mux");
            Line("a=rtcp-rsize");
            if (section.IsAudio)
            {
                Line($"a=extmap:{AudioLevelId} urn:ietf:params:rtp-hdrext:ssrc-audio-level");
                Line($"a=rtpmap:{Opus} opus/48000/2");
                Line($"a=rtcp-fb:{Opus} transport-cc");
                continue;
            }

            Line($"a=rtpmap:{Vp8} VP8/90000");
            Line($"a=rtcp-fb:{Vp8} transport-cc");
            Line($"a=rtcp-fb:{Vp8} nack");
            Line($"a=rtcp-fb:{Vp8} nack pli");
            Line($"a=rtpmap:{Vp8Rtx} rtx/90000");
            Line($"a=fmtp:{Vp8Rtx} apt={Vp8}");
            if (section.From is null)
            {
                Line($"a=extmap:{RidId} urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id");
                Line("a=rid:q send");
                Line("a=rid:h send");
                Line("a=rid:f send");
                Line("a=simulcast:send q;h;f");
            }
        }

        return sdp.ToString();
    }

    /// <summary>The first value of an attribute, whatever section it stands in.</summary>
    public static string Attribute(string sdp, string name) =>
        sdp.Split("\r\n").First(l => l.StartsWith($"a={name}:", StringComparison.Ordinal))[(name.Length + 3)..];

    /// <summary>By source: the section that carries it. Retransmission sources are left out.</summary>
    public static Dictionary<Ssrc, string> SourcesByMid(string sdp)
    {
        Dictionary<Ssrc, string> sources = [];
        foreach (string section in sdp.Split("\r\nm=").Skip(1))
        {
            string mid = Attribute("\r\n" + section, "mid");
            HashSet<string> retransmissions = [.. section.Split("\r\n").Where(l => l.StartsWith("a=ssrc-group:FID ", StringComparison.Ordinal)).Select(l => l.Split(' ')[2])];
            foreach (string line in section.Split("\r\n").Where(l => l.StartsWith("a=ssrc:", StringComparison.Ordinal)))
            {
                string number = line["a=ssrc:".Length..].Split(' ')[0];
                if (!retransmissions.Contains(number))
                {
                    sources[new Ssrc(uint.Parse(number))] = mid;
                }
            }
        }

        return sources;
    }
}
