using Wardline.Client.Media;
using Wardline.Client.Negotiation;
using Wardline.Rtc;

namespace Wardline.Client.Peer;

/// <summary>One source of ours: when each layer's next frame is due, and where it leaves.</summary>
internal sealed class Publication
{
    /// <summary>A source that fell behind by more than this goes on from now instead of hurrying after.</summary>
    private static readonly TimeSpan s_mostBehind = TimeSpan.FromMilliseconds(500);

    /// <summary>Header, extensions, descriptor, sealing and tag.</summary>
    private const int PacketOverheadBytes = 60;

    private readonly SentLayer[] _layers;
    private readonly RateMeter[] _meters;
    private readonly Instant[] _due;
    private Instant _begun = Instant.Never;

    public Publication(IFrameSource source, string mid, IRandomSource random)
    {
        Source = source;
        bool simulcast = source.Layers > 1;
        _layers = [.. Enumerable.Range(0, source.Layers).Select(i => new SentLayer(source.Kind, mid, simulcast ? ClientOffer.Rids[i] : "", random))];
        _meters = [.. Enumerable.Range(0, source.Layers).Select(_ => new RateMeter())];
        _due = new Instant[source.Layers];
        Array.Fill(_due, Instant.Never);
    }

    public IFrameSource Source { get; }

    public IReadOnlyList<SentLayer> Layers => _layers;

    /// <summary>
    /// The lowest layers, 1 … all. The frames of the others are taken from the source too, so that the layers stay together, and
    /// go nowhere.
    /// </summary>
    public int LayersSent { get; set; } = 1;

    /// <summary>Switched off: nothing is asked of the source, and nothing is sent.</summary>
    public bool Paused { get; set; }

    public Instant NextDue
    {
        get
        {
            Instant next = Paused ? Instant.Never : _begun == Instant.Never ? default : Instant.Never;
            for (int i = 0; i < _due.Length && !Paused; i++)
            {
                next = Instant.Min(next, _due[i]);
            }

            return next;
        }
    }

    public void Begin(Instant now)
    {
        if (_begun == Instant.Never && !Paused)
        {
            _begun = now;
            Array.Fill(_due, now);
        }
    }

    /// <param name="at">The frame's media time since the publication began.</param>
    public bool TryNext(int layer, Instant now, Span<byte> frame, out int length, out TimeSpan at)
    {
        length = 0;
        at = default;
        while (!Paused && now >= _due[layer])
        {
            if (now - _due[layer] > s_mostBehind)
            {
                _due[layer] = now;
            }

            at = _due[layer] - _begun;
            EncodedFrame next = Source.Next(layer, frame);
            _due[layer] += next.Duration > TimeSpan.Zero ? next.Duration : TimeSpan.FromMilliseconds(1);
            if (next.Length > 0)
            {
                _meters[layer].Add(next.Length + Vp8Packetizer.PartsOf(next.Length) * PacketOverheadBytes, now);
                if (layer < LayersSent)
                {
                    length = next.Length;
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>What one layer costs, sent or not; nothing while switched off.</summary>
    public Bitrate CostOf(int layer, Instant now) => Paused ? Bitrate.Zero : _meters[layer].Rate(now);

    /// <summary>What the lowest layers cost together.</summary>
    public Bitrate Cost(int layers, Instant now)
    {
        Bitrate cost = Bitrate.Zero;
        for (int layer = 0; layer < layers; layer++)
        {
            cost += CostOf(layer, now);
        }

        return cost;
    }

    /// <summary>A receiver of one of our streams wants a key frame.</summary>
    public bool TakesKeyFrameRequest(Ssrc media)
    {
        int layer = Array.FindIndex(_layers, l => l.Ssrc == media);
        if (layer >= 0)
        {
            Source.RequestKeyFrame(layer);
        }

        return layer >= 0;
    }
}
