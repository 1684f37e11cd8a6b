namespace Wardline.Client.E2ee;

// A sealed frame, as it goes into the packetiser (docs/design/e2ee.md, "Frames"):
//
//   video   clear (10 bytes of a key frame, 3 of any other) ‖ SFrame header ‖ ciphertext ‖ tag
//   audio   SFrame header ‖ ciphertext ‖ tag
//
// The clear bytes are the VP8 frame tag and, in a key frame, start code and size (RFC 6386 §9.1). They and the source are
// the SFrame metadata, so nobody can change them, and a camera's frame does not open as a screen's.
internal static class FrameLayout
{
    /// <summary>Source 1 ‖ the most clear bytes that there are.</summary>
    public const int MaxMetadataBytes = 1 + KeyFrameClearBytes;
    private const int KeyFrameClearBytes = 10;
    private const int DeltaFrameClearBytes = 3;

    /// <summary>How many bytes of this frame stay readable; −1 when it is too short to be a frame of its kind.</summary>
    public static int ClearBytes(MediaSource source, ReadOnlySpan<byte> frame)
    {
        if (source == MediaSource.Microphone)
        {
            return 0;
        }

        if (frame.IsEmpty)
        {
            return -1;
        }

        // RFC 6386 §9.1: the lowest bit is 0 in a key frame.
        int clear = (frame[0] & 1) == 0 ? KeyFrameClearBytes : DeltaFrameClearBytes;
        return frame.Length < clear ? -1 : clear;
    }

    /// <summary>Writes the metadata and returns its length; <paramref name="destination"/> holds <see cref="MaxMetadataBytes"/>.</summary>
    public static int WriteMetadata(MediaSource source, ReadOnlySpan<byte> clear, Span<byte> destination)
    {
        destination[0] = (byte)source;
        clear.CopyTo(destination[1..]);
        return 1 + clear.Length;
    }

    /// <summary>KID: member number and the low byte of the epoch, so at most two bytes in the header.</summary>
    public static ulong KeyId(int member, uint epoch) => ((ulong)member << 8) | (epoch & 0xff);
}
