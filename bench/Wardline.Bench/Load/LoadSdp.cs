using System.Net;
using System.Text;
using Wardline.Rtc;
using Wardline.Rtc.Dtls;
using Wardline.Rtc.Ice;

namespace Wardline.Bench.Load;

/// <summary>One m-section of what the generator says.</summary>
/// <param name="Ssrc">Of what is sent in it; null: it receives.</param>
internal sealed record LoadSection(MediaNumbers Numbers, bool Video, uint? Ssrc);

/// <summary>What a server's description says to a peer.</summary>
/// <param name="PayloadTypes">The first payload type of each m-section, by mid.</param>
internal sealed record RemoteDescription(IceCredentials Ice, DtlsFingerprint Fingerprint, TransportAddress Candidate, IReadOnlyDictionary<string, (bool Video, byte PayloadType)> PayloadTypes);

/// <summary>SDP of the generator's peers: one video codec, one audio codec, nothing that not all servers know.</summary>
internal static class LoadSdp
{
    public const byte Vp8 = 96;
    public const byte Vp8Rtx = 97;
    public const byte Opus = 111;
    public const byte MidId = 4;
    public const byte TransportCcId = 3;

    /// <summary>An offer, or an answer to an offer with the same mids; either way the generator opens DTLS.</summary>
    public static string Write(in IceCredentials ice, in DtlsFingerprint fingerprint, IReadOnlyList<LoadSection> sections)
    {
        StringBuilder sdp = new();
        void Line(string line) => sdp.Append(line).Append("\r\n");
        Line("v=0");
        Line("o=- 1 1 IN IP4 127.0.0.1");
        Line("s=-");
        Line("t=0 0");
        Line($"a=group:BUNDLE {string.Join(' ', sections.Select(s => s.Numbers.Mid))}");
        Line("a=msid-semantic: WMS load");
        foreach (LoadSection section in sections)
        {
            MediaNumbers n = section.Numbers;
            bool retransmits = section.Video && n.MidId != 0;
            Line($"m={(section.Video ? "video" : "audio")} 9 UDP/TLS/RTP/SAVPF {n.PayloadType}{(retransmits ? $" {Vp8Rtx}" : "")}");
            Line("c=IN IP4 0.0.0.0");
            Line($"a=ice-ufrag:{ice.Ufrag}");
            Line($"a=ice-pwd:{ice.Password}");
            Line($"a=fingerprint:{fingerprint.Algorithm} {fingerprint.Value}");
            Line("a=setup:active");
            Line($"a=mid:{n.Mid}");
            Line(section.Ssrc is null ? "a=recvonly" : "a=sendonly");
            Line("a=rtcp-mux");
            if (n.MidId != 0)
            {
                Line($"a=extmap:{n.TransportCcId} http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01");
                Line($"a=extmap:{n.MidId} urn:ietf:params:rtp-hdrext:sdes:mid");
                Line($"a=rtcp-fb:{n.PayloadType} transport-cc");
            }

            Line(section.Video ? $"a=rtpmap:{n.PayloadType} VP8/90000" : $"a=rtpmap:{n.PayloadType} opus/48000/2");
            if (section.Video)
            {
                Line($"a=rtcp-fb:{n.PayloadType} nack");
                Line($"a=rtcp-fb:{n.PayloadType} nack pli");
            }

            if (retransmits)
            {
                // What a server probes with for more bandwidth.
                Line($"a=rtpmap:{Vp8Rtx} rtx/90000");
                Line($"a=fmtp:{Vp8Rtx} apt={n.PayloadType}");
            }

            if (section.Ssrc is { } ssrc)
            {
                Line($"a=ssrc:{ssrc} cname:load");
                Line($"a=ssrc:{ssrc} msid:load {n.Mid}");
            }
        }

        return sdp.ToString();
    }

    /// <exception cref="LoadException">Something that a peer needs is not in it.</exception>
    public static RemoteDescription Read(string sdp)
    {
        string[] lines = sdp.Split('\n', StringSplitOptions.TrimEntries);
        string Value(string name) => lines.FirstOrDefault(l => l.StartsWith($"a={name}:", StringComparison.Ordinal))?[(name.Length + 3)..]
            ?? throw new LoadException($"The server's description has no {name}.");
        string[] print = Value("fingerprint").Split(' ');
        if (print.Length != 2 || !DtlsFingerprint.TryParse(print[0].ToLowerInvariant(), print[1], out DtlsFingerprint fingerprint))
        {
            throw new LoadException("The server's description has no usable fingerprint.");
        }

        // a=candidate:FOUNDATION 1 udp PRIORITY ADDRESS PORT typ host
        IPEndPoint? candidate = lines.Where(l => l.StartsWith("a=candidate:", StringComparison.Ordinal)).Select(l => l.Split(' '))
            .Where(w => w.Length >= 8 && w[1] == "1" && w[2].Equals("udp", StringComparison.OrdinalIgnoreCase) && w[7] == "host")
            .Select(w => IPAddress.TryParse(w[4], out IPAddress? address) && ushort.TryParse(w[5], out ushort port) ? new IPEndPoint(address, port) : null)
            .FirstOrDefault(e => e is { AddressFamily: System.Net.Sockets.AddressFamily.InterNetwork });
        if (candidate is null)
        {
            throw new LoadException("The server's description has no IPv4 host candidate over UDP.");
        }

        Dictionary<string, (bool, byte)> types = new(StringComparer.Ordinal);
        (bool Video, byte PayloadType) current = default;
        foreach (string line in lines)
        {
            if (line.StartsWith("m=", StringComparison.Ordinal))
            {
                string[] words = line.Split(' ');
                current = (words[0] == "m=video", words.Length > 3 && byte.TryParse(words[3], out byte type) ? type : (byte)0);
            }
            else if (line.StartsWith("a=mid:", StringComparison.Ordinal))
            {
                types[line["a=mid:".Length..]] = current;
            }
        }

        return new RemoteDescription(new IceCredentials(Value("ice-ufrag"), Value("ice-pwd")), fingerprint, TransportAddress.From(candidate), types);
    }
}
