namespace Wardline.Client.Media;

/// <summary>
/// Encoded media that a participant publishes: Opus frames of a microphone, VP8 frames of a camera in one or more layers.
/// Called on the thread of the media loop, which other participants share: answer at once, and never block.
/// </summary>
public interface IFrameSource
{
    MediaSource Kind { get; }

    /// <summary>Simulcast layers, smallest first: 1, or 3 for q, h and f. A microphone has 1.</summary>
    int Layers { get; }

    /// <summary>
    /// Writes the next frame of one layer; of those too that are not sent at the moment, so that all stay at the same time, and
    /// what they would cost is known.
    /// </summary>
    /// <param name="layer">0 … <see cref="Layers"/> − 1.</param>
    /// <param name="destination">At least <see cref="MaxFrameBytes"/>.</param>
    EncodedFrame Next(int layer, Span<byte> destination);

    /// <summary>A receiver cannot go on without a key frame of this layer: make it the next one, or soon.</summary>
    void RequestKeyFrame(int layer);

    /// <summary>Longest frame that is sent.</summary>
    public const int MaxFrameBytes = 192 * 1024;
}

/// <param name="Length">Bytes written; 0: nothing is sent for this moment.</param>
/// <param name="Duration">How long after this frame the next one is due; more than zero.</param>
public readonly record struct EncodedFrame(int Length, bool KeyFrame, TimeSpan Duration);

/// <summary>A frame that came whole and opened.</summary>
/// <param name="Participant">Who sent it, as in the roster.</param>
/// <param name="KeyFrame">VP8: decodes without any before it. Opus: always.</param>
/// <param name="Timestamp">RTP time, 90,000 (video) or 48,000 (audio) a second, from an arbitrary start.</param>
public readonly record struct ReceivedFrame(string Participant, MediaSource Source, bool KeyFrame, uint Timestamp);

/// <summary>Called on the thread of the media loop; the bytes are lent for the length of the call.</summary>
public delegate void FrameReceiver(in ReceivedFrame frame, ReadOnlySpan<byte> bytes);
