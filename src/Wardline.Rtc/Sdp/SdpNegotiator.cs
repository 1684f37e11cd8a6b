namespace Wardline.Rtc.Sdp;

/// <summary>What the server is willing to do with a section.</summary>
public sealed record SdpPolicy
{
    public static SdpPolicy Default { get; } = new();

    /// <summary>Whether redundant audio (RFC 2198) is taken when offered.</summary>
    public bool AllowRed { get; init; } = true;

    /// <summary>Simulcast layers taken of a camera, the first ones named.</summary>
    public int MaxRids { get; init; } = 3;
}

/// <summary>
/// What of one offered section is used. Payload types and extension ids are the client's; an id of 0 and a payload
/// type of null mean "not there".
/// </summary>
public sealed record NegotiatedSection
{
    public required string Mid { get; init; }

    public required MediaKind Kind { get; init; }

    /// <summary>Answered with port 0.</summary>
    public required bool Rejected { get; init; }

    /// <summary>Why it is rejected although the client wants to use it; null otherwise.</summary>
    public SdpError? Problem { get; init; }

    /// <summary>Seen from the server: the most that the offer allows. The caller may narrow it.</summary>
    public SdpDirection AnswerDirection { get; init; }

    public byte? OpusPt { get; init; }

    public byte? RedPt { get; init; }

    public byte? Vp8Pt { get; init; }

    public byte? Vp8RtxPt { get; init; }

    public byte MidExt { get; init; }

    public byte RidExt { get; init; }

    public byte RepairedRidExt { get; init; }

    public byte TransportCcExt { get; init; }

    public byte AudioLevelExt { get; init; }

    public byte AbsSendTimeExt { get; init; }

    /// <summary>The encodings that the client sends when it sends, in its order; empty when it is one without a name.</summary>
    public IReadOnlyList<string> Rids { get; init; } = [];

    /// <summary>Feedback and header extension of transport-wide congestion control are both there.</summary>
    public bool TransportCc { get; init; }

    public bool Nack { get; init; }

    public bool Pli { get; init; }

    public bool Fir { get; init; }

    /// <summary>Only without <see cref="TransportCc"/>: the client measures, and says so by REMB.</summary>
    public bool Remb { get; init; }

    public bool RtcpReducedSize { get; init; }

    /// <summary>Sources that the offer declares for what the client sends, with their retransmissions.</summary>
    public IReadOnlyList<SdpSource> Sources { get; init; } = [];
}

/// <summary>Picks from one section what the server speaks: Opus and RED, VP8 and RTX, and the extensions it understands.</summary>
public static class SdpNegotiator
{
    // RFC 5761 §4: with rtcp-mux these payload types look like RTCP.
    private const byte FirstRtcpLike = 64;
    private const byte LastRtcpLike = 95;

    /// <summary>Highest id of the one-byte form (RFC 8285 §4.2), which is the one that is written.</summary>
    private const byte MaxExtensionId = 14;

    public static NegotiatedSection Negotiate(SdpSection offered, SdpPolicy policy)
    {
        if (offered.Rejected || offered.Kind is MediaKind.Application or MediaKind.Unknown)
        {
            return Reject(offered, null);
        }

        return offered.Kind == MediaKind.Audio ? NegotiateAudio(offered, policy) : NegotiateVideo(offered, policy);
    }

    private static NegotiatedSection NegotiateAudio(SdpSection offered, SdpPolicy policy)
    {
        if (Pick(offered, "opus", 48000, 2, null) is not { } opus)
        {
            return Reject(offered, SdpCodes.NoCodec);
        }

        // RFC 2198 §5: the blocks of a RED packet are of the listed types; only Opus in Opus is spoken.
        SdpCodec? red = policy.AllowRed ? Pick(offered, "red", 48000, 2, fmtp => IsRedOf(fmtp, opus.PayloadType)) : null;
        return Common(offered, opus) with
        {
            OpusPt = opus.PayloadType,
            RedPt = red?.PayloadType,
            AudioLevelExt = ExtensionId(offered, RtpExtensionUris.AudioLevel),
        };
    }

    private static NegotiatedSection NegotiateVideo(SdpSection offered, SdpPolicy policy)
    {
        if (Pick(offered, "VP8", 90000, 1, null) is not { } vp8)
        {
            return Reject(offered, SdpCodes.NoCodec);
        }

        SdpCodec? rtx = Pick(offered, "rtx", 90000, 1, fmtp => IsRtxOf(fmtp, vp8.PayloadType));

        // Also of a camera that is off at the moment: what an answer leaves out, Chromium does not offer again, and
        // simulcast that was once answered without its rids stays a single layer.
        byte ridExt = ExtensionId(offered, RtpExtensionUris.Rid);
        return Common(offered, vp8) with
        {
            Vp8Pt = vp8.PayloadType,
            Vp8RtxPt = rtx?.PayloadType,
            Rids = ridExt != 0 ? Encodings(offered, policy.MaxRids) : [],
            RidExt = ridExt,
            RepairedRidExt = ridExt != 0 ? ExtensionId(offered, RtpExtensionUris.RepairedRid) : (byte)0,
        };
    }

    private static NegotiatedSection Common(SdpSection offered, SdpCodec codec)
    {
        byte transportCcExt = ExtensionId(offered, RtpExtensionUris.TransportCc);
        bool transportCc = transportCcExt != 0 && codec.Feedback.Contains("transport-cc");
        return new NegotiatedSection
        {
            Mid = offered.Mid,
            Kind = offered.Kind,
            Rejected = false,
            AnswerDirection = offered.Direction.Reverse(),
            MidExt = ExtensionId(offered, RtpExtensionUris.Mid),
            TransportCcExt = transportCc ? transportCcExt : (byte)0,
            AbsSendTimeExt = ExtensionId(offered, RtpExtensionUris.AbsSendTime),
            TransportCc = transportCc,
            Nack = codec.Feedback.Contains("nack"),
            Pli = codec.Feedback.Contains("nack pli"),
            Fir = codec.Feedback.Contains("ccm fir"),
            Remb = !transportCc && codec.Feedback.Contains("goog-remb"),
            RtcpReducedSize = offered.RtcpReducedSize,
            Sources = offered.Direction.Sends() ? offered.Sources : [],
        };
    }

    private static NegotiatedSection Reject(SdpSection offered, string? code) => new()
    {
        Mid = offered.Mid,
        Kind = offered.Kind,
        Rejected = true,
        Problem = code is null ? null : new SdpError(code, SdpMessages.For(code), 0),
    };

    private static SdpCodec? Pick(SdpSection offered, string name, int clockRate, int channels, Predicate<string>? fmtp)
    {
        foreach (SdpCodec codec in offered.Codecs)
        {
            if (codec.PayloadType is < FirstRtcpLike or > LastRtcpLike && codec.Is(name, clockRate, channels) &&
                (fmtp is null || (codec.Fmtp is not null && fmtp(codec.Fmtp))))
            {
                return codec;
            }
        }

        return null;
    }

    // RFC 4588 §8.6: "apt=96", perhaps with rtx-time behind.
    private static bool IsRtxOf(string fmtp, byte payloadType)
    {
        foreach (Range part in fmtp.AsSpan().Split(';'))
        {
            ReadOnlySpan<char> parameter = fmtp.AsSpan()[part].Trim();
            if (parameter.StartsWith("apt=") && SdpText.TryNumber(parameter[4..], 127, out uint apt) && apt == payloadType)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsRedOf(string fmtp, byte payloadType)
    {
        foreach (Range part in fmtp.AsSpan().Split('/'))
        {
            if (!SdpText.TryNumber(fmtp.AsSpan()[part], 127, out uint block) || block != payloadType)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The id to use, or 0: not offered, not in the direction that this section has, or not writable in one byte.</summary>
    private static byte ExtensionId(SdpSection offered, string uri)
    {
        foreach (SdpExtension extension in offered.Extensions)
        {
            bool flows = offered.Direction == SdpDirection.Inactive || ((int)extension.Direction & (int)offered.Direction) != 0;
            if (extension.Uri == uri && extension.Id <= MaxExtensionId && flows)
            {
                return extension.Id;
            }
        }

        return 0;
    }

    private static List<string> Encodings(SdpSection offered, int max)
    {
        List<string> rids = [.. offered.SimulcastSend];
        if (rids.Count == 0)
        {
            foreach (SdpRid rid in offered.Rids)
            {
                if (rid.Send)
                {
                    rids.Add(rid.Id);
                }
            }
        }

        return rids.Count > max ? rids.GetRange(0, max) : rids;
    }
}
