using System.Buffers.Binary;

namespace Wardline.Rtc.Rtp;

/// <summary>
/// Writes a header extension block behind the contributing sources (RFC 8285 §4; diagrams at
/// <see cref="RtpExtensionEnumerator"/>). Add elements, then <see cref="TryFinish"/>; set the X bit when it gave a length.
/// </summary>
public ref struct RtpExtensionWriter
{
    private const int BlockHeaderBytes = 4;
    private readonly Span<byte> _destination;
    private readonly bool _twoByte;
    private int _at = BlockHeaderBytes;
    private bool _overflow;

    public RtpExtensionWriter(Span<byte> destination, bool twoByte)
    {
        _destination = destination;
        _twoByte = twoByte;
    }

    /// <summary>
    /// Room for one value. False, and nothing is written, when id or length do not exist in this form
    /// (one byte: id 1 … 14, 1 … 16 bytes; two bytes: id 1 … 255, 0 … 255 bytes) or the destination is full.
    /// </summary>
    public bool TryAdd(byte id, int length, out Span<byte> value)
    {
        value = default;
        bool fits = _twoByte
            ? id != 0 && length is >= 0 and <= 255
            : id is >= 1 and <= 14 && length is >= 1 and <= 16;
        if (!fits)
        {
            return false;
        }

        int head = _twoByte ? 2 : 1;
        if (_overflow || _at + head + length > _destination.Length)
        {
            _overflow = true;
            return false;
        }

        if (_twoByte)
        {
            _destination[_at] = id;
            _destination[_at + 1] = (byte)length;
        }
        else
        {
            _destination[_at] = (byte)((id << 4) | (length - 1));
        }

        value = _destination.Slice(_at + head, length);
        _at += head + length;
        return true;
    }

    /// <summary>Pads to a word and writes the block's header.</summary>
    /// <param name="length">Bytes of the whole block, 0 when nothing was added (then the X bit stays clear).</param>
    /// <returns>False when something did not fit the destination.</returns>
    public readonly bool TryFinish(out int length)
    {
        length = 0;
        if (_overflow)
        {
            return false;
        }

        if (_at == BlockHeaderBytes)
        {
            return true;
        }

        int end = (_at + 3) & ~3;
        if (end > _destination.Length)
        {
            return false;
        }

        _destination[_at..end].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(_destination, _twoByte ? RtpExtensions.TwoByteProfile : RtpExtensions.OneByteProfile);
        BinaryPrimitives.WriteUInt16BigEndian(_destination[2..], (ushort)((end - BlockHeaderBytes) / 4));
        length = end;
        return true;
    }
}
