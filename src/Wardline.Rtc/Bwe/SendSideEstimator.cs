using Wardline.Rtc.Rtcp;

namespace Wardline.Rtc.Bwe;

/// <summary>
/// How much may be sent to one receiver, learned from its transport-wide feedback: the life of a report is told in
/// README.md beside this file, each mechanism has its own file.
/// </summary>
/// <remarks>
/// Use: number every packet on the transport; <see cref="OnSent"/> for each; <see cref="OnFeedback"/> for each report;
/// tell <see cref="SetDesired"/> what would be sent if it passed; at <see cref="NextTimeout"/> call
/// <see cref="HandleTimeout"/> and then send padding (or retransmissions) while <see cref="ProbeBytesDue"/> is above zero.
/// Allocates nothing after construction, but for a new path and while the memory of what was sent grows. Bytes are whole datagrams without IP and UDP.
/// </remarks>
public sealed class SendSideEstimator
{
    /// <summary>To cut by: short, since after a cut of the link the older half of the long window is history.</summary>
    private const int CutWindowMs = 300;

    /// <summary>Packets of one report that are looked at.</summary>
    private const int MaxArrivals = 1024;

    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstSilence = TimeSpan.FromMilliseconds(600);
    private static readonly TimeSpan SilenceStep = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan DecisionInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ReorderingTime = TimeSpan.FromMilliseconds(100);

    private readonly SendSideEstimatorOptions _options;
    private readonly SentPackets _sent;
    private readonly ArrivalGroups _groups = new();
    private readonly Trendline _trendline = new();

    // Between two calls there is nothing in it, so all estimators of a thread share one.
    [ThreadStatic]
    private static Arrived[]? t_arrived;

    // What is learned of one path.
    private RateWindow _sentRate = new();
    private RateWindow _ackedRate = new();
    private OveruseDetector _detector = new();
    private QueueDelay _queue = new();
    private AimdController _aimd;
    private LossController _loss;
    private ProbePlan _probes;

    private Bitrate _desired;
    private Bitrate _undrained; // the estimate but for a queue that drains
    private Bitrate? _cap;
    private long? _reference;
    private byte? _reportCount;
    private ushort _toldUpTo;
    private Instant _latestArrival;
    private Instant? _lastFeedback;
    private Instant? _newPathAt;
    private Instant? _firstUnanswered;
    private Instant _nextSilenceStep = Instant.Never;
    private Instant _nextDecision;
    private Instant _handledAt;
    private Instant _lastSent;
    private Instant _drainUntil;
    private bool _afterProbe;

    public SendSideEstimator(SendSideEstimatorOptions? options = null)
    {
        _options = options ?? new SendSideEstimatorOptions();
        _sent = new SentPackets(_options.HistoryPackets);
        _aimd = new AimdController(_options);
        _loss = new LossController(_options);
        _probes = new ProbePlan(_options);
        Estimate = _undrained = _options.Start;
    }

    /// <summary>What may be sent in all: media, retransmissions, padding.</summary>
    public Bitrate Estimate { get; private set; }

    /// <summary>Lost share of the last one to two seconds, 0 … 1.</summary>
    public double Loss => _loss.Loss;

    /// <summary>More than 10 % is lost, and not by chance.</summary>
    public bool HasHeavyLoss => _loss.IsHeavy;

    /// <summary>Null before the first report.</summary>
    public TimeSpan? RoundTrip { get; private set; }

    /// <summary>What arrived over the last half second.</summary>
    public Bitrate AckedRate => _ackedRate.Rate(_latestArrival) ?? Bitrate.Zero;

    /// <summary>Less arrives than is sent: the rest stays in a queue or is lost.</summary>
    public bool FallsBehind { get; private set; }

    /// <summary>How long packets wait in queues on the way.</summary>
    public TimeSpan QueueDelay => _queue.Current;

    /// <summary>What the queue does, after <see cref="Bwe.QueueDelay.Confirms"/> had its say.</summary>
    public BandwidthUsage Usage { get; private set; }

    /// <summary>Less than three quarters of the estimate was sent: nothing is learned about the rest.</summary>
    public bool IsApplicationLimited { get; private set; } = true;

    /// <summary>Packets have gone out for a second without an answer.</summary>
    public bool IsUnanswered(Instant now) => _firstUnanswered is { } first && now - first >= Silence;

    /// <summary>Everything sent has been answered: the next packet sent brings a deadline with it.</summary>
    public bool AwaitsNothing => _firstUnanswered is null;

    /// <summary>A probe is under way.</summary>
    public bool IsProbing => _probes.IsActive;

    /// <summary>The rate of the probe that is under way, else zero.</summary>
    public Bitrate ProbeRate => _probes.Rate;

    /// <summary>When <see cref="HandleTimeout"/> has something to do.</summary>
    public Instant NextTimeout
    {
        get
        {
            // A caller that cannot send what a probe wants must not be called back at once.
            Instant retry = _handledAt + RetryInterval;
            Instant next = Instant.Min(_probes.NextSend > retry ? _probes.NextSend : retry, _nextSilenceStep);
            next = _probes.NextSend == Instant.Never ? _nextSilenceStep : next;
            bool decides = _lastFeedback is not null && (_probes.IsActive || ProbePlan.IsWanted(_desired, Estimate));
            Instant decision = _probes.NextDecision > _nextDecision ? _probes.NextDecision : _nextDecision;
            return decides ? Instant.Min(next, decision) : next;
        }
    }

    /// <summary>What would be sent if it passed: the cost of everything that the receiver wants. Probes go no further.</summary>
    public void SetDesired(Bitrate wanted) => _desired = wanted;

    /// <summary>A limit that the receiver named (REMB), null for none.</summary>
    public void SetCap(Bitrate? cap)
    {
        _cap = cap;
        Combine();
    }

    /// <param name="transportSequence">Counted up by one for each packet on the transport.</param>
    /// <param name="bytes">The datagram, SRTP tag included.</param>
    /// <param name="probe">It was sent because <see cref="ProbeBytesDue"/> asked for it.</param>
    public void OnSent(ushort transportSequence, int bytes, Instant now, bool probe = false)
    {
        _lastSent = now;
        byte cluster = _probes.OnSent(bytes);
        _sent.Add(transportSequence, bytes, cluster, now);
        if (!probe)
        {
            _sentRate.Add(bytes, now);
        }

        if (_firstUnanswered is null)
        {
            _firstUnanswered = now;
            _nextSilenceStep = now + FirstSilence + (RoundTrip ?? TimeSpan.Zero);
        }
    }

    /// <summary>One report of the receiver.</summary>
    public void OnFeedback(TransportCcView feedback, Instant now)
    {
        // 1. What it says, as arrivals on the peer's clock in the order of arrival.
        long untold = GiveUpUntold(feedback);
        Span<Arrived> arrived = t_arrived ??= new Arrived[MaxArrivals];
        arrived = arrived[..Collect(feedback, now, arrived)];
        if (arrived.IsEmpty)
        {
            return;
        }

        CreditUntold(untold, feedback, arrived[0].At);

        _lastFeedback = now;
        _firstUnanswered = null;
        _nextSilenceStep = Instant.Never;

        // 2. Every mechanism looks at every packet once.
        foreach (ref readonly Arrived packet in arrived)
        {
            _ackedRate.Add(packet.Sent.Bytes, packet.At);
            _queue.Add(packet.Sent.SentAt, packet.At);
            _probes.OnAcked(packet.Sent, packet.At);
            LearnSlope(packet);
        }

        Arrived last = arrived[^1];
        _latestArrival = last.At > _latestArrival ? last.At : _latestArrival;
        bool stood = _queue.Stands;
        _queue.EndReport(_ackedRate.Rate(_latestArrival, CutWindowMs) ?? Bitrate.Zero, _loss.IsHeavy, now);
        LearnRoundTrip(now - last.Sent.SentAt);
        TimeSpan roundTrip = RoundTrip!.Value;

        // 3. Delay.
        Bitrate before = Estimate;
        Bitrate sent = _sentRate.Rate(now) ?? Bitrate.Zero;
        IsApplicationLimited = sent < Estimate * 0.75;
        FallsBehind = AckedRate < sent * 0.9;
        Usage = _queue.Confirms(_detector.Usage, IsApplicationLimited);
        _drainUntil = Usage == BandwidthUsage.Overusing ? now + DrainTime : _drainUntil;
        _aimd.Update(
            Usage, _ackedRate.Rate(_latestArrival), _ackedRate.Rate(_latestArrival, CutWindowMs), roundTrip, IsApplicationLimited, now);

        // 4. Loss.
        (int decided, int lost) = _sent.Decide(last.Sent.SentAt - ReorderingTime);
        if (stood && !_queue.Stands)
        {
            (decided, lost) = (0, 0);
            _loss.Forget();
        }

        _loss.Add(decided, lost, _undrained, roundTrip, now);
        Combine();

        // 5. Probes.
        if (_probes.TryTakeResult(Estimate, now, out Bitrate measured))
        {
            _aimd.Raise(measured, now);
            _loss.Raise(measured);
            Combine();
        }

        _probes.OnFall(before, Estimate, now);
        Consider(now);
    }

    /// <summary>A receiver report. Its loss counts only while there is no transport-wide feedback.</summary>
    /// <param name="loss">0 … 1.</param>
    public void OnReceiverReport(double loss, TimeSpan? roundTrip, Instant now)
    {
        // The first ones on a new path count what was sent to nobody before it.
        if ((_lastFeedback is { } last && now - last < 2 * Silence) || (_newPathAt is { } began && now - began < 2 * Silence))
        {
            return;
        }

        if (roundTrip is { } measured)
        {
            LearnRoundTrip(measured);
        }

        _loss.Report(Math.Clamp(loss, 0, 1), _undrained, RoundTrip ?? TimeSpan.FromMilliseconds(100), now);
        Combine();
    }

    /// <summary>Bytes of padding or retransmission to send now for the probe under way; media that is sent meanwhile counts.</summary>
    public int ProbeBytesDue(Instant now) => _probes.BytesDue(now);

    /// <summary>
    /// The peer is reached over another path, or again after a time without any: what was learned of the old one, and
    /// above all the fall while nobody answered, says nothing about this one. Sequence numbers go on.
    /// </summary>
    public void OnNewPath(Instant now)
    {
        _newPathAt = now;
        _sent.GiveUp();
        _groups.Restart();
        _trendline.Restart();
        _sentRate = new RateWindow();
        _ackedRate = new RateWindow();
        _detector = new OveruseDetector();
        _queue = new QueueDelay();
        _aimd = new AimdController(_options);
        _loss = new LossController(_options);
        _probes = new ProbePlan(_options);
        _lastFeedback = null;
        _firstUnanswered = null;
        _nextSilenceStep = Instant.Never;
        _drainUntil = default;
        _afterProbe = false;
        _reportCount = null;
        FallsBehind = false;
        Usage = BandwidthUsage.Normal;
        IsApplicationLimited = true;
        RoundTrip = null;
        Combine();
    }

    public void HandleTimeout(Instant now)
    {
        _handledAt = now;
        if (now >= _nextSilenceStep)
        {
            // Nothing heard of what was sent: the path is gone, or full both ways. Fall to what was last seen to pass,
            // then step by step, and probe when it speaks again.
            _nextSilenceStep = now + SilenceStep;
            Bitrate before = Estimate;
            double passed = FallsBehind ? (double)AckedRate.BitsPerSecond / Estimate.BitsPerSecond : 1;
            _aimd.Cut(0.8 * Math.Clamp(passed, 0.1, 1), now);
            _loss.Cut(0.8);
            Combine();
            _probes.OnFall(before, before * 0.8, now);
        }

        Consider(now);
    }

    private void Consider(Instant now)
    {
        // Without a first report nobody would tell what became of a probe. While packets go unanswered a probe would only
        // harm; but when nothing is sent at all, it is the only way to hear anything.
        _nextDecision = now + DecisionInterval;
        if (_lastFeedback is { } last && (now - last < Silence || now - _lastSent > Silence))
        {
            _probes.Consider(_desired, Estimate, Usage, _queue.Current, RoundTrip ?? default, now);
        }
    }

    private int Collect(TransportCcView feedback, Instant now, Span<Arrived> arrived)
    {
        // The reference time has 24 bits of 64 ms: extended by the nearest distance to the last one.
        long reference = _reference is { } known ? known + ((feedback.ReferenceTime - (int)known) << 8 >> 8) : feedback.ReferenceTime + (1L << 24);
        _reference = reference;
        int count = 0;
        foreach (TransportCcView.Arrival arrival in feedback)
        {
            if (count < arrived.Length && _sent.TryAcknowledge(arrival.Sequence, out SentPacket packet) && packet.SentAt <= now)
            {
                arrived[count++] = new Arrived(new Instant(reference * 64_000 + arrival.OffsetMicroseconds), packet);
            }
        }

        arrived[..count].Sort();
        return count;
    }

    /// <summary>
    /// Reports are counted, so a lost one leaves a hole in the count. On a line that is full both ways most are lost, and
    /// what they would have told must be taken neither for lost media nor for a standstill.
    /// </summary>
    /// <returns>Bytes that a lost report would have told of.</returns>
    private long GiveUpUntold(TransportCcView feedback)
    {
        int step = _reportCount is { } last ? (byte)(feedback.FeedbackCount - last) : 1;
        if (step is 0 or >= 128)
        {
            return 0; // a copy, or overtaken by its successor
        }

        int hole = (ushort)(feedback.BaseSequence - _toldUpTo);
        long untold = step > 1 && hole < 0x8000 ? _sent.MarkUntold(_toldUpTo, hole) : 0;
        _reportCount = feedback.FeedbackCount;
        _toldUpTo = (ushort)(feedback.BaseSequence + feedback.StatusCount);
        return untold;
    }

    /// <summary>They are taken to have passed like those of this report, evenly since the last one.</summary>
    private void CreditUntold(long bytes, TransportCcView feedback, Instant firstArrival)
    {
        double span = (firstArrival - _latestArrival).TotalMilliseconds;
        if (bytes == 0 || span is <= 0 or > 2000)
        {
            return;
        }

        int parts = (int)(span / RateWindow.BucketMs) + 1;
        int part = (int)(bytes * feedback.ReceivedCount / feedback.StatusCount / parts);
        for (int i = 0; i < parts; i++)
        {
            _ackedRate.Add(part, _latestArrival + TimeSpan.FromMilliseconds(span * i / parts));
        }
    }

    private void LearnSlope(in Arrived packet)
    {
        // A probe queues on purpose: its packets are no sign of overuse, and what it queued drains right after it.
        bool probe = packet.Sent.Cluster != 0;
        if (probe || _afterProbe)
        {
            _groups.Restart();
            _trendline.Restart();
        }

        _afterProbe = probe;
        if (!probe && _groups.Add(packet.Sent.SentAt, packet.At, out GroupVariation variation))
        {
            _trendline.Add(variation);
            _detector.Update(_trendline.Slope, _trendline.Groups, variation.SendGapMs, variation.ArrivedMs);
        }
    }

    private void LearnRoundTrip(TimeSpan sample) =>
        RoundTrip = RoundTrip is { } smoothed ? smoothed + (sample - smoothed) / 8 : sample;

    private void Combine()
    {
        Bitrate rate = _lastFeedback is null && _loss.Limit is { } only ? only : _aimd.Rate;
        rate = _loss.Limit is { } limit ? Bitrate.Min(rate, limit) : rate;
        rate = _cap is { } cap ? Bitrate.Min(rate, cap) : rate;
        _undrained = rate;
        Estimate = Bitrate.Max(rate * _queue.Drain(ours: _lastFeedback < _drainUntil), _options.Min);
    }

    private readonly record struct Arrived(Instant At, SentPacket Sent) : IComparable<Arrived>
    {
        public int CompareTo(Arrived other) => At.CompareTo(other.At);
    }
}
