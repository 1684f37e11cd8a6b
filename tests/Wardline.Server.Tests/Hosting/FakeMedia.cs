using System.Collections.Concurrent;
using System.Threading.Channels;
using Wardline.Server.Features.Signaling.Media;

namespace Wardline.Server.Tests.Hosting;

/// <summary>A media engine that remembers what it was asked to do, and says what the test wants it to say.</summary>
internal sealed class FakeMedia : IMediaGateway
{
    public ConcurrentQueue<FakeRoom> Rooms { get; } = new();

    public FakeRoom Room => Rooms.Last();

    public string? Problem { get; set; }

    public Func<string, Negotiation> Answer { get; set; } = static offer => new Negotiation($"answer to {offer}");

    public void Start()
    {
    }

    public IMediaRoom Open(string visit)
    {
        FakeRoom room = new(this);
        Rooms.Enqueue(room);
        return room;
    }
}

internal sealed record Asked(MediaPeer Peer, string Offer, IReadOnlyList<PublishedTrack> Publish, IReadOnlyList<SubscribedTrack> Subscribe);

internal sealed class FakeRoom(FakeMedia media) : IMediaRoom
{
    private readonly Channel<RoomEvent> _events = Channel.CreateUnbounded<RoomEvent>();
    private int _peers;

    public ConcurrentQueue<MediaPeer> Added { get; } = new();

    public ConcurrentQueue<MediaPeer> Removed { get; } = new();

    public ConcurrentQueue<Asked> Negotiations { get; } = new();

    public ConcurrentQueue<(MediaPeer Peer, IReadOnlyList<MediaView> Views)> Views { get; } = new();

    public bool Disposed { get; private set; }

    public ChannelReader<RoomEvent> Events => _events.Reader;

    public long LastMediaTimestamp { get; set; }

    public void Happens(RoomEvent happened) => _events.Writer.TryWrite(happened);

    public Task<MediaPeer> AddAsync(CancellationToken cancel)
    {
        MediaPeer peer = new(++_peers);
        Added.Enqueue(peer);
        return Task.FromResult(peer);
    }

    public Task RemoveAsync(MediaPeer peer)
    {
        Removed.Enqueue(peer);
        return Task.CompletedTask;
    }

    public Task<Negotiation> NegotiateAsync(MediaPeer peer, string offer, IReadOnlyList<PublishedTrack> publish, IReadOnlyList<SubscribedTrack> subscribe, CancellationToken cancel)
    {
        Negotiations.Enqueue(new Asked(peer, offer, publish, subscribe));
        return Task.FromResult(media.Answer(offer));
    }

    public void SetView(MediaPeer peer, IReadOnlyList<MediaView> views) => Views.Enqueue((peer, views));

    public ValueTask DisposeAsync()
    {
        Disposed = true;
        _events.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }
}
