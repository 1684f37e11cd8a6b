using Wardline.Rtc.Dtls;
using Wardline.Rtc.Ice;

namespace Wardline.Rtc.Sdp;

/// <summary>
/// An offer that passed the strict filter: one BUNDLE group on one ICE-DTLS transport. Strings in it are printable
/// ASCII without blanks where SDP wants tokens, so they can be written back into an answer as they are.
/// </summary>
public sealed record SdpOffer
{
    /// <summary>Of the section that the BUNDLE group is tagged with (RFC 8843 §7.2); what other sections say is not used.</summary>
    public required IceCredentials Ice { get; init; }

    /// <summary>The strongest of the tagged section.</summary>
    public required DtlsFingerprint Fingerprint { get; init; }

    public required SdpSetup Setup { get; init; }

    /// <summary>All m-sections, rejected ones too, in order: an answer must have as many.</summary>
    public required IReadOnlyList<SdpSection> Sections { get; init; }

    /// <summary>The mids of the BUNDLE group, in order.</summary>
    public required IReadOnlyList<string> BundleGroup { get; init; }

    public required bool TrickleIce { get; init; }

    /// <summary>The section with this mid, or null.</summary>
    public SdpSection? Find(string mid)
    {
        foreach (SdpSection section in Sections)
        {
            if (section.Mid == mid)
            {
                return section;
            }
        }

        return null;
    }
}

/// <param name="Name">As offered; compared without case.</param>
/// <param name="ClockRate">Hz.</param>
/// <param name="Channels">1 when not said.</param>
/// <param name="Feedback">Values of <c>a=rtcp-fb</c>, also those given for <c>*</c>.</param>
public sealed record SdpCodec(byte PayloadType, string Name, int ClockRate, int Channels, string? Fmtp, IReadOnlyList<string> Feedback)
{
    public bool Is(string name, int clockRate, int channels) =>
        ClockRate == clockRate && Channels == channels && string.Equals(Name, name, StringComparison.OrdinalIgnoreCase);
}

/// <summary>RFC 8285 §5.</summary>
/// <param name="Id">1 … 255.</param>
/// <param name="Direction">SendRecv when not said.</param>
public sealed record SdpExtension(byte Id, string Uri, SdpDirection Direction);

/// <summary>RFC 8851: one encoding of a simulcast.</summary>
public sealed record SdpRid(string Id, bool Send);

/// <summary>A primary source with the source of its retransmissions (RFC 5576 §4.2, RFC 4588 §8.3).</summary>
public sealed record SdpSource(Ssrc Ssrc, Ssrc? Rtx, string? Cname);

/// <summary>One m-section of an offer.</summary>
public sealed record SdpSection
{
    /// <summary>RFC 5888; at most 16 characters, so that it fits a one-byte header extension.</summary>
    public required string Mid { get; init; }

    public required MediaKind Kind { get; init; }

    /// <summary>The word on the m-line: for the answer.</summary>
    public required string Media { get; init; }

    public required string Protocol { get; init; }

    /// <summary>The formats on the m-line as they stand there: a rejected section repeats them.</summary>
    public required IReadOnlyList<string> Formats { get; init; }

    /// <summary>Port 0 without <c>a=bundle-only</c> (RFC 8843 §6): the client does not use this section.</summary>
    public required bool Rejected { get; init; }

    /// <summary>Seen from the client.</summary>
    public required SdpDirection Direction { get; init; }

    /// <summary>In the order of preference of the m-line.</summary>
    public required IReadOnlyList<SdpCodec> Codecs { get; init; }

    public required IReadOnlyList<SdpExtension> Extensions { get; init; }

    public required IReadOnlyList<SdpRid> Rids { get; init; }

    /// <summary>The rids that the client wants to send (RFC 8853), the first of each set of alternatives; empty without simulcast.</summary>
    public required IReadOnlyList<string> SimulcastSend { get; init; }

    /// <summary>Primary sources in the order of the offer. Chromium declares none for simulcast, Firefox all.</summary>
    public required IReadOnlyList<SdpSource> Sources { get; init; }

    /// <summary>"stream track" (RFC 8830), or null.</summary>
    public required string? Msid { get; init; }

    public required bool RtcpMux { get; init; }

    /// <summary>RFC 5506.</summary>
    public required bool RtcpReducedSize { get; init; }
}
