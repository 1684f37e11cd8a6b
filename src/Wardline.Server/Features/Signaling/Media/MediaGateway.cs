using System.Threading.Channels;
using Wardline.Media;
using Wardline.Media.Taps;
using Wardline.Rtc;
using Wardline.Server.Platform;
using Wardline.Sfu;

namespace Wardline.Server.Features.Signaling.Media;

/// <summary>The real media engine, in the words of signaling.</summary>
internal sealed class MediaGateway(MediaOptions options, TimeProvider time, ILoggerFactory logging, PacketTap? tap) : IMediaGateway, IAsyncDisposable
{
    private MediaEngine? _engine;

    public string? Problem => _engine is null ? "the media engine has not started" : null;

    public void Start() => _engine = MediaEngine.Start(options, time, logging, tap);

    public IMediaRoom Open(string visit) => new MediaRoom(_engine!.OpenSession(new SfuSessionOptions()), time);

    public async ValueTask DisposeAsync()
    {
        if (_engine is { } engine)
        {
            await engine.DisposeAsync();
        }
    }
}

internal sealed class MediaRoom : IMediaRoom
{
    // Quality once a second for twelve people: a reader that is a minute behind gets the newest.
    private const int EventCapacity = 1024;

    private readonly MediaSession _session;
    private readonly TimeProvider _time;
    private readonly Channel<RoomEvent> _events = Channel.CreateBounded<RoomEvent>(new BoundedChannelOptions(EventCapacity) { FullMode = BoundedChannelFullMode.DropOldest });
    private long _lastMedia;

    public MediaRoom(MediaSession session, TimeProvider time)
    {
        _session = session;
        _time = time;
        _ = PumpAsync();
    }

    public ChannelReader<RoomEvent> Events => _events.Reader;

    public long LastMediaTimestamp => Volatile.Read(ref _lastMedia);

    public async Task<MediaPeer> AddAsync(CancellationToken cancel) => new((await _session.AddParticipantAsync(cancel)).Value);

    public async Task RemoveAsync(MediaPeer peer)
    {
        try
        {
            await _session.RemoveParticipantAsync(new ParticipantId(peer.Value), CancellationToken.None);
        }
        catch (MediaSessionClosedException)
        {
            // A closed session sends nothing to anybody.
        }
    }

    public async Task<Negotiation> NegotiateAsync(
        MediaPeer peer, string offer, IReadOnlyList<PublishedTrack> publish, IReadOnlyList<SubscribedTrack> subscribe, CancellationToken cancel)
    {
        NegotiationResult result = await _session.NegotiateAsync(
            new ParticipantId(peer.Value),
            offer,
            [.. publish.Select(p => new PublishRequest(p.Mid, Map(p.Source)))],
            [.. subscribe.Select(s => new SubscribeRequest(s.Mid, new ParticipantId(s.Publisher.Value), Map(s.Source)))],
            cancel);
        return new Negotiation(result.Answer, result.Error?.Code, result.Error?.Message);
    }

    public void SetView(MediaPeer peer, IReadOnlyList<MediaView> views) =>
        _session.SetView(new ParticipantId(peer.Value), [.. views.Select(v => new ViewSlot(v.Mid, v.Width, v.Height))]);

    public async ValueTask DisposeAsync() => await _session.DisposeAsync();

    private async Task PumpAsync()
    {
        await foreach (MediaEvent happened in _session.Events.ReadAllAsync())
        {
            if (happened is MediaActive)
            {
                Volatile.Write(ref _lastMedia, _time.GetTimestamp());
            }
            else if (Map(happened) is { } told)
            {
                _events.Writer.TryWrite(told);
            }
        }

        _events.Writer.TryComplete();
    }

    private static RoomEvent? Map(MediaEvent happened) => happened switch
    {
        MediaDownlinkQuality { Quality: var q } => new DownlinkQuality(
            Peer(q.Participant),
            [.. q.Received.Select(r => new ReceivedTrack(r.Mid, r.Layer, (int)Math.Round(r.Kbps)))],
            (int)Math.Round(q.EstimateKbps), Math.Round(q.LossPercent, 1), q.Level.ToString().ToLowerInvariant()),
        MediaRenegotiationWanted wanted => new RenegotiationWanted(Peer(wanted.Participant), wanted.Reason),
        // The socket may well live when the media path is lost: the page restarts ICE.
        MediaTransportChanged { State: TransportState.Failed } lost => new RenegotiationWanted(Peer(lost.Participant), "transport"),
        MediaFaulted => new RoomFailed(),
        _ => null,
    };

    private static MediaPeer Peer(ParticipantId participant) => new(participant.Value);

    private static Wardline.Sfu.TrackSource Map(TrackSource source) => source switch
    {
        TrackSource.Microphone => Wardline.Sfu.TrackSource.Microphone,
        TrackSource.Camera => Wardline.Sfu.TrackSource.Camera,
        _ => Wardline.Sfu.TrackSource.Screen,
    };
}

internal static class MediaSetup
{
    public static void AddMediaGateway(this WebApplicationBuilder builder, SettingsReader settings)
    {
        builder.Services.AddSingleton(MediaSettings.Read(settings));
        builder.Services.AddSingleton<IMediaGateway>(services => new MediaGateway(
            services.GetRequiredService<MediaOptions>(), services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILoggerFactory>(), services.GetService<PacketTap>()));
    }
}
