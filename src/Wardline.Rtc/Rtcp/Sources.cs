using System.Buffers.Binary;

namespace Wardline.Rtc.Rtcp;

/// <summary>Sources that leave.</summary>
/// <remarks>RFC 3550 §6.6: SC sources, then optionally a length and a reason as text.</remarks>
public readonly ref struct ByeView
{
    private readonly ReadOnlySpan<byte> _sources;

    private ByeView(ReadOnlySpan<byte> sources, ReadOnlySpan<byte> reason)
    {
        _sources = sources;
        Reason = reason;
    }

    public int Count => _sources.Length / 4;

    /// <summary>UTF-8 as sent; empty when absent or when its length does not fit.</summary>
    public ReadOnlySpan<byte> Reason { get; }

    public Ssrc this[int index] => new(BinaryPrimitives.ReadUInt32BigEndian(_sources[(index * 4)..]));

    public static bool TryRead(RtcpPacket packet, out ByeView view)
    {
        ReadOnlySpan<byte> body = packet.Body;
        int sources = packet.Count * 4;
        if (packet.Type != RtcpType.Bye || body.Length < sources)
        {
            view = default;
            return false;
        }

        ReadOnlySpan<byte> rest = body[sources..];
        bool hasReason = !rest.IsEmpty && rest.Length >= 1 + rest[0];
        view = new ByeView(body[..sources], hasReason ? rest.Slice(1, rest[0]) : default);
        return true;
    }
}

/// <summary>One item of a source description: CNAME is type 1.</summary>
public readonly ref struct SdesItem
{
    public const byte Cname = 1;

    internal SdesItem(Ssrc source, byte type, ReadOnlySpan<byte> value)
    {
        Source = source;
        Type = type;
        Value = value;
    }

    public Ssrc Source { get; }

    public byte Type { get; }

    public ReadOnlySpan<byte> Value { get; }
}

/// <summary>Source descriptions.</summary>
/// <remarks>
/// RFC 3550 §6.5: SC chunks, each an SSRC and items of type, length, text; a zero ends the items and the chunk is
/// filled up to a word.
/// </remarks>
public readonly ref struct SdesView
{
    private readonly ReadOnlySpan<byte> _chunks;
    private readonly int _count;

    private SdesView(ReadOnlySpan<byte> chunks, int count)
    {
        _chunks = chunks;
        _count = count;
    }

    public static bool TryRead(RtcpPacket packet, out SdesView view)
    {
        if (packet.Type != RtcpType.SourceDescription)
        {
            view = default;
            return false;
        }

        view = new SdesView(packet.Body, packet.Count);
        return true;
    }

    /// <summary>The items of all chunks, for foreach; ends early where an item does not fit.</summary>
    public Enumerator GetEnumerator() => new(_chunks, _count);

    public ref struct Enumerator
    {
        private readonly ReadOnlySpan<byte> _bytes;
        private int _chunksLeft;
        private int _at;
        private bool _inChunk;
        private Ssrc _source;
        private byte _type;
        private int _valueLength;

        internal Enumerator(ReadOnlySpan<byte> bytes, int chunks)
        {
            _bytes = bytes;
            _chunksLeft = chunks;
        }

        public readonly SdesItem Current => new(_source, _type, _bytes.Slice(_at - _valueLength, _valueLength));

        public bool MoveNext()
        {
            while (true)
            {
                if (!_inChunk)
                {
                    if (_chunksLeft == 0 || _at + 4 > _bytes.Length)
                    {
                        return false;
                    }

                    _chunksLeft--;
                    _source = new Ssrc(BinaryPrimitives.ReadUInt32BigEndian(_bytes[_at..]));
                    _at += 4;
                    _inChunk = true;
                }

                if (_at >= _bytes.Length)
                {
                    return false;
                }

                if (_bytes[_at] == 0)
                {
                    _at = (_at & ~3) + 4;
                    _inChunk = false;
                    continue;
                }

                if (_at + 2 > _bytes.Length || _at + 2 + _bytes[_at + 1] > _bytes.Length)
                {
                    _chunksLeft = 0;
                    _at = _bytes.Length;
                    return false;
                }

                _type = _bytes[_at];
                _valueLength = _bytes[_at + 1];
                _at += 2 + _valueLength;
                return true;
            }
        }
    }
}
