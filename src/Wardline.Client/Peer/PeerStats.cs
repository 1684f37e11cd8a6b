using Wardline.Client.Media;
using Wardline.Rtc;

namespace Wardline.Client.Peer;

/// <summary>Reads a peer's counts; on its loop's thread.</summary>
internal static class PeerStats
{
    public static ParticipantStats Of(MediaPeer peer)
    {
        IEnumerable<SentLayer> layers = peer.Publications.SelectMany(p => p.Layers);
        return new ParticipantStats
        {
            Transport = peer.Transport.State.ToString().ToLowerInvariant(),
            Ciphers = peer.Transport.Profile is { } profile ? $"{profile} {peer.Transport.DtlsDescription}" : "",
            Path = peer.Transport.Selected is not { } selected ? "" : selected.Connection == 0 ? "direct" : peer.Relay is { IsStream: true } ? "relay/stream" : "relay/udp",
            EstimateKbps = peer.Uplink.Estimator.Estimate.Kilobits,
            CameraLayers = peer.Publications.FirstOrDefault(p => p.Source.Kind == MediaSource.Camera)?.LayersSent ?? 0,
            PacketsSent = layers.Sum(l => (long)l.Packets),
            FramesSent = layers.Sum(l => l.Frames),
            PacketsRepairedForOthers = layers.Sum(l => l.Repaired),
            KeyFramesAsked = peer.KeyFramesAsked,
            FramesOpened = peer.Opened,
            FramesRefused = peer.Refused,
            Dropped = peer.Strangers + Enum.GetValues<TransportDrop>().Sum(d => peer.Transport.Counters[d]),
            Received = [.. peer.Streams.Select(s => new StreamStats(s.Participant, s.Source, s.Packets, s.Bytes, s.Lost, s.Repaired, s.Reordered, s.Frames) { FramesLost = s.FramesLost })],
        };
    }
}
