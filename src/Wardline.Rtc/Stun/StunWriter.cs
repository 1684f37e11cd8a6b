using System.Buffers.Binary;

namespace Wardline.Rtc.Stun;

/// <summary>
/// Writes one STUN message into a span the caller owns: construct, add attributes in order, then
/// <see cref="AddMessageIntegrity"/> and last <see cref="AddFingerprint"/>. The length in the header is kept right
/// after every step. A destination that is too small is a bug of the caller and throws.
/// </summary>
public ref struct StunWriter
{
    private readonly Span<byte> _bytes;
    private int _length;

    /// <param name="destination">Room for the whole message; see <see cref="StunMessage"/> for the shape.</param>
    /// <param name="transactionId">12 bytes.</param>
    public StunWriter(Span<byte> destination, StunClass messageClass, StunMethod method, scoped ReadOnlySpan<byte> transactionId)
    {
        _bytes = destination;
        int m = (int)method;
        int c = (int)messageClass;
        destination[0] = (byte)(m >> 6 & 0x3E | c >> 1);
        destination[1] = (byte)((m & 0x70) << 1 | (c & 1) << 4 | m & 0x0F);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], StunMessage.MagicCookie);
        transactionId[..12].CopyTo(destination[8..]);
        _length = StunMessage.HeaderBytes;
        WriteLength();
    }

    /// <summary>What attributes are padded with. RFC 8489 §14 leaves it open; the published vectors use spaces.</summary>
    internal byte Padding { get; init; }

    public readonly int Length => _length;

    public void AddUsername(scoped ReadOnlySpan<byte> username) => username.CopyTo(Reserve(StunAttribute.Username, username.Length));

    public void AddSoftware(scoped ReadOnlySpan<byte> software) => software.CopyTo(Reserve(StunAttribute.Software, software.Length));

    public void AddPriority(uint priority) => BinaryPrimitives.WriteUInt32BigEndian(Reserve(StunAttribute.Priority, 4), priority);

    public void AddUseCandidate() => Reserve(StunAttribute.UseCandidate, 0);

    public void AddIceControlling(ulong tieBreaker) =>
        BinaryPrimitives.WriteUInt64BigEndian(Reserve(StunAttribute.IceControlling, 8), tieBreaker);

    public void AddIceControlled(ulong tieBreaker) =>
        BinaryPrimitives.WriteUInt64BigEndian(Reserve(StunAttribute.IceControlled, 8), tieBreaker);

    /// <summary>RFC 8489 §14.2, the inverse of <see cref="StunMessage.TryGetXorMappedAddress"/>.</summary>
    public void AddXorMappedAddress(in TransportAddress address)
    {
        Span<byte> plain = stackalloc byte[16];
        int length = address.WriteAddress(plain);
        Span<byte> value = Reserve(StunAttribute.XorMappedAddress, 4 + length);
        value[0] = 0;
        value[1] = (byte)(length == 4 ? 1 : 2);
        BinaryPrimitives.WriteUInt16BigEndian(value[2..], (ushort)(address.Port ^ StunMessage.MagicCookie >> 16));
        for (int i = 0; i < length; i++)
        {
            value[4 + i] = (byte)(plain[i] ^ _bytes[4 + i]);
        }
    }

    /// <param name="code">300 … 699.</param>
    /// <param name="reason">UTF-8, for people.</param>
    public void AddErrorCode(int code, scoped ReadOnlySpan<byte> reason)
    {
        Span<byte> value = Reserve(StunAttribute.ErrorCode, 4 + reason.Length);
        value[0] = value[1] = 0;
        value[2] = (byte)(code / 100);
        value[3] = (byte)(code % 100);
        reason.CopyTo(value[4..]);
    }

    public void AddUnknownAttributes(scoped ReadOnlySpan<ushort> types)
    {
        Span<byte> value = Reserve(StunAttribute.UnknownAttributes, types.Length * 2);
        for (int i = 0; i < types.Length; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(value[(2 * i)..], types[i]);
        }
    }

    /// <param name="key">Short-term credentials: the password (RFC 8489 §9.1.1).</param>
    public void AddMessageIntegrity(scoped ReadOnlySpan<byte> key)
    {
        int at = _length;
        Span<byte> value = Reserve(StunAttribute.MessageIntegrity, StunIntegrity.HmacBytes);
        StunIntegrity.Compute(_bytes[.._length], at, key, value);
    }

    public void AddFingerprint()
    {
        int at = _length;
        Span<byte> value = Reserve(StunAttribute.Fingerprint, 4);
        BinaryPrimitives.WriteUInt32BigEndian(value, StunIntegrity.Fingerprint(_bytes[.._length], at));
    }

    /// <summary>Any attribute, for what has no method of its own.</summary>
    public void Add(StunAttribute type, scoped ReadOnlySpan<byte> value) => value.CopyTo(Reserve(type, value.Length));

    /// <summary>Attributes as they are, for a tester that wants wrong ones. A multiple of four bytes.</summary>
    internal void AddRaw(scoped ReadOnlySpan<byte> attributes)
    {
        attributes.CopyTo(_bytes[_length..]);
        _length += attributes.Length;
        WriteLength();
    }

    private Span<byte> Reserve(StunAttribute type, int length)
    {
        int padded = length + 3 & ~3;
        Span<byte> attribute = _bytes.Slice(_length, 4 + padded);
        BinaryPrimitives.WriteUInt16BigEndian(attribute, (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(attribute[2..], (ushort)length);
        attribute[(4 + length)..].Fill(Padding);
        _length += attribute.Length;
        WriteLength();
        return attribute.Slice(4, length);
    }

    private readonly void WriteLength() =>
        BinaryPrimitives.WriteUInt16BigEndian(_bytes[2..], (ushort)(_length - StunMessage.HeaderBytes));
}
