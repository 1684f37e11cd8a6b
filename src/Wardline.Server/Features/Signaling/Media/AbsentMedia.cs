using System.Threading.Channels;
using Wardline.Server.Platform;

namespace Wardline.Server.Features.Signaling.Media;

/// <summary>Stands where the media engine will: signaling runs, offers are refused, and <c>/readyz</c> says so.</summary>
internal sealed class AbsentMedia : IMediaGateway
{
    public string? Problem => "this build has no media engine";

    public IMediaRoom Open(string visit) => new Room();

    private sealed class Room : IMediaRoom
    {
        private readonly Channel<RoomEvent> _events = Channel.CreateBounded<RoomEvent>(1);
        private int _peers;

        public ChannelReader<RoomEvent> Events => _events.Reader;

        public long LastMediaTimestamp => 0;

        public Task<MediaPeer> AddAsync(CancellationToken cancel) => Task.FromResult(new MediaPeer(++_peers));

        public Task RemoveAsync(MediaPeer peer) => Task.CompletedTask;

        public Task<Negotiation> NegotiateAsync(MediaPeer peer, string offer, IReadOnlyList<PublishedTrack> publish, IReadOnlyList<SubscribedTrack> subscribe, CancellationToken cancel) =>
            Task.FromResult(new Negotiation(null, "sdp.no-codec", "This build has no media engine."));

        public void SetView(MediaPeer peer, IReadOnlyList<MediaView> views)
        {
        }

        public ValueTask DisposeAsync()
        {
            _events.Writer.TryComplete();
            return ValueTask.CompletedTask;
        }
    }
}

internal static class MediaSetup
{
    public static void AddMediaGateway(this WebApplicationBuilder builder, SettingsReader settings)
    {
        settings.Whole("Media:UdpPort", 7881, 1, 65535);
        settings.Whole("Media:TcpPort", 7881, 0, 65535);
        settings.Addresses("Media:AdvertisedAddresses");
        builder.Services.AddSingleton<IMediaGateway, AbsentMedia>();
    }
}
