namespace Wardline.Rtc.Bwe;

/// <summary>When to probe, and how high.</summary>
/// <remarks>
/// A receiver's layers come in steps (150, 450, 1500 kbit/s), so the stream of a lower step never shows whether the next one
/// would pass. Only while more is wanted than the estimate:
/// <list type="bullet">
/// <item>first: three times the start, and as long as it passes twice what was measured;</item>
/// <item>after a deep fall: 0.85 × the rate before it, once the queue is calm;</item>
/// <item>then again and again twice the estimate, after 1, 2, 4, 5, 5 … s without success.</item>
/// </list>
/// Never while the queue grows or stands.
/// </remarks>
internal sealed class ProbePlan(SendSideEstimatorOptions options)
{
    private const double FirstFactor = 3;
    private const double NextFactor = 2;
    private const double Passed = 0.7;
    private const double AboveDesired = 1.3;
    private const double ClearlyHigher = 1.2;
    private static readonly TimeSpan Calm = TimeSpan.FromMilliseconds(60);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AfterSuccess = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan FallRemembered = TimeSpan.FromSeconds(30);

    private ProbeCluster _cluster;
    private TimeSpan _pause = FirstPause;
    private Instant _notBefore;
    private double _factor = FirstFactor;
    private Bitrate _beforeFall;
    private Instant _fellAt;

    public bool IsActive => _cluster.IsActive;

    public Bitrate Rate => _cluster.IsActive ? _cluster.Rate : Bitrate.Zero;

    public Instant NextSend => _cluster.NextSend;

    public Instant NextDecision => _cluster.IsActive ? _cluster.Deadline : _notBefore;

    public static bool IsWanted(Bitrate desired, Bitrate estimate) => desired > estimate * 1.05;

    public int BytesDue(Instant now) => _cluster.BytesDue(now);

    /// <summary>Begins a probe when one is due, ends one that takes too long.</summary>
    public void Consider(Bitrate desired, Bitrate estimate, BandwidthUsage usage, TimeSpan queue, TimeSpan roundTrip, Instant now)
    {
        if (_cluster.IsActive)
        {
            if (now < _cluster.Deadline)
            {
                return;
            }

            Failed(now);
        }

        if (now < _notBefore || usage == BandwidthUsage.Overusing || queue > Calm || !IsWanted(desired, estimate))
        {
            return;
        }

        Bitrate rate = estimate * _factor;
        if (_beforeFall > estimate * 1.2)
        {
            rate = now - _fellAt < FallRemembered ? Bitrate.Max(rate, _beforeFall * 0.85) : rate;
            _beforeFall = default;
        }

        rate = Bitrate.Min(Bitrate.Min(rate, desired * AboveDesired), options.Max);
        if (rate > estimate)
        {
            _cluster.Begin(rate, roundTrip, now);
        }
    }

    /// <returns>The cluster that the packet belongs to, 0 for none.</returns>
    public byte OnSent(int bytes)
    {
        if (!_cluster.IsSending)
        {
            return 0;
        }

        _cluster.OnSent(bytes);
        return _cluster.Id;
    }

    public void OnAcked(in SentPacket packet, Instant arrived)
    {
        if (packet.Cluster != 0 && packet.Cluster == _cluster.Id && _cluster.IsActive)
        {
            _cluster.OnAcked(packet, arrived);
        }
    }

    /// <summary>After each report: what the probe has shown, if it has.</summary>
    public bool TryTakeResult(Bitrate estimate, Instant now, out Bitrate measured)
    {
        measured = default;
        if (!_cluster.IsActive || !_cluster.TryMeasure(out measured))
        {
            return false;
        }

        // A probe that passed asks for a higher one at once; one that found the link's end says not to ask again soon.
        bool clearlyHigher = measured > estimate * ClearlyHigher;
        if (clearlyHigher && measured >= _cluster.Rate * Passed)
        {
            _cluster.End();
            _pause = FirstPause;
            _factor = NextFactor;
            _notBefore = now + AfterSuccess;
        }
        else
        {
            _pause = clearlyHigher ? FirstPause : _pause;
            Failed(now);
        }

        return true;
    }

    /// <summary>The rate fell; a deep fall is probed for as soon as the queue is calm.</summary>
    public void OnFall(Bitrate before, Bitrate after, Instant now)
    {
        if (after > before * 0.9)
        {
            return;
        }

        bool newFall = now - _fellAt > TimeSpan.FromSeconds(3) || _beforeFall == default;
        _beforeFall = newFall ? before : Bitrate.Max(before, _beforeFall);
        _fellAt = now;
        _pause = FirstPause;
        _notBefore = now + FirstPause;
        _cluster.End();
    }

    private void Failed(Instant now)
    {
        _cluster.End();
        _factor = NextFactor;
        _notBefore = now + _pause;
        _pause = _pause + _pause < LongestPause ? _pause + _pause : LongestPause;
    }
}
