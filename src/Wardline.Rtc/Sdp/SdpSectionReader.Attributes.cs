namespace Wardline.Rtc.Sdp;

/// <summary>The grammar of the attributes: each reader is false when its line cannot be read.</summary>
internal sealed partial class SdpSectionReader
{
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
