using Wardline.Sfu.Forwarding;

namespace Wardline.Sfu.Layers;

/// <summary>What one m-section of a publisher carries, and who receives it.</summary>
internal sealed class PublishedTrack
{
    public const int MaxLayers = 3;

    private readonly InboundLayer?[] _layers = new InboundLayer?[MaxLayers];
    private Subscription[] _subscriptions = [];

    public PublishedTrack(ParticipantId publisher, TrackSource source, string mid, MediaFormat format, IReadOnlyList<string> rids, PublisherClock clock)
    {
        Publisher = publisher;
        Source = source;
        Mid = mid;
        Format = format;
        Rids = rids;
        Clock = clock;
    }

    public ParticipantId Publisher { get; }

    public TrackSource Source { get; }

    public string Mid { get; }

    public MediaFormat Format { get; }

    /// <summary>Simulcast layers as agreed; empty for a plain stream.</summary>
    public IReadOnlyList<string> Rids { get; }

    public PublisherClock Clock { get; }

    public bool IsVideo => Source != TrackSource.Microphone;

    public bool IsSimulcast => Rids.Count > 0;

    public int ClockRate => IsVideo ? 90_000 : 48_000;

    /// <summary>Its first packet has come.</summary>
    public bool Started { get; set; }

    public ReadOnlySpan<InboundLayer?> Layers => _layers;

    public ReadOnlySpan<Subscription> Subscriptions => _subscriptions;

    /// <summary>q, h, f by name; other names by their place in the offer, which lists them in rising quality.</summary>
    public int IndexOf(ReadOnlySpan<byte> rid)
    {
        if (rid.Length == 1 && NamesAreOurs())
        {
            return rid[0] switch { (byte)'q' => 0, (byte)'h' => 1, (byte)'f' => 2, _ => -1 };
        }

        for (int i = 0; i < Math.Min(Rids.Count, MaxLayers); i++)
        {
            if (Equal(Rids[i], rid))
            {
                return i;
            }
        }

        return -1;
    }

    public void SetLayer(InboundLayer layer)
    {
        if (_layers[layer.Index] is { } replaced)
        {
            replaced.Close();
        }

        _layers[layer.Index] = layer;
    }

    public bool IsWatched(InboundLayer layer)
    {
        foreach (Subscription subscription in _subscriptions)
        {
            if (ReferenceEquals(subscription.Switcher.Current, layer) || ReferenceEquals(subscription.Switcher.Target, layer))
            {
                return true;
            }
        }

        return false;
    }

    public void Add(Subscription subscription) => _subscriptions = [.. _subscriptions, subscription];

    public void Remove(Subscription subscription) => _subscriptions = Array.FindAll(_subscriptions, s => s != subscription);

    public void Close()
    {
        foreach (InboundLayer? layer in _layers)
        {
            layer?.Close();
        }
    }

    private bool NamesAreOurs()
    {
        foreach (string rid in Rids)
        {
            if (rid is not ("q" or "h" or "f"))
            {
                return false;
            }
        }

        return true;
    }

    private static bool Equal(string text, ReadOnlySpan<byte> bytes)
    {
        if (text.Length != bytes.Length)
        {
            return false;
        }

        for (int i = 0; i < bytes.Length; i++)
        {
            if (text[i] != bytes[i])
            {
                return false;
            }
        }

        return true;
    }
}
