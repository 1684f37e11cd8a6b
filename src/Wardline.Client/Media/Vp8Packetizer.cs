using System.Buffers.Binary;

namespace Wardline.Client.Media;

/// <summary>
/// Cuts one VP8 frame, sealed or not, into RTP payloads (RFC 7741 §4.2): a descriptor with a 15-bit picture id and TL0PICIDX
/// before each part, S on the first. The bytes of the frame are not looked at.
/// </summary>
internal sealed class Vp8Packetizer(ushort firstPictureId, byte firstTl0)
{
    public const int DescriptorBytes = 6;

    /// <summary>With header, extensions and tags within 1,200 octets of UDP payload.</summary>
    public const int MaxPartBytes = 1100;

    /// <summary>X, I L and T, and the TID of a stream without temporal layers: each frame is a base frame.</summary>
    private const byte Extended = 0x80;
    private const byte Start = 0x10;
    private const byte Present = 0xE0;

    private ushort _pictureId = (ushort)(firstPictureId & 0x7FFF);
    private byte _tl0 = firstTl0;

    public static int PartsOf(int frameBytes) => Math.Max(1, (frameBytes + MaxPartBytes - 1) / MaxPartBytes);

    /// <summary>Writes one part; the parts differ by at most one byte, so that a frame can leave by one segmented send.</summary>
    /// <param name="part">0 … <see cref="PartsOf"/> − 1.</param>
    /// <returns>Bytes written.</returns>
    public int Write(ReadOnlySpan<byte> frame, int part, Span<byte> payload)
    {
        int parts = PartsOf(frame.Length);
        int at = (int)((long)frame.Length * part / parts);
        ReadOnlySpan<byte> bytes = frame[at..(int)((long)frame.Length * (part + 1) / parts)];
        payload[0] = (byte)(Extended | (part == 0 ? Start : 0));
        payload[1] = Present;
        BinaryPrimitives.WriteUInt16BigEndian(payload[2..], (ushort)(0x8000 | _pictureId));
        payload[4] = _tl0;
        payload[5] = 0;
        bytes.CopyTo(payload[DescriptorBytes..]);
        return DescriptorBytes + bytes.Length;
    }

    /// <summary>After the last part of a frame.</summary>
    public void NextFrame()
    {
        _pictureId = (ushort)(_pictureId + 1 & 0x7FFF);
        _tl0++;
    }
}
