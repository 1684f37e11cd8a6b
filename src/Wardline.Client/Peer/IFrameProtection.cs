using Wardline.Rtc;

namespace Wardline.Client.Peer;

/// <summary>End-to-end encryption as the media path sees it: frames in, frames out.</summary>
internal interface IFrameProtection
{
    /// <summary>Seals one of our own frames; false while there are no keys to seal it with, and then it is not sent.</summary>
    bool TrySeal(MediaSource source, ReadOnlySpan<byte> frame, Span<byte> destination, out int length);

    /// <summary>Takes one sealed frame of somebody else. It comes out of <see cref="TryTake"/>, now, later or never.</summary>
    void Open(string participant, MediaSource source, ReadOnlySpan<byte> frame, bool keyFrame, RtpTimestamp timestamp, Instant now);

    /// <summary>The next opened frame.</summary>
    bool TryTake(Span<byte> destination, out int length, out OpenedFrame frame);

    /// <summary>Frames that did not open, so far.</summary>
    long Refused { get; }

    Instant NextTimeout { get; }

    void HandleTimeout(Instant now);
}

internal readonly record struct OpenedFrame(string Participant, MediaSource Source, bool KeyFrame, RtpTimestamp Timestamp);
