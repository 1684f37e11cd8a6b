using Wardline.Rtc.Dtls;

namespace Wardline.Rtc.Sdp;

/// <summary>
/// What ICE and DTLS need, at session level or in a section. A section inherits from the session what it does not
/// say itself (Firefox writes the fingerprint once, at the top).
/// </summary>
internal sealed class SdpTransportReader
{
    public string? Ufrag { get; private set; }

    public string? Password { get; private set; }

    public DtlsFingerprint? Fingerprint { get; private set; }

    /// <summary>As written; judged for the tagged section.</summary>
    public string? Setup { get; private set; }

    public bool Lite { get; private set; }

    public bool Trickle { get; private set; }

    /// <summary>True when the attribute was one of these; <paramref name="code"/> is then null or why it is refused.</summary>
    public bool TryRead(ReadOnlySpan<char> name, ReadOnlySpan<char> value, out string? code)
    {
        code = null;
        switch (name)
        {
            case "ice-ufrag": Ufrag = value.ToString(); return true;
            case "ice-pwd": Password = value.ToString(); return true;
            case "ice-lite": Lite = true; return true;
            case "ice-options": Trickle |= value.Contains("trickle", StringComparison.Ordinal); return true;
            case "setup": Setup = value.ToString(); return true;
            case "fingerprint": code = ReadFingerprint(value); return true;
            case "crypto" or "key-mgmt": code = SdpCodes.Sdes; return true; // RFC 4568, RFC 4567
            default: return false;
        }
    }

    // RFC 8122 §5: "a=fingerprint:" hash-func SP fingerprint. Several are allowed; the strongest counts, and one that
    // is too weak refuses the offer, since nothing here could ever have a use for it.
    private string? ReadFingerprint(ReadOnlySpan<char> value)
    {
        if (!SdpText.TryWord(ref value, out ReadOnlySpan<char> function))
        {
            return SdpCodes.Malformed;
        }

        string algorithm = function.ToString().ToLowerInvariant();
        int bytes = DtlsFingerprint.HashBytes(algorithm);
        if (bytes == 0)
        {
            return SdpCodes.WeakFingerprint;
        }

        if (!DtlsFingerprint.TryParse(algorithm, value, out DtlsFingerprint fingerprint))
        {
            return SdpCodes.Malformed;
        }

        if (Fingerprint is not { } known || bytes > DtlsFingerprint.HashBytes(known.Algorithm))
        {
            Fingerprint = fingerprint;
        }

        return null;
    }
}

/// <summary>Collects one m-section. Each method returns null or the code of the refusal.</summary>
internal sealed class SdpSectionReader(SdpLimits limits, HashSet<uint> ssrcsOfOffer)
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

    private bool ReadMid(ReadOnlySpan<char> value)
    {
        bool first = Mid is null;
        Mid = value.ToString();
        return first && value.Length is > 0 and <= 16 && !value.Contains(' ');
    }

    private bool ReadMsid(ReadOnlySpan<char> value)
    {
        _msid ??= value.ToString();
        return value.Length is > 0 and <= 256;
    }

    /// <summary>The codec that an attribute is about; a payload type that the m-line does not list is skipped (null).</summary>
    private bool TryCodec(ref ReadOnlySpan<char> value, out Codec? codec)
    {
        codec = null;
        if (!SdpText.TryWord(ref value, out ReadOnlySpan<char> word) || !SdpText.TryNumber(word, 127, out uint payloadType))
        {
            return false;
        }

        _codecs.TryGetValue((byte)payloadType, out codec);
        return true;
    }

    // RFC 8866 §6.6: rtpmap:96 VP8/90000, rtpmap:111 opus/48000/2
    private bool ReadRtpMap(ReadOnlySpan<char> value)
    {
        if (!TryCodec(ref value, out Codec? codec))
        {
            return false;
        }

        Span<Range> parts = stackalloc Range[4];
        int count = value.Split(parts, '/');
        uint channels = 1;
        if (count is < 2 or > 3 || value[parts[0]].IsEmpty || value.Contains(' ') ||
            !SdpText.TryNumber(value[parts[1]], 1_000_000_000, out uint clockRate) ||
            (count == 3 && !SdpText.TryNumber(value[parts[2]], 255, out channels)))
        {
            return false;
        }

        if (codec is null)
        {
            return true;
        }

        bool first = codec.Name.Length == 0;
        (codec.Name, codec.ClockRate, codec.Channels) = (value[parts[0]].ToString(), (int)clockRate, (int)channels);
        return first;
    }

    private bool ReadFmtp(ReadOnlySpan<char> value)
    {
        if (!TryCodec(ref value, out Codec? codec))
        {
            return false;
        }

        if (codec is not null)
        {
            codec.Fmtp ??= value.ToString();
        }

        return true;
    }

    // RFC 4585 §4.2: rtcp-fb:96 nack pli, rtcp-fb:* transport-cc
    private bool ReadFeedback(ReadOnlySpan<char> value)
    {
        List<string> feedback = _feedbackForAll;
        if (value.StartsWith("* "))
        {
            value = value[2..];
        }
        else if (!TryCodec(ref value, out Codec? codec))
        {
            return false;
        }
        else if (codec is null)
        {
            return true;
        }
        else
        {
            feedback = codec.Feedback;
        }

        feedback.Add(value.ToString());
        return feedback.Count <= limits.MaxFeedbackPerCodec;
    }

    // RFC 8285 §8: extmap:3[/direction] URI [attributes]
    private bool ReadExtension(ReadOnlySpan<char> value)
    {
        if (!SdpText.TryWord(ref value, out ReadOnlySpan<char> head) || !SdpText.TryWord(ref value, out ReadOnlySpan<char> uri))
        {
            return false;
        }

        int slash = head.IndexOf('/');
        SdpDirection direction = SdpDirection.SendRecv;
        if (slash >= 0 && !SdpDirections.TryParse(head[(slash + 1)..], out direction))
        {
            return false;
        }

        // 4096 … 4351 are ids that an offer leaves to the answerer; nobody offers them here.
        if (!SdpText.TryNumber(slash < 0 ? head : head[..slash], 4351, out uint id) || id == 0)
        {
            return false;
        }

        if (id is > byte.MaxValue)
        {
            return true;
        }

        string name = uri.ToString();
        bool clash = _extensions.Exists(e => e.Id == id);
        _extensions.Add(new((byte)id, name, direction));
        return !clash && _extensions.Count <= limits.MaxExtensionsPerSection;
    }

    // RFC 8851 §10: rid:q send [restrictions]
    private bool ReadRid(ReadOnlySpan<char> value)
    {
        if (!SdpText.TryWord(ref value, out ReadOnlySpan<char> id) || !SdpText.TryWord(ref value, out ReadOnlySpan<char> direction) ||
            !SdpText.IsRid(id) || direction is not ("send" or "recv"))
        {
            return false;
        }

        string name = id.ToString();
        bool clash = _rids.Exists(r => r.Id == name);
        _rids.Add(new(name, direction is "send"));
        return !clash && _rids.Count <= limits.MaxRidsPerSection;
    }

    // RFC 8853 §5.1: simulcast:send q;~h,x;f [recv …]. "~" is "paused at first", "," separates alternatives.
    private bool ReadSimulcast(ReadOnlySpan<char> value)
    {
        while (!value.IsEmpty)
        {
            if (!SdpText.TryWord(ref value, out ReadOnlySpan<char> direction) || direction is not ("send" or "recv") ||
                !SdpText.TryWord(ref value, out ReadOnlySpan<char> list))
            {
                return false;
            }

            foreach (Range part in list.Split(';'))
            {
                ReadOnlySpan<char> rid = list[part];
                int comma = rid.IndexOf(',');
                rid = (comma < 0 ? rid : rid[..comma]).TrimStart('~');
                if (!SdpText.IsRid(rid))
                {
                    return false;
                }

                if (direction is "send")
                {
                    string name = rid.ToString();
                    if (_simulcastSend.Contains(name) || _simulcastSend.Count == limits.MaxRidsPerSection)
                    {
                        return false;
                    }

                    _simulcastSend.Add(name);
                }
            }
        }

        return true;
    }

    // RFC 5576 §4.1: ssrc:1234 cname:abc
    private bool ReadSsrc(ReadOnlySpan<char> value)
    {
        if (!SdpText.TryWord(ref value, out ReadOnlySpan<char> number) || !SdpText.TryNumber(number, uint.MaxValue, out uint ssrc))
        {
            return false;
        }

        Source? source = _sources.Find(s => s.Ssrc == ssrc);
        if (source is null)
        {
            if (_sources.Count == limits.MaxSsrcsPerSection || !ssrcsOfOffer.Add(ssrc))
            {
                return false;
            }

            source = new Source(ssrc);
            _sources.Add(source);
        }

        if (SdpText.SplitName(value, out ReadOnlySpan<char> attribute) is "cname")
        {
            source.Cname = attribute.ToString();
        }

        return true;
    }

    // RFC 5576 §4.2; of the groups only FID (a source and its retransmissions) matters here.
    private bool ReadSsrcGroup(ReadOnlySpan<char> value)
    {
        if (!SdpText.TryWord(ref value, out ReadOnlySpan<char> semantics))
        {
            return false;
        }

        if (semantics is not "FID")
        {
            return true;
        }

        return SdpText.TryWord(ref value, out ReadOnlySpan<char> first) && SdpText.TryWord(ref value, out ReadOnlySpan<char> second) &&
            value.IsEmpty && SdpText.TryNumber(first, uint.MaxValue, out uint primary) &&
            SdpText.TryNumber(second, uint.MaxValue, out uint rtx) && primary != rtx &&
            _rtxOf.Count < limits.MaxSsrcsPerSection && _rtxOf.TryAdd(primary, rtx);
    }
}
