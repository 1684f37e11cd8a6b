using Wardline.Client.Media;
using Wardline.Client.Negotiation;
using Wardline.Rtc;

namespace Wardline.Client.Peer;

/// <summary>One source of ours: when each layer's next frame is due, and where it leaves.</summary>
internal sealed class Publication
{
    /// <summary>A source that fell behind by more than this goes on from now instead of hurrying after.</summary>
    private static readonly TimeSpan s_mostBehind = TimeSpan.FromMilliseconds(500);

    private readonly SentLayer[] _layers;
    private readonly Instant[] _due;
    private Instant _begun = Instant.Never;

    public Publication(IFrameSource source, string mid, IRandomSource random)
    {
        Source = source;
        bool simulcast = source.Layers > 1;
        _layers = [.. Enumerable.Range(0, source.Layers).Select(i => new SentLayer(source.Kind, mid, simulcast ? ClientOffer.Rids[i] : "", random))];
        _due = new Instant[source.Layers];
        Array.Fill(_due, Instant.Never);
    }

    public IFrameSource Source { get; }

    public IReadOnlyList<SentLayer> Layers => _layers;

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
                length = next.Length;
                return true;
            }
        }

        return false;
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
