using System.Buffers.Binary;

namespace Wardline.Rtc.Rtcp;

/// <summary>Generic NACK: packets that a receiver misses.</summary>
/// <remarks>
/// RFC 4585 §6.2.1, after sender and media SSRC, one or more of
/// <code>
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |            PID                |             BLP               |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// </code>
/// PID is missing, and PID + i + 1 for every bit i of BLP.
/// </remarks>
public readonly ref struct NackView
{
    private readonly ReadOnlySpan<byte> _pairs;

    private NackView(Ssrc sender, Ssrc media, ReadOnlySpan<byte> pairs)
    {
        Sender = sender;
        Media = media;
        _pairs = pairs;
    }

    public Ssrc Sender { get; }

    public Ssrc Media { get; }

    public static bool TryRead(RtcpPacket packet, out NackView view)
    {
        ReadOnlySpan<byte> body = packet.Body;
        if (packet.Kind != RtcpKind.Nack || body.Length < 12)
        {
            view = default;
            return false;
        }

        (Ssrc sender, Ssrc media) = FeedbackHeader.Read(body);
        view = new NackView(sender, media, body[8..]);
        return true;
    }

    /// <summary>The missing sequence numbers, for foreach: at most 17 for every four bytes of the packet.</summary>
    public Enumerator GetEnumerator() => new(_pairs);

    public ref struct Enumerator
    {
        private ReadOnlySpan<byte> _pairs;
        private ushort _first;
        private uint _missing;

        internal Enumerator(ReadOnlySpan<byte> pairs) => _pairs = pairs;

        public SequenceNumber Current { get; private set; }

        public bool MoveNext()
        {
            if (_missing == 0)
            {
                if (_pairs.Length < 4)
                {
                    return false;
                }

                _first = BinaryPrimitives.ReadUInt16BigEndian(_pairs);
                _missing = 1u | (uint)BinaryPrimitives.ReadUInt16BigEndian(_pairs[2..]) << 1;
                _pairs = _pairs[4..];
            }

            Current = new SequenceNumber((ushort)(_first + System.Numerics.BitOperations.TrailingZeroCount(_missing)));
            _missing &= _missing - 1;
            return true;
        }
    }
}

/// <remarks>RFC 4585 §6.3.1: sender and media SSRC, nothing else.</remarks>
public readonly record struct PliView(Ssrc Sender, Ssrc Media)
{
    public static bool TryRead(RtcpPacket packet, out PliView view)
    {
        if (packet.Kind != RtcpKind.Pli || packet.Body.Length < 8)
        {
            view = default;
            return false;
        }

        (Ssrc sender, Ssrc media) = FeedbackHeader.Read(packet.Body);
        view = new PliView(sender, media);
        return true;
    }
}

/// <summary>One stream of which a key frame is wanted; a repeated number is a repeated request, not a new one.</summary>
public readonly record struct FirRequest(Ssrc Media, byte Number);

/// <remarks>
/// RFC 5104 §4.3.1: the media SSRC of the header is unused, each entry names its own:
/// <code>
/// |                              SSRC                             |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// | Seq nr.       |    Reserved                                   |
/// </code>
/// </remarks>
public readonly ref struct FirView
{
    private readonly ReadOnlySpan<byte> _entries;

    private FirView(Ssrc sender, ReadOnlySpan<byte> entries)
    {
        Sender = sender;
        _entries = entries;
    }

    public Ssrc Sender { get; }

    public int Count => _entries.Length / 8;

    public FirRequest this[int index]
    {
        get
        {
            ReadOnlySpan<byte> entry = _entries.Slice(index * 8, 8);
            return new FirRequest(new Ssrc(BinaryPrimitives.ReadUInt32BigEndian(entry)), entry[4]);
        }
    }

    public static bool TryRead(RtcpPacket packet, out FirView view)
    {
        ReadOnlySpan<byte> body = packet.Body;
        if (packet.Kind != RtcpKind.Fir || body.Length < 16)
        {
            view = default;
            return false;
        }

        view = new FirView(FeedbackHeader.Read(body).Sender, body[8..]);
        return true;
    }
}

/// <summary>A receiver's own estimate of what it can receive.</summary>
/// <remarks>
/// draft-alvestrand-rmcat-remb-03 §2.2, after sender SSRC and a zero:
/// <code>
/// |  Unique identifier 'R' 'E' 'M' 'B'                            |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |  Num SSRC     | BR Exp    |  BR Mantissa (18 bits)            |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |   SSRC feedback, Num SSRC times                               |
/// </code>
/// </remarks>
public readonly ref struct RembView
{
    private readonly ReadOnlySpan<byte> _sources;

    private RembView(Ssrc sender, Bitrate bitrate, ReadOnlySpan<byte> sources)
    {
        Sender = sender;
        Bitrate = bitrate;
        _sources = sources;
    }

    public Ssrc Sender { get; }

    public Bitrate Bitrate { get; }

    public int SourceCount => _sources.Length / 4;

    public Ssrc Source(int index) => new(BinaryPrimitives.ReadUInt32BigEndian(_sources[(index * 4)..]));

    internal static bool Matches(ReadOnlySpan<byte> body) => body.Length >= 16 && body.Slice(8, 4).SequenceEqual("REMB"u8);

    public static bool TryRead(RtcpPacket packet, out RembView view)
    {
        ReadOnlySpan<byte> body = packet.Body;
        if (packet.Kind != RtcpKind.Remb || body.Length < 16 + 4 * body[12])
        {
            view = default;
            return false;
        }

        uint word = BinaryPrimitives.ReadUInt32BigEndian(body[12..]);
        int exponent = (int)(word >> 18) & 0x3F;
        long mantissa = word & 0x3_FFFF;
        // 18 bits shifted by up to 63 overflow: anything that large means "no limit".
        long bits = exponent > 44 && mantissa != 0 ? long.MaxValue : mantissa << exponent;
        view = new RembView(FeedbackHeader.Read(body).Sender, new Bitrate(bits), body.Slice(16, 4 * body[12]));
        return true;
    }
}

/// <remarks>RFC 4585 §6.1: sender SSRC and media SSRC start every feedback message.</remarks>
internal static class FeedbackHeader
{
    public static (Ssrc Sender, Ssrc Media) Read(ReadOnlySpan<byte> body) =>
        (new Ssrc(BinaryPrimitives.ReadUInt32BigEndian(body)), new Ssrc(BinaryPrimitives.ReadUInt32BigEndian(body[4..])));
}
