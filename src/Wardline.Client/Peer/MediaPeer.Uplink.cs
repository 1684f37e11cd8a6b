using Wardline.Client.Media;
using Wardline.Rtc;

namespace Wardline.Client.Peer;

// What the way to the server carries, and what is sent accordingly.
internal sealed partial class MediaPeer
{
    /// <summary>At most this many packets in one go, and as far back are packets repeated.</summary>
    private const int MaxProbePackets = 16;

    private static readonly TimeSpan s_whileProbing = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan s_whileWaiting = TimeSpan.FromMilliseconds(25);

    private readonly Uplink _uplink;
    private readonly LayerControl _layers;
    private TransportAddress? _path;
    private Instant _nextDecision;
    private Instant _lastLook;
    private int _probeBack;

    public Uplink Uplink => _uplink;

    /// <summary>How often layers were taken away.</summary>
    public int Falls => _layers.Falls;

    /// <summary>False: everything is sent, whatever the way carries.</summary>
    public bool Adapts { get; init; } = true;

    private Instant NextUplinkTimeout
    {
        get
        {
            if (!Adapts || _publications.Count == 0)
            {
                return Instant.Never;
            }

            // The estimator may be due for as long as the path is not calm enough for a probe.
            Instant estimator = _uplink.Estimator.NextTimeout;
            Instant least = _lastLook + (_uplink.Estimator.IsProbing ? s_whileProbing : s_whileWaiting);
            return Instant.Min(estimator > least ? estimator : least, _nextDecision);
        }
    }

    private void ControlUplink(Instant now, PacketTrains output)
    {
        if (!Adapts || now < NextUplinkTimeout)
        {
            return;
        }

        // 1. What was learned of another path says nothing about this one.
        if (_path is { } before && Transport.Selected is { } selected && selected != before)
        {
            _uplink.Estimator.OnNewPath(now);
        }

        _path = Transport.Selected;

        // 2. Layers.
        if (now >= _nextDecision)
        {
            _nextDecision = now + LayerControl.Interval;
            _layers.Decide(_uplink.Estimator.Estimate, now);
            _uplink.Estimator.SetDesired(ProbeCarrier is null ? Bitrate.Zero : _layers.Desired(now));
        }

        // 3. Probes: recent packets once more, which repairs at the same time.
        _lastLook = now;
        _uplink.Estimator.HandleTimeout(now);
        for (int sent = 0; sent < MaxProbePackets && _uplink.Estimator.ProbeBytesDue(now) > 0; sent++)
        {
            if (ProbeCarrier is not { } carrier || !carrier.TrySendProbe(_probeBack, _uplink, now, output))
            {
                _probeBack = 0;
                return;
            }

            _probeBack = (_probeBack + 1) % MaxProbePackets;
        }
    }

    /// <summary>The largest layer that is sent: only video has something to repeat.</summary>
    private SentLayer? ProbeCarrier
    {
        get
        {
            foreach (Publication publication in _publications)
            {
                if (publication.Layers.Count > 1 && !publication.Paused)
                {
                    return publication.Layers[publication.LayersSent - 1];
                }
            }

            return null;
        }
    }
}
