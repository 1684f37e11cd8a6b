using Wardline.Client.Media;
using Wardline.Rtc;

namespace Wardline.Client.Peer;

/// <summary>
/// Which simulcast layers are sent: as many as the estimate carries, sound and lowest layers always. Falls at once, since each
/// packet too many stands in a queue before the sound; rises by one layer at a time, and the later the more often it was wrong.
/// </summary>
/// <remarks>
/// <code>
///                  need × 0.9 > estimate: at once, as many layers as it takes; pause 2 s, or twice the last one
///  [n layers] ────────────────────────────────────────────────────────────────────────────────────► [n − 1]
///             ◄────────────────────────────────────────────────────────────────────────────────────
///                  (need + next) × 1.15 ≤ estimate, and the pause is over: with a key frame
/// </code>
/// Pure: time and estimate are arguments.
/// </remarks>
internal sealed class LayerControl(List<Publication> publications)
{
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_betweenRises = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(32);

    /// <summary>A rise that held this long was right.</summary>
    private static readonly TimeSpan s_proven = TimeSpan.FromSeconds(10);

    private const double Tolerance = 0.9;
    private const double Margin = 1.15;

    private TimeSpan _pause = s_firstPause;
    private Instant _mayRiseAt;
    private Instant? _roseAt;

    /// <summary>How often layers were taken away.</summary>
    public int Falls { get; private set; }

    /// <summary>What the estimator should find room for: everything, with the margin that the last layer asks for.</summary>
    public Bitrate Desired(Instant now)
    {
        bool whole = true;
        Bitrate all = Bitrate.Zero;
        foreach (Publication publication in publications)
        {
            whole &= publication.LayersSent == publication.Layers.Count;
            all += publication.Cost(publication.Layers.Count, now);
        }

        return whole ? all : all * (Margin + 0.05);
    }

    public void Decide(Bitrate estimate, Instant now)
    {
        Bitrate need = Need(now);
        if (need * Tolerance > estimate)
        {
            Fall(need, estimate, now);
        }
        else if (now >= _mayRiseAt && Lowest() is { } next && (need + next.CostOf(next.LayersSent, now)) * Margin <= estimate && next.CostOf(next.LayersSent, now) > Bitrate.Zero)
        {
            next.LayersSent++;
            next.Source.RequestKeyFrame(next.LayersSent - 1);
            _roseAt = now;
            _mayRiseAt = now + s_betweenRises;
        }
    }

    private void Fall(Bitrate need, Bitrate estimate, Instant now)
    {
        bool fell = false;
        while (need > estimate && Highest() is { } publication)
        {
            publication.LayersSent--;
            need -= publication.CostOf(publication.LayersSent, now);
            fell = true;
        }

        if (fell)
        {
            bool wrong = _roseAt is { } rose && now - rose < s_proven;
            _pause = !wrong ? s_firstPause : _pause * 2 < s_longestPause ? _pause * 2 : s_longestPause;
            _mayRiseAt = now + _pause;
            _roseAt = null;
            Falls++;
        }
    }

    private Bitrate Need(Instant now)
    {
        Bitrate need = Bitrate.Zero;
        foreach (Publication publication in publications)
        {
            need += publication.Cost(publication.LayersSent, now);
        }

        return need;
    }

    private Publication? Lowest()
    {
        Publication? lowest = null;
        foreach (Publication publication in publications)
        {
            if (publication.LayersSent < publication.Layers.Count && !publication.Paused && (lowest is null || publication.LayersSent < lowest.LayersSent))
            {
                lowest = publication;
            }
        }

        return lowest;
    }

    private Publication? Highest()
    {
        Publication? highest = null;
        foreach (Publication publication in publications)
        {
            if (publication.LayersSent > 1 && (highest is null || publication.LayersSent > highest.LayersSent))
            {
                highest = publication;
            }
        }

        return highest;
    }
}
