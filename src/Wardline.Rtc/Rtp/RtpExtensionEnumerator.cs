using System.Buffers.Binary;

namespace Wardline.Rtc.Rtp;

/// <summary>Walks the elements of a header extension; stops at the first thing that makes no sense.</summary>
/// <remarks>
/// RFC 8285 §4.2 (one byte: 4 bits id, 4 bits length − 1) and §4.3 (two bytes: id, length):
/// <code>
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |      0xBE     |    0xDE       |       length in words         |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |  ID   | L=0   |     data      |  ID   |  L=1  |   data…
///       …data     |    0 (pad)    |    0 (pad)    |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |       0x100           |appbits|       length in words         |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |      ID       |     L=0       |     ID        |     L=1       |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |     data      |    0 (pad)    |       ID      |      L=4      | …
/// </code>
/// </remarks>
public ref struct RtpExtensionEnumerator
{
    private readonly ReadOnlySpan<byte> _packet;
    private readonly int _end;
    private readonly bool _twoByte;
    private int _next;

    internal RtpExtensionEnumerator(ReadOnlySpan<byte> packet)
    {
        _packet = packet;
        if (!RtpHeader.HasExtension(packet))
        {
            return;
        }

        int start = RtpHeader.FixedLength + 4 * RtpHeader.CsrcCount(packet);
        ushort profile = BinaryPrimitives.ReadUInt16BigEndian(packet[start..]);
        _twoByte = (profile & 0xFFF0) == RtpExtensions.TwoByteProfile;
        if (_twoByte || profile == RtpExtensions.OneByteProfile)
        {
            _next = start + 4;
            _end = _next + 4 * BinaryPrimitives.ReadUInt16BigEndian(packet[(start + 2)..]);
        }
    }

    /// <summary>Local identifier, 1 … 14 in the one-byte form, 1 … 255 in the two-byte form.</summary>
    public byte Id { get; private set; }

    /// <summary>Where the value starts, counted from the start of the packet.</summary>
    public int ValueOffset { get; private set; }

    /// <summary>1 … 16 in the one-byte form, 0 … 255 in the two-byte form.</summary>
    public int ValueLength { get; private set; }

    public readonly ReadOnlySpan<byte> Value => _packet.Slice(ValueOffset, ValueLength);

    public readonly RtpExtensionEnumerator GetEnumerator() => this;

    /// <summary>For foreach: the enumerator itself is the element.</summary>
    public readonly RtpExtensionEnumerator Current => this;

    public bool MoveNext()
    {
        while (_next < _end)
        {
            byte first = _packet[_next];
            if (_twoByte)
            {
                if (first == 0)
                {
                    _next++;
                    continue;
                }

                return _next + 2 <= _end && Take(first, _next + 2, _packet[_next + 1]);
            }

            if (first == 0)
            {
                _next++;
                continue;
            }

            // RFC 8285 §4.2: id 0 with a length, and id 15, end the whole extension.
            int id = first >> 4;
            return id is not (0 or 15) && Take((byte)id, _next + 1, (first & 0x0F) + 1);
        }

        return false;
    }

    private bool Take(byte id, int offset, int length)
    {
        if (offset + length > _end)
        {
            _next = _end;
            return false;
        }

        Id = id;
        ValueOffset = offset;
        ValueLength = length;
        _next = offset + length;
        return true;
    }
}
