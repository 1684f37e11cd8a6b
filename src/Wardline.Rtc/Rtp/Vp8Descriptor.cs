using System.Buffers.Binary;

namespace Wardline.Rtc.Rtp;

/// <summary>The VP8 payload descriptor, which stays readable when the frame behind it is sealed end to end.</summary>
/// <remarks>
/// RFC 7741 §4.2:
/// <code>
///      0 1 2 3 4 5 6 7
///     +-+-+-+-+-+-+-+-+
///     |X|R|N|S|R| PID | (REQUIRED)
///     +-+-+-+-+-+-+-+-+
/// X:  |I|L|T|K| RSV   | (OPTIONAL)
///     +-+-+-+-+-+-+-+-+
/// I:  |M| PictureID   | (OPTIONAL, one byte, or two when M)
///     +-+-+-+-+-+-+-+-+
///     |   PictureID   |
///     +-+-+-+-+-+-+-+-+
/// L:  |   TL0PICIDX   | (OPTIONAL)
///     +-+-+-+-+-+-+-+-+
/// T/K:|TID|Y| KEYIDX  | (OPTIONAL)
///     +-+-+-+-+-+-+-+-+
/// </code>
/// </remarks>
public static class Vp8Descriptor
{
    /// <summary>Reads the descriptor at the start of an RTP payload; false when it does not fit, or nothing follows it.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, out Vp8DescriptorView view)
    {
        view = default;
        if (payload.IsEmpty)
        {
            return false;
        }

        byte first = payload[0];
        int at = 1;
        byte present = 0;
        if ((first & 0x80) != 0)
        {
            if (payload.Length < 2)
            {
                return false;
            }

            present = payload[1];
            at = 2;
        }

        int pictureIdOffset = 0;
        int pictureId = -1;
        bool wide = false;
        if ((present & 0x80) != 0)
        {
            if (at >= payload.Length)
            {
                return false;
            }

            pictureIdOffset = at;
            wide = (payload[at] & 0x80) != 0;
            if (wide && at + 2 > payload.Length)
            {
                return false;
            }

            pictureId = wide ? BinaryPrimitives.ReadUInt16BigEndian(payload[at..]) & 0x7FFF : payload[at];
            at += wide ? 2 : 1;
        }

        int tl0Offset = (present & 0x40) != 0 ? at++ : 0;
        int layerOffset = (present & 0x30) != 0 ? at++ : 0;
        if (at >= payload.Length)
        {
            return false;
        }

        byte layer = layerOffset == 0 ? (byte)0 : payload[layerOffset];
        bool startOfFrame = (first & 0x10) != 0 && (first & 0x07) == 0;
        view = new Vp8DescriptorView
        {
            Length = at,
            NonReference = (first & 0x20) != 0,
            StartOfPartition = (first & 0x10) != 0,
            PartitionIndex = (byte)(first & 0x07),
            PictureId = pictureId,
            PictureIdBits = pictureId < 0 ? (byte)0 : wide ? (byte)15 : (byte)7,
            Tl0PicIdx = tl0Offset == 0 ? -1 : payload[tl0Offset],
            TemporalId = (present & 0x20) != 0 ? layer >> 6 : -1,
            LayerSync = (present & 0x20) != 0 && (layer & 0x20) != 0,
            KeyIndex = (present & 0x10) != 0 ? layer & 0x1F : -1,
            // RFC 6386 §9.1: bit 0 of the frame tag is 0 in a key frame. The byte stays in the clear under E2EE.
            IsKeyFrameStart = startOfFrame && (payload[at] & 0x01) == 0,
            IsFrameStart = startOfFrame,
            PictureIdOffset = (byte)pictureIdOffset,
            Tl0Offset = (byte)tl0Offset,
            LayerOffset = (byte)layerOffset,
        };
        return true;
    }

    /// <summary>
    /// Writes picture id and TL0PICIDX into the fields that the descriptor has, in their width (a 7-bit field takes the
    /// low 7 bits); a field that is absent stays absent, so the payload keeps its length.
    /// </summary>
    /// <param name="payload">The payload that <paramref name="view"/> was read from, or a copy of it.</param>
    public static void Rewrite(Span<byte> payload, in Vp8DescriptorView view, ushort pictureId, byte tl0PicIdx)
    {
        if (view.PictureIdBits == 15)
        {
            BinaryPrimitives.WriteUInt16BigEndian(payload[view.PictureIdOffset..], (ushort)(0x8000 | pictureId));
        }
        else if (view.PictureIdBits == 7)
        {
            payload[view.PictureIdOffset] = (byte)(pictureId & 0x7F);
        }

        if (view.Tl0Offset != 0)
        {
            payload[view.Tl0Offset] = tl0PicIdx;
        }
    }

    /// <summary>Writes KEYIDX (5 bits) where the descriptor has one.</summary>
    public static void RewriteKeyIndex(Span<byte> payload, in Vp8DescriptorView view, byte keyIndex)
    {
        if (view.KeyIndex >= 0)
        {
            payload[view.LayerOffset] = (byte)((payload[view.LayerOffset] & 0xE0) | (keyIndex & 0x1F));
        }
    }

    /// <summary>
    /// The picture size in a key frame's first ten bytes: 3 bytes tag, start code 9d 01 2a, 14 bits each of width and height.
    /// </summary>
    /// <remarks>RFC 6386 §9.1. False when those bytes are absent or sealed.</remarks>
    public static bool TryReadKeyFrameSize(ReadOnlySpan<byte> payload, in Vp8DescriptorView view, out int width, out int height)
    {
        width = 0;
        height = 0;
        if (!view.IsKeyFrameStart || payload.Length < view.Length + 10)
        {
            return false;
        }

        ReadOnlySpan<byte> frame = payload[view.Length..];
        if (frame[3] != 0x9d || frame[4] != 0x01 || frame[5] != 0x2a)
        {
            return false;
        }

        width = BinaryPrimitives.ReadUInt16LittleEndian(frame[6..]) & 0x3FFF;
        height = BinaryPrimitives.ReadUInt16LittleEndian(frame[8..]) & 0x3FFF;
        return true;
    }
}

/// <summary>What a VP8 descriptor says; −1 stands for a field that is absent. 18 bytes: it is kept with every packet of a history.</summary>
public readonly record struct Vp8DescriptorView
{
    private readonly short _pictureId;
    private readonly short _tl0PicIdx;
    private readonly sbyte _temporalId;
    private readonly sbyte _keyIndex;
    private readonly byte _length;

    /// <summary>Bytes of the descriptor, 1 … 6; the VP8 frame's bytes follow.</summary>
    public int Length
    {
        get => _length;
        init => _length = (byte)value;
    }

    /// <summary>N: no other frame refers to this one.</summary>
    public bool NonReference { get; init; }

    /// <summary>S: this packet starts partition <see cref="PartitionIndex"/>.</summary>
    public bool StartOfPartition { get; init; }

    public byte PartitionIndex { get; init; }

    /// <summary>0 … 32767 or 0 … 127 by <see cref="PictureIdBits"/>, or −1.</summary>
    public int PictureId
    {
        get => _pictureId;
        init => _pictureId = (short)value;
    }

    /// <summary>0 (absent), 7 or 15.</summary>
    public byte PictureIdBits { get; init; }

    /// <summary>0 … 255, or −1.</summary>
    public int Tl0PicIdx
    {
        get => _tl0PicIdx;
        init => _tl0PicIdx = (short)value;
    }

    /// <summary>0 … 3, or −1.</summary>
    public int TemporalId
    {
        get => _temporalId;
        init => _temporalId = (sbyte)value;
    }

    /// <summary>Y: depends only on the base temporal layer.</summary>
    public bool LayerSync { get; init; }

    /// <summary>0 … 31, or −1.</summary>
    public int KeyIndex
    {
        get => _keyIndex;
        init => _keyIndex = (sbyte)value;
    }

    /// <summary>First packet of a frame: S set and partition 0.</summary>
    public bool IsFrameStart { get; init; }

    /// <summary>First packet of a key frame.</summary>
    public bool IsKeyFrameStart { get; init; }

    internal byte PictureIdOffset { get; init; }

    internal byte Tl0Offset { get; init; }

    internal byte LayerOffset { get; init; }
}
