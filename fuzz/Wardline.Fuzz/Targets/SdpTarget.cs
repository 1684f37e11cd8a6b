using System.Text;
using Wardline.Fuzz.Running;
using Wardline.Rtc;
using Wardline.Rtc.Dtls;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Sdp;
using Wardline.Rtc.Tests.Sdp;

namespace Wardline.Fuzz.Targets;

/// <summary>
/// Any text is an offer or an error. An offer can be negotiated, answered and followed by itself, and nothing from it
/// adds a line to the answer.
/// </summary>
internal sealed class SdpTarget : IFuzzTarget
{
    private static readonly SdpAnswerParameters Parameters = new()
    {
        Ice = Checks.Local,
        Fingerprint = DtlsFingerprint.Of("certificate"u8),
        CandidateLines = ["candidate:u0 1 udp 2130706431 192.0.2.1 7881 typ host"],
        SessionId = 1,
        Version = 1,
        Send = new Dictionary<string, SdpSendStream>(StringComparer.Ordinal) { ["1"] = new(new Ssrc(1), new Ssrc(2), "s", "t", "c") },
    };

    public string Name => "sdp";

    // An offer of 48 KiB is cut into its lines and words and each codec gets what was said for all; still no more than this.
    public long AllocationBudget => 4 * 1024 * 1024;

    public int MaxBytes => 64 * 1024;

    public IEnumerable<byte[]> Seeds =>
        new[] { Offers.ChromiumSimulcast, Offers.ChromiumPlain, Offers.FirefoxSimulcast, Offers.FirefoxMaxBundle }.Select(Encoding.UTF8.GetBytes);

    public IEnumerable<byte[]> Dictionary => new[]
    {
        "\r\n", "\n", "a=", "m=audio 9 UDP/TLS/RTP/SAVPF 111\n", "m=video 0 UDP/TLS/RTP/SAVPF 96\n", "a=bundle-only\n", "a=mid:1\n",
        "a=rtpmap:96 VP8/90000\n", "a=rtcp-fb:* nack\n", "a=extmap:14/sendonly urn:x\n", "a=rid:q send\n", "a=simulcast:send q;h;f recv q\n",
        "a=ssrc:1 cname:x\n", "a=ssrc-group:FID 1 2\n", "a=fingerprint:sha-512 ", "a=group:BUNDLE 0 1 2\n", "a=inactive\n", "a=sendrecv\n",
        "a=setup:active\n", "a=rtcp-mux\n", "a=ice-ufrag:abcd\n", "a=fmtp:97 apt=96\n", "4294967296", "-1", "\0", "é", ";", ",", "~", "/", ":", " ",
    }.Select(Encoding.UTF8.GetBytes);

    public void Run(ReadOnlySpan<byte> input)
    {
        string sdp = Encoding.UTF8.GetString(input);
        bool parsed = SdpOfferParser.TryParse(sdp, SdpLimits.Default, out SdpOffer? offer, out SdpError? error);
        Promise.Hold(parsed == (offer is not null) && parsed == (error is null), "An offer or an error.");
        if (offer is null)
        {
            Promise.Hold(error!.Code.StartsWith("sdp.", StringComparison.Ordinal) && error.Line >= 0, "A refusal has a code.");
            return;
        }

        Promise.Hold(offer.Ice.IsWellFormed && DtlsFingerprint.HashBytes(offer.Fingerprint.Algorithm) >= 32, "One keyed transport.");
        List<NegotiatedSection> sections = [.. offer.Sections.Select(s => SdpNegotiator.Negotiate(s, SdpPolicy.Default))];
        string answer = SdpAnswerWriter.Write(offer, sections, Parameters);
        int mediaLines = 0;
        foreach (string line in answer[..^2].Split("\r\n"))
        {
            mediaLines += line.StartsWith("m=", StringComparison.Ordinal) ? 1 : 0;
            Promise.Hold(line.Length >= 2 && line[1] == '=' && !line.Any(char.IsControl), "An answer is lines of the form x=value.");
        }

        Promise.Hold(mediaLines == offer.Sections.Count, "An answer has a section for each of the offer.");
        Promise.Hold(SdpReoffer.TryCheck(offer, offer, out bool restart, out _) && !restart, "The same offer again changes nothing.");
    }
}
