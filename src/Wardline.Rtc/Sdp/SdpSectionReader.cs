namespace Wardline.Rtc.Sdp;

/// <summary>Collects one m-section. Each method returns null or the code of the refusal.</summary>
internal sealed partial class SdpSectionReader(SdpLimits limits, HashSet<uint> ssrcsOfOffer)
{
    private readonly List<string> _formats = [];
    private readonly Dictionary<byte, Codec> _codecs = [];
    private readonly List<byte> _order = [];
    private readonly List<string> _feedbackForAll = [];
    private readonly List<SdpExtension> _extensions = [];
    private readonly List<SdpRid> _rids = [];
    private readonly List<string> _simulcastSend = [];
    private readonly List<Source> _sources = [];
    private readonly Dictionary<uint, uint> _rtxOf = [];
    private string _media = "", _protocol = "";
    private string? _msid;
    private bool _rtcpReducedSize;

    private sealed class Codec
    {
        public string Name = "";
        public int ClockRate, Channels = 1;
        public string? Fmtp;
        public List<string> Feedback = [];
    }

    private sealed class Source(uint ssrc)
    {
        public readonly uint Ssrc = ssrc;
        public string? Cname;
    }

    public SdpTransportReader Transport { get; } = new();

    public string? Mid { get; private set; }

    public MediaKind Kind { get; private set; }

    public SdpDirection? Direction { get; private set; }

    public bool RtcpMux { get; private set; }

    public bool BundleOnly { get; private set; }

    public bool PortIsZero { get; private set; }

    /// <summary>Of the m-line.</summary>
    public int Line { get; private set; }

    public bool Rejected => PortIsZero && !BundleOnly;

    public IReadOnlyList<SdpExtension> Extensions => _extensions;

    private bool IsRtp => Kind is MediaKind.Audio or MediaKind.Video;

    /// <summary>RFC 8866 §5.14: <c>m=media port proto fmt …</c></summary>
    public string? ReadMediaLine(ReadOnlySpan<char> value, int line)
    {
        Line = line;
        if (!SdpText.TryWord(ref value, out ReadOnlySpan<char> media) ||
            !SdpText.TryWord(ref value, out ReadOnlySpan<char> port) ||
            !SdpText.TryWord(ref value, out ReadOnlySpan<char> protocol) ||
            !SdpText.TryNumber(port, ushort.MaxValue, out uint portNumber))
        {
            return SdpCodes.Malformed;
        }

        (_media, _protocol, PortIsZero) = (media.ToString(), protocol.ToString(), portNumber == 0);
        Kind = media switch
        {
            "audio" => MediaKind.Audio,
            "video" => MediaKind.Video,
            "application" => MediaKind.Application,
            _ => MediaKind.Unknown,
        };

        while (SdpText.TryWord(ref value, out ReadOnlySpan<char> format))
        {
            if (_formats.Count == limits.MaxCodecsPerSection)
            {
                return SdpCodes.TooManyCodecs;
            }

            _formats.Add(format.ToString());
            if (IsRtp && (!SdpText.TryNumber(format, 127, out uint payloadType) || !AddCodec((byte)payloadType)))
            {
                return SdpCodes.Malformed;
            }
        }

        return _formats.Count == 0 || !value.IsEmpty ? SdpCodes.Malformed : null;
    }

    /// <summary>RFC 8827 §6.5: media runs over DTLS-SRTP or not at all. A rejected section carries nothing.</summary>
    public bool HasSecureProfile => Rejected || (Kind switch
    {
        MediaKind.Audio or MediaKind.Video => _protocol is "UDP/TLS/RTP/SAVPF" or "TCP/TLS/RTP/SAVPF",
        MediaKind.Application => _protocol is "UDP/DTLS/SCTP" or "TCP/DTLS/SCTP" or "DTLS/SCTP",
        _ => _protocol.Contains("TLS/", StringComparison.Ordinal),
    });

    public string? ReadAttribute(ReadOnlySpan<char> name, ReadOnlySpan<char> value)
    {
        if (Transport.TryRead(name, value, out string? code))
        {
            return code;
        }

        if (SdpDirections.TryParse(name, out SdpDirection direction))
        {
            Direction = direction;
            return null;
        }

        bool good = name switch
        {
            "mid" => ReadMid(value),
            "rtcp-mux" or "rtcp-mux-only" => RtcpMux = true, // RFC 5761, RFC 8858
            "rtcp-rsize" => _rtcpReducedSize = true,
            "bundle-only" => BundleOnly = true,
            "msid" => ReadMsid(value),
            "rtpmap" => !IsRtp || ReadRtpMap(value),
            "fmtp" => !IsRtp || ReadFmtp(value),
            "rtcp-fb" => !IsRtp || ReadFeedback(value),
            "extmap" => ReadExtension(value),
            "rid" => ReadRid(value),
            "simulcast" => ReadSimulcast(value),
            "ssrc" => ReadSsrc(value),
            "ssrc-group" => ReadSsrcGroup(value),
            _ => true,
        };
        return good ? null : SdpCodes.Malformed;
    }

    /// <summary>Checks what only the end of the section shows, and builds it.</summary>
    public string? Finish(SdpDirection? sessionDirection, out SdpSection? section)
    {
        section = null;
        if (Mid is null)
        {
            return SdpCodes.Malformed;
        }

        foreach (string rid in _simulcastSend)
        {
            if (!_rids.Exists(r => r.Send && r.Id == rid))
            {
                return SdpCodes.Malformed;
            }
        }

        section = new SdpSection
        {
            Mid = Mid,
            Kind = Kind,
            Media = _media,
            Protocol = _protocol,
            Formats = _formats,
            Rejected = Rejected,
            Direction = Direction ?? sessionDirection ?? SdpDirection.SendRecv,
            Codecs = [.. _order.ConvertAll(Build)],
            Extensions = _extensions,
            Rids = _rids,
            SimulcastSend = _simulcastSend,
            Sources = BuildSources(),
            Msid = _msid,
            RtcpMux = RtcpMux,
            RtcpReducedSize = _rtcpReducedSize,
        };
        return null;
    }

    private SdpCodec Build(byte payloadType)
    {
        Codec codec = _codecs[payloadType];
        return new(payloadType, codec.Name, codec.ClockRate, codec.Channels, codec.Fmtp, [.. codec.Feedback, .. _feedbackForAll]);
    }

    private List<SdpSource> BuildSources()
    {
        List<SdpSource> sources = [];
        foreach (Source source in _sources)
        {
            if (!_rtxOf.ContainsValue(source.Ssrc))
            {
                Ssrc? rtx = _rtxOf.TryGetValue(source.Ssrc, out uint repair) ? new Ssrc(repair) : null;
                sources.Add(new(new(source.Ssrc), rtx, source.Cname));
            }
        }

        return sources;
    }

    private bool AddCodec(byte payloadType)
    {
        _order.Add(payloadType);
        return _codecs.TryAdd(payloadType, new Codec());
    }
}
