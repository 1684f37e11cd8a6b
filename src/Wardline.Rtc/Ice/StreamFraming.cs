using System.Buffers.Binary;

namespace Wardline.Rtc.Ice;

public enum FrameRead : byte
{
    /// <summary>Not all bytes of the next frame are there yet.</summary>
    Incomplete,

    /// <summary>One frame; of length 0 when the peer sent a null packet, which is to be ignored.</summary>
    Frame,

    /// <summary>A length that no peer of ours has reason to send: the stream is lost, close it.</summary>
    Broken,
}

/// <summary>
/// Datagrams on a byte stream, as ICE-TCP carries STUN, DTLS and SRTP (RFC 4571 §2, RFC 6544 §10.1).
/// </summary>
/// <remarks>
/// <code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-------------------------------+-------------------------------+
/// |             length            |  packet …
/// </code>
/// </remarks>
public static class StreamFraming
{
    public const int HeaderBytes = 2;

    /// <summary>Longest frame accepted: what fits a slot, since the packet goes the way of all others.</summary>
    public const int MaxFrameBytes = PacketTrains.SlotBytes;

    /// <summary>Looks for one frame at the start of what is buffered.</summary>
    /// <param name="consumed">With <see cref="FrameRead.Frame"/>: bytes to drop from the start of the buffer once the frame is dealt with.</param>
    public static FrameRead TryReadFrame(ReadOnlySpan<byte> buffered, out int frameStart, out int frameLength, out int consumed)
    {
        frameStart = HeaderBytes;
        frameLength = consumed = 0;
        if (buffered.Length < HeaderBytes)
        {
            return FrameRead.Incomplete;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(buffered);
        if (length > MaxFrameBytes)
        {
            return FrameRead.Broken;
        }

        if (buffered.Length < HeaderBytes + length)
        {
            return FrameRead.Incomplete;
        }

        frameLength = length;
        consumed = HeaderBytes + length;
        return FrameRead.Frame;
    }

    /// <summary>Writes the two bytes in front of a packet of <paramref name="frameLength"/> bytes.</summary>
    public static void WriteHeader(Span<byte> destination, int frameLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(frameLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(frameLength, ushort.MaxValue);
        BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)frameLength);
    }
}
