using System.Buffers.Binary;

namespace Wardline.Rtc.Stun;

/// <summary>
/// A view of one STUN message (RFC 8489 §5) over the datagram it came in. Parsing walks the attributes once,
/// checks every length and the fingerprint, and copies nothing.
/// </summary>
/// <remarks>
/// <code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |0 0|M11..M7|C1|M6.M4|C0|M3..M0 |   length without the header    |
/// |                  magic cookie 0x2112A442                      |
/// |                 transaction id (96 bits)                      |
/// +---------------------------------------------------------------+
/// then attributes, each padded to 32 bits:
/// |            type               |   length without padding      |
/// |                         value …                               |
/// </code>
/// Attributes behind MESSAGE-INTEGRITY are not authenticated and, but for FINGERPRINT, not looked at (§14.5).
/// Of an attribute that comes twice the first counts (§14).
/// </remarks>
public readonly ref struct StunMessage
{
    public const int HeaderBytes = 20;

    /// <summary>Longest message that is looked at: browsers send some 100 to 200 bytes.</summary>
    public const int MaxBytes = 1500;

    public const int MaxAttributes = 24;

    public const uint MagicCookie = 0x2112A442;

    /// <summary>RFC 8489 §14.3.</summary>
    private const int MaxUsernameBytes = 508;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly Index _index;

    private StunMessage(ReadOnlySpan<byte> bytes, scoped in Index index)
    {
        _bytes = bytes;
        _index = index;
    }

    /// <summary>Offsets of attribute headers; 0 is "absent", as the message header lies there.</summary>
    private struct Index
    {
        public ushort Username, Integrity, Fingerprint, Priority, UseCandidate, Controlling, Controlled, XorMapped, Error;
        public ushort UnknownRequired;
    }

    public StunClass Class => (StunClass)((_bytes[0] & 1) << 1 | _bytes[1] >> 4 & 1);

    public StunMethod Method => (StunMethod)((_bytes[0] & 0x3E) << 6 | (_bytes[1] & 0xE0) >> 1 | _bytes[1] & 0x0F);

    /// <summary>12 bytes.</summary>
    public ReadOnlySpan<byte> TransactionId => _bytes.Slice(8, 12);

    public int Length => _bytes.Length;

    /// <summary>Empty when absent.</summary>
    public ReadOnlySpan<byte> Username => Value(_index.Username);

    public bool HasUsername => _index.Username != 0;

    public bool HasIntegrity => _index.Integrity != 0;

    /// <summary>True also means that it was right; a wrong one does not parse.</summary>
    public bool HasFingerprint => _index.Fingerprint != 0;

    public bool HasUseCandidate => _index.UseCandidate != 0;

    public uint? Priority => _index.Priority == 0 ? null : BinaryPrimitives.ReadUInt32BigEndian(Value(_index.Priority));

    /// <summary>The tie-breaker of a peer that believes to be controlling (RFC 8445 §7.1.3).</summary>
    public ulong? IceControlling => _index.Controlling == 0 ? null : BinaryPrimitives.ReadUInt64BigEndian(Value(_index.Controlling));

    /// <summary>The tie-breaker of a peer that believes to be controlled.</summary>
    public ulong? IceControlled => _index.Controlled == 0 ? null : BinaryPrimitives.ReadUInt64BigEndian(Value(_index.Controlled));

    /// <summary>How many comprehension-required attributes are not understood here (RFC 8489 §6.3.1: answer 420).</summary>
    public int UnknownRequiredCount => _index.UnknownRequired;

    /// <summary>300 … 699, or null without ERROR-CODE (§14.8: hundreds in 3 bits, then the rest).</summary>
    public int? ErrorCode => _index.Error == 0 ? null : (Value(_index.Error)[2] & 7) * 100 + Value(_index.Error)[3];

    /// <summary>Whether MESSAGE-INTEGRITY is there and was made with <paramref name="key"/>; compares in constant time.</summary>
    public bool VerifyIntegrity(ReadOnlySpan<byte> key) => HasIntegrity && StunIntegrity.Verify(_bytes, _index.Integrity, key);

    /// <summary>The types of the first attributes that are required and unknown; returns how many were written.</summary>
    public int CopyUnknownRequired(Span<ushort> types)
    {
        int count = 0;
        int end = HasIntegrity ? _index.Integrity : _bytes.Length;
        for (int at = HeaderBytes; at + 4 <= end && count < types.Length; at += 4 + Padded(LengthAt(at)))
        {
            ushort type = BinaryPrimitives.ReadUInt16BigEndian(_bytes[at..]);
            if (type < 0x8000 && !IsKnown((StunAttribute)type))
            {
                types[count++] = type;
            }
        }

        return count;
    }

    /// <summary>
    /// RFC 8489 §14.2: the port is XORed with the upper half of the cookie, an IPv4 address with the cookie, an
    /// IPv6 address with cookie and transaction id, so that no middle box finds an address to "correct".
    /// </summary>
    public bool TryGetXorMappedAddress(out TransportAddress address)
    {
        address = default;
        if (_index.XorMapped == 0)
        {
            return false;
        }

        ReadOnlySpan<byte> value = Value(_index.XorMapped);
        ushort port = (ushort)(BinaryPrimitives.ReadUInt16BigEndian(value[2..]) ^ MagicCookie >> 16);
        Span<byte> plain = stackalloc byte[16];
        ReadOnlySpan<byte> mask = _bytes.Slice(4, 16);
        int length = value.Length - 4;
        for (int i = 0; i < length; i++)
        {
            plain[i] = (byte)(value[4 + i] ^ mask[i]);
        }

        address = TransportAddress.Udp(plain[..length], port);
        return true;
    }

    /// <summary>RFC 7983 §7: first byte 0 … 3; then the cookie. Cheap, for telling STUN from DTLS and RTP.</summary>
    public static bool LooksLikeStun(ReadOnlySpan<byte> datagram) =>
        datagram.Length >= HeaderBytes && datagram[0] < 4 && BinaryPrimitives.ReadUInt32BigEndian(datagram[4..]) == MagicCookie;

    /// <summary>Never throws, whatever the bytes are.</summary>
    public static StunParse TryParse(ReadOnlySpan<byte> datagram, out StunMessage message)
    {
        message = default;
        if (datagram.Length < HeaderBytes)
        {
            return StunParse.TooShort;
        }

        if (!LooksLikeStun(datagram))
        {
            return StunParse.NotStun;
        }

        if (datagram.Length > MaxBytes)
        {
            return StunParse.TooLong;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(datagram[2..]);
        if (length % 4 != 0 || length != datagram.Length - HeaderBytes)
        {
            return StunParse.BadLength;
        }

        Index index = default;
        StunParse result = Walk(datagram, ref index);
        if (result == StunParse.Ok)
        {
            message = new StunMessage(datagram, index);
        }

        return result;
    }

    private static StunParse Walk(ReadOnlySpan<byte> datagram, ref Index index)
    {
        int at = HeaderBytes;
        for (int count = 0; at < datagram.Length; count++)
        {
            if (count == MaxAttributes)
            {
                return StunParse.TooManyAttributes;
            }

            // The datagram is a multiple of four, so an attribute header always fits here.
            StunAttribute type = (StunAttribute)BinaryPrimitives.ReadUInt16BigEndian(datagram[at..]);
            int length = BinaryPrimitives.ReadUInt16BigEndian(datagram[(at + 2)..]);
            int next = at + 4 + Padded(length);
            if (next > datagram.Length || index.Fingerprint != 0 || !LengthFits(type, datagram.Slice(at + 4, length)))
            {
                return StunParse.BadAttribute;
            }

            if (type == StunAttribute.Fingerprint)
            {
                if (StunIntegrity.Fingerprint(datagram, at) != BinaryPrimitives.ReadUInt32BigEndian(datagram[(at + 4)..]))
                {
                    return StunParse.BadFingerprint;
                }

                index.Fingerprint = (ushort)at;
            }
            else if (index.Integrity == 0)
            {
                Note(type, (ushort)at, ref index);
            }

            at = next;
        }

        return StunParse.Ok;
    }

    private static void Note(StunAttribute type, ushort at, ref Index index)
    {
        switch (type)
        {
            case StunAttribute.Username: SetOnce(ref index.Username, at); break;
            case StunAttribute.MessageIntegrity: SetOnce(ref index.Integrity, at); break;
            case StunAttribute.Priority: SetOnce(ref index.Priority, at); break;
            case StunAttribute.UseCandidate: SetOnce(ref index.UseCandidate, at); break;
            case StunAttribute.IceControlling: SetOnce(ref index.Controlling, at); break;
            case StunAttribute.IceControlled: SetOnce(ref index.Controlled, at); break;
            case StunAttribute.XorMappedAddress: SetOnce(ref index.XorMapped, at); break;
            case StunAttribute.ErrorCode: SetOnce(ref index.Error, at); break;
            default:
                if ((ushort)type < 0x8000 && !IsKnown(type))
                {
                    index.UnknownRequired++;
                }

                break;
        }
    }

    private static void SetOnce(ref ushort slot, ushort at)
    {
        if (slot == 0)
        {
            slot = at;
        }
    }

    private static bool IsKnown(StunAttribute type) => type is
        StunAttribute.Username or StunAttribute.MessageIntegrity or StunAttribute.ErrorCode or
        StunAttribute.UnknownAttributes or StunAttribute.XorMappedAddress or StunAttribute.Priority or
        StunAttribute.UseCandidate;

    private static bool LengthFits(StunAttribute type, ReadOnlySpan<byte> value) => type switch
    {
        StunAttribute.Username => value.Length <= MaxUsernameBytes,
        StunAttribute.MessageIntegrity => value.Length == StunIntegrity.HmacBytes,
        StunAttribute.Fingerprint or StunAttribute.Priority => value.Length == 4,
        StunAttribute.UseCandidate => value.Length == 0,
        StunAttribute.IceControlled or StunAttribute.IceControlling => value.Length == 8,
        StunAttribute.ErrorCode => value.Length >= 4,
        StunAttribute.XorMappedAddress => (value.Length == 8 && value[1] == 1) || (value.Length == 20 && value[1] == 2),
        _ => true,
    };

    private static int Padded(int length) => length + 3 & ~3;

    private int LengthAt(int at) => BinaryPrimitives.ReadUInt16BigEndian(_bytes[(at + 2)..]);

    private ReadOnlySpan<byte> Value(ushort at) => at == 0 ? default : _bytes.Slice(at + 4, LengthAt(at));
}
