using Wardline.Rtc;
using Wardline.Rtc.Bwe;
using Wardline.Sfu.Allocation;
using Wardline.Sfu.Layers;
using Wardline.Sfu.Sessions;

namespace Wardline.Sfu.Forwarding;

/// <summary>Everything that one participant receives: its subscriptions and the path that they share.</summary>
internal sealed class Downlink
{
    /// <summary>Packets that a segment's beginning may bring with it (docs/design/forwarding.md, 1.3).</summary>
    private const int MaxReplay = 256;

    /// <summary>Longer than jitter makes it look, shorter than what breaks a conversation.</summary>
    private static readonly TimeSpan StandingQueue = TimeSpan.FromMilliseconds(100);

    /// <summary>A jitter buffer grows by this much without a gap that is heard.</summary>
    private static readonly TimeSpan LongQueue = TimeSpan.FromMilliseconds(200);

    /// <summary>A radio, or a busy machine, that holds everything back for a moment leaves no queue behind.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(150);

    private readonly RtcTransport _transport;
    private readonly SfuSessionOptions _options;
    private readonly Deadline _deadline;
    private readonly SfuCounters _counters;
    private readonly ByteBudget _retransmissionBudget = new(4 * PacketTrains.SlotBytes, TimeSpan.FromMilliseconds(500));
    private readonly PacketSender _sender;
    private Subscription[] _subscriptions = [];
    private Bitrate _allocatedFor;
    private Instant? _longQueueSince;

    public Downlink(RtcTransport transport, SfuSessionOptions options, Deadline deadline, SfuCounters counters)
    {
        _transport = transport;
        _options = options;
        _deadline = deadline;
        _counters = counters;
        Allocation = new DownlinkAllocation(options, counters);
        Prober = new Prober(this);
        _sender = new PacketSender(transport, Estimator, Pacer, counters, options.EqualPackets);
    }

    public ReadOnlySpan<Subscription> Subscriptions => _subscriptions;

    public SendSideEstimator Estimator { get; } = new();

    public DownlinkAllocation Allocation { get; }

    public Pacer Pacer { get; } = new();

    public Prober Prober { get; }

    public Bitrate Estimate => Estimator.Estimate;

    /// <summary>
    /// What may be shared out. While a queue stands in front of the bottleneck and more goes in than comes out, no more
    /// than what comes out: audio would wait in that queue, and the estimator takes longer to be sure of a new rate than a
    /// queue takes to overflow. What comes out of a queue that drains is only what we sent and says nothing.
    /// </summary>
    private Bitrate Available =>
        HasStandingQueue && Estimator.FallsBehind ? Bitrate.Min(Estimate, Estimator.AckedRate * 0.9) : Estimate;

    private bool HasStandingQueue => Estimator.QueueDelay >= StandingQueue;

    public Instant NextAllocation { get; private set; } = Instant.Never;

    private bool IsOpen => _transport.State == TransportState.Connected;

    /// <summary>A subscription whose retransmission stream can carry probes.</summary>
    private Subscription? ProbeCarrier
    {
        get
        {
            foreach (Subscription subscription in _subscriptions)
            {
                if (subscription.Format.Vp8Rtx != 0 && subscription.Plan.TransportCcId != 0)
                {
                    return subscription;
                }
            }

            return null;
        }
    }

    public void SetSubscriptions(Subscription[] subscriptions) => _subscriptions = subscriptions;

    public Subscription? Find(string mid)
    {
        foreach (Subscription subscription in _subscriptions)
        {
            if (subscription.Mid == mid)
            {
                return subscription;
            }
        }

        return null;
    }

    public Subscription? Find(Ssrc ssrc)
    {
        foreach (Subscription subscription in _subscriptions)
        {
            if (subscription.Ssrc == ssrc)
            {
                return subscription;
            }
        }

        return null;
    }

    /// <summary>A packet of a subscribed track has come: the hot path's second half.</summary>
    public void Forward(Subscription subscription, InboundLayer layer, in PacketInfo packet, ReadOnlySpan<byte> plain, Instant now, PacketTrains output)
    {
        // 1. The receiver is there and can read it.
        if (!IsOpen)
        {
            return;
        }

        if (subscription.PayloadTypeFor(packet) == 0)
        {
            _counters.NoPayloadType++;
            return;
        }

        // 2. Is it to flow, and as what.
        if (HoldsBack(subscription) || !subscription.Switcher.TryForward(layer, packet, now, out OutNumbers numbers, out bool begins))
        {
            return;
        }

        // 3. Now, or after those who wait. Audio never waits. The first packet since all were answered is waited for.
        if (Estimator.AwaitsNothing)
        {
            _deadline.Move();
        }

        SendOrQueue(subscription, packet, plain, numbers, now, output);

        // 4. What the layer already has behind the packet that begins a segment.
        if (begins && layer.Highest > packet.Sequence)
        {
            Replay(subscription, layer, packet.Sequence, now, output);
        }
    }

    /// <summary>
    /// A picture begins with a key frame, which a full queue would drop or hold for longer than a queue that may drain first.
    /// </summary>
    private bool HoldsBack(Subscription subscription) =>
        subscription is { IsVideo: true, Switcher.State: SwitchState.Waiting } && Estimator.QueueDelay >= LongQueue;

    /// <summary>The receiver misses a packet (RFC 4585 §6.2.1).</summary>
    public void Retransmit(Subscription subscription, SequenceNumber lost, Instant now, PacketTrains output)
    {
        if (subscription.Retransmissions is not { } log || subscription.Format.Vp8Rtx == 0 ||
            !subscription.Switcher.TryFindOriginal(lost, out Segment segment, out long sequenceIn) ||
            !IsWorthRepairing(subscription, segment) ||
            !segment.Layer!.History!.TryGet(sequenceIn, out PacketInfo packet, out ReadOnlySpan<byte> plain) ||
            !log.TryNote(sequenceIn + segment.SequenceDelta, Estimator.RoundTrip, now) ||
            !_retransmissionBudget.TryTake(plain.Length, Estimate * _options.RetransmissionShare, now))
        {
            _counters.RetransmissionsRefused++;
            return;
        }

        _sender.TrySend(subscription, packet, plain, segment.Map(packet), SendKind.Retransmission, now, output);
    }

    /// <summary>
    /// After a fall, or while the picture is paused, the packets of the larger layer would only fill the line that was
    /// too narrow for them; a key frame has made, or will make, them needless.
    /// </summary>
    private static bool IsWorthRepairing(Subscription subscription, in Segment segment) =>
        subscription.Switcher.Current is { } current && segment.Layer!.Index <= current.Index;

    /// <summary>Sends a recent packet of the video that flows again, to measure the path; false when there is none.</summary>
    /// <param name="back">How far behind the newest.</param>
    public bool TrySendProbe(int back, Instant now, PacketTrains output)
    {
        foreach (Subscription subscription in _subscriptions)
        {
            Switcher switcher = subscription.Switcher;
            if (subscription.Format.Vp8Rtx != 0 && switcher.Current is not null &&
                switcher.TryFindOriginal(new SequenceNumber((ushort)(switcher.LastOut - back)), out Segment segment, out long sequenceIn) &&
                ReferenceEquals(segment.Layer, switcher.Current) &&
                segment.Layer!.History!.TryGet(sequenceIn, out PacketInfo packet, out ReadOnlySpan<byte> plain))
            {
                return _sender.TrySend(subscription, packet, plain, segment.Map(packet), SendKind.Probe, now, output);
            }
        }

        return false;
    }

    /// <summary>Sends a packet of nothing but padding on a retransmission stream; false when none was negotiated.</summary>
    public bool TrySendPadding(Instant now, PacketTrains output) =>
        ProbeCarrier is { } subscription && _sender.TrySendPadding(subscription, now, output);

    /// <summary>The estimate has changed; a fall is acted on at once.</summary>
    public void OnEstimate(Instant now)
    {
        Pacer.SetEstimate(Estimate);
        _longQueueSince = Estimator.QueueDelay >= LongQueue ? _longQueueSince ?? now : null;
        if (Available < _allocatedFor * 0.95)
        {
            Allocate(now);
        }
    }

    /// <summary>
    /// The receiver has come back, or is reached somewhere else. What is known of the path before, and above all what
    /// was concluded while nobody answered, would keep its picture away for seconds.
    /// </summary>
    public void OnNewPath(Instant now)
    {
        Estimator.OnNewPath(now);
        foreach (Subscription subscription in _subscriptions)
        {
            subscription.Demand.ForgetFalls();
            if (subscription.IsVideo && subscription.Switcher.Target is { } layer)
            {
                // What was sent to nobody is missing in its decoder, which would only notice with the next packets.
                layer.KeyFrames.Wish(now);
            }
        }

        Allocate(now);
    }

    public void Allocate(Instant now)
    {
        _deadline.Move();
        if (!IsOpen || _subscriptions.Length == 0)
        {
            NextAllocation = Instant.Never;
            return;
        }

        _allocatedFor = Available;
        Pacer.SetEstimate(Estimate);
        Allocation.Run(_subscriptions, _allocatedFor, PathAt(now), now);
        // What cannot be probed for is not wished for.
        Estimator.SetDesired(ProbeCarrier is null ? Bitrate.Zero : Allocation.Desired);
        NextAllocation = now + _options.AllocationInterval;
    }

    public void HandleTimeout(Instant now, PacketTrains output)
    {
        if (now >= NextAllocation)
        {
            Allocate(now);
        }

        while (output.Free > 0 && Pacer.TryTake(now, out Pacer.Waiting waiting))
        {
            SendWaiting(waiting, now, output);
        }

        if (IsOpen)
        {
            Prober.Run(now, output);
        }
    }

    public Instant NextTimeout => Instant.Min(Instant.Min(NextAllocation, Pacer.NextAt), Prober.NextAt);

    private PathState PathAt(Instant now) =>
        now - (_longQueueSince ?? now) >= Moment ? PathState.AudioAtRisk
        : _longQueueSince is not null ? PathState.LongQueue
        : HasStandingQueue || Estimator.HasHeavyLoss ? PathState.Congested : PathState.Clear;

    private void SendOrQueue(Subscription subscription, in PacketInfo packet, ReadOnlySpan<byte> plain, in OutNumbers numbers, Instant now, PacketTrains output)
    {
        if (subscription.IsVideo && !Pacer.MayPass(now) && Pacer.TryEnqueue(subscription, numbers.Sequence, now))
        {
            _deadline.Move();
            return;
        }

        _sender.TrySend(subscription, packet, plain, numbers, SendKind.First, now, output);
    }

    private void Replay(Subscription subscription, InboundLayer layer, long after, Instant now, PacketTrains output)
    {
        long last = Math.Min(layer.Highest, after + MaxReplay);
        for (long sequence = after + 1; sequence <= last; sequence++)
        {
            if (layer.History is { } history && history.TryGet(sequence, out PacketInfo packet, out ReadOnlySpan<byte> plain) &&
                subscription.Switcher.TryForward(layer, packet, now, out OutNumbers numbers, out _))
            {
                SendOrQueue(subscription, packet, plain, numbers, now, output);
            }
        }
    }

    private void SendWaiting(in Pacer.Waiting waiting, Instant now, PacketTrains output)
    {
        Subscription subscription = waiting.Subscription;
        if (!IsOpen || subscription.Closed)
        {
            return;
        }

        if (subscription.Switcher.TryFindOriginal(new SequenceNumber((ushort)waiting.Sequence), out Segment segment, out long sequenceIn) &&
            segment.Layer!.History!.TryGet(sequenceIn, out PacketInfo packet, out ReadOnlySpan<byte> plain))
        {
            _sender.TrySend(subscription, packet, plain, segment.Map(packet), SendKind.First, now, output);
        }
        else
        {
            _counters.PacedTooLate++;
        }
    }
}
