using System.Threading.Channels;

namespace Wardline.Server.Features.Signaling.Media;

/// <summary>What signaling needs of the media engine. Tests of signaling alone put a recorder in its place.</summary>
internal interface IMediaGateway
{
    /// <summary>Opens the ports. Called once, before the first room.</summary>
    /// <exception cref="IOException">A port cannot be had.</exception>
    void Start();

    IMediaRoom Open(string visit);

    /// <returns>Null when media can flow, or what is wrong.</returns>
    string? Problem { get; }
}

/// <summary>The media side of one live visit. Calls for one room come one after the other.</summary>
internal interface IMediaRoom : IAsyncDisposable
{
    /// <summary>Events of this room; ends when the room is disposed.</summary>
    ChannelReader<RoomEvent> Events { get; }

    /// <summary>When a packet of somebody's microphone or camera arrived last, on <see cref="TimeProvider.GetTimestamp"/>'s clock; 0 for never.</summary>
    long LastMediaTimestamp { get; }

    Task<MediaPeer> AddAsync(CancellationToken cancel);

    /// <summary>When this returns, not one more packet goes to or comes from the peer.</summary>
    Task RemoveAsync(MediaPeer peer);

    Task<Negotiation> NegotiateAsync(MediaPeer peer, string offer, IReadOnlyList<PublishedTrack> publish, IReadOnlyList<SubscribedTrack> subscribe, CancellationToken cancel);

    void SetView(MediaPeer peer, IReadOnlyList<MediaView> views);
}

/// <summary>One media transport: of one page load of one participant.</summary>
internal readonly record struct MediaPeer(int Value);

internal enum TrackSource
{
    Microphone,
    Camera,
    Screen,
}

internal sealed record PublishedTrack(string Mid, TrackSource Source);

internal sealed record SubscribedTrack(string Mid, MediaPeer Publisher, TrackSource Source);

/// <summary>Device pixels at which a received video is shown; 0×0 is hidden.</summary>
internal sealed record MediaView(string Mid, int Width, int Height);

/// <summary>Either an answer or a code of docs/protocol.md with words.</summary>
internal sealed record Negotiation(string? Answer, string? ErrorCode = null, string? ErrorMessage = null);

internal abstract record RoomEvent(MediaPeer Peer);

/// <summary>The room is gone by a fault of our own; nothing works in it any more. The last event.</summary>
internal sealed record RoomFailed() : RoomEvent(default(MediaPeer));

/// <summary>A new offer is needed, and why.</summary>
internal sealed record RenegotiationWanted(MediaPeer Peer, string Reason) : RoomEvent(Peer);

internal sealed record DownlinkQuality(MediaPeer Peer, IReadOnlyList<ReceivedTrack> Received, int EstimateKbps, double LossPercent, string Level) : RoomEvent(Peer);

/// <param name="Mid">The receiver's m-section.</param>
/// <param name="Layer">q, h or f; null when nothing is sent.</param>
/// <param name="Kbps">What is sent on it.</param>
internal sealed record ReceivedTrack(string Mid, string? Layer, int Kbps);
