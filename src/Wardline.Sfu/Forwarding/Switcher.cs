using Wardline.Rtc;
using Wardline.Sfu.Layers;

namespace Wardline.Sfu.Forwarding;

//                 target set                key frame of target
//  [Idle] ───────────────────► [Waiting] ─────────────────────────► [Forwarding]
//    ▲                            │  ▲                                │   ▲   │
//    │        target cleared      │  │ old layer dropped              │   │   │ other target
//    ├────────────────────────────┘  │                                │   │   ▼
//    │                               └──────────────────── [Switching] ───┘
//    │ target cleared                                         │   key frame of the target
//    └────────────────────────────────────────────────────────┘
internal enum SwitchState
{
    /// <summary>Nothing flows, nothing is wanted.</summary>
    Idle,

    /// <summary>Nothing flows until a key frame of the target comes.</summary>
    Waiting,

    /// <summary>The target flows.</summary>
    Forwarding,

    /// <summary>The old layer flows until a key frame of the target comes.</summary>
    Switching,
}

/// <summary>
/// Makes one continuous stream for one receiver out of whichever layer is to flow: says for each packet whether it is
/// forwarded and with which numbers, and finds the original of a packet that was. No bytes are touched here.
/// </summary>
internal sealed class Switcher
{
    /// <summary>Runs that are remembered, for late packets and retransmission.</summary>
    public const int Remembered = 8;

    private readonly bool _needsKeyFrame;
    private readonly TimestampAligner _time;
    private readonly Segment[] _segments = new Segment[Remembered];
    private int _newest = -1;
    private int _count;
    private long _lastOut;
    private int _lastPictureId = -1;
    private int _lastTl0 = -1;

    /// <param name="firstSequence">Where the stream's sequence numbers begin (RFC 3550 §5.1: random).</param>
    public Switcher(bool needsKeyFrame, int clockRate, SequenceNumber firstSequence)
    {
        _needsKeyFrame = needsKeyFrame;
        _time = new TimestampAligner(clockRate);
        _lastOut = 0x10000 + firstSequence.Value;
    }

    public SwitchState State { get; private set; }

    /// <summary>The layer that flows; null when none does.</summary>
    public InboundLayer? Current { get; private set; }

    /// <summary>The layer that is to flow.</summary>
    public InboundLayer? Target { get; private set; }

    public bool WaitsForKeyFrame => State is SwitchState.Waiting or SwitchState.Switching;

    public bool HasSent => _count > 0;

    /// <summary>Out timestamp of the newest frame.</summary>
    public RtpTimestamp LastTimestamp => _time.Last;

    /// <summary>The newest packet's extended out sequence.</summary>
    public long LastOut => _lastOut;

    /// <summary>Out minus in timestamp of what flows; only meaningful while <see cref="Current"/> is set.</summary>
    public uint TimestampDelta => _segments[_newest].TimestampDelta;

    public void SetTarget(InboundLayer? target)
    {
        Target = target;
        if (target is null)
        {
            Current = null;
            State = SwitchState.Idle;
        }
        else if (Current is null)
        {
            State = SwitchState.Waiting;
        }
        else
        {
            State = ReferenceEquals(Current, target) && _segments[_newest].IsOf(target) ? SwitchState.Forwarding : SwitchState.Switching;
        }
    }

    /// <summary>The old layer is too much for the link: stop it now, although the target has no key frame yet.</summary>
    public void DropCurrent()
    {
        if (State == SwitchState.Switching)
        {
            Current = null;
            State = SwitchState.Waiting;
        }
    }

    /// <summary>Another publisher will be forwarded: its packets and those of the last have nothing in common.</summary>
    public void ForgetPublisher()
    {
        SetTarget(null);
        Array.Clear(_segments);
        _count = 0;
        _newest = -1;
        _time.ForgetPublisher();
    }

    /// <param name="begins">
    /// This packet starts a segment: what the layer has already received after it is to be replayed.
    /// </param>
    public bool TryForward(InboundLayer layer, in PacketInfo packet, Instant now, out OutNumbers numbers, out bool begins)
    {
        begins = false;
        numbers = default;

        // 1. The layer that flows. Its publisher may have begun a new sequence: then it has to begin here as well.
        if (ReferenceEquals(layer, Current))
        {
            if (_segments[_newest].IsOf(layer))
            {
                return TryContinue(packet, now, out numbers);
            }

            Current = null;
            State = SwitchState.Waiting;
        }

        // 2. The layer that is waited for. It begins where a decoder can begin.
        if (WaitsForKeyFrame && ReferenceEquals(layer, Target) &&
            (packet.StartsKeyFrame || (!_needsKeyFrame && !packet.PaddingOnly)))
        {
            numbers = Begin(layer, packet, now);
            begins = true;
            return true;
        }

        // 3. A late packet of a run that has ended, within its borders.
        return TryFillOld(layer, packet, out numbers);
    }

    /// <summary>Finds the packet that went out as <paramref name="sequence"/>.</summary>
    public bool TryFindOriginal(SequenceNumber sequence, out Segment segment, out long sequenceIn)
    {
        long wanted = _lastOut + sequence.DistanceFrom(new SequenceNumber((ushort)_lastOut));
        for (int i = 0; i < _count; i++)
        {
            segment = _segments[(_newest - i + Remembered) % Remembered];
            if (wanted >= segment.FirstOut && wanted <= segment.LastOut)
            {
                sequenceIn = wanted - segment.SequenceDelta;
                return true;
            }
        }

        segment = default;
        sequenceIn = 0;
        return false;
    }

    private bool TryContinue(in PacketInfo packet, Instant now, out OutNumbers numbers)
    {
        ref Segment segment = ref _segments[_newest];
        numbers = segment.Map(packet);
        if (packet.Sequence < segment.FirstIn)
        {
            return false;
        }

        if (packet.Sequence > segment.LastIn)
        {
            segment.LastIn = packet.Sequence;
            _lastOut = numbers.Sequence;
            Note(packet, numbers, now);
        }

        return true;
    }

    private OutNumbers Begin(InboundLayer layer, in PacketInfo packet, Instant now)
    {
        InboundLayer? previous = _count > 0 ? _segments[_newest].Layer : null;
        bool resumes = previous is not null && _segments[_newest].IsOf(layer);
        RtpTimestamp timestamp = resumes
            ? new RtpTimestamp(packet.Timestamp.Value + _segments[_newest].TimestampDelta)
            : _time.Begin(previous, layer, packet.Timestamp, now);

        _newest = (_newest + 1) % Remembered;
        _count = Math.Min(_count + 1, Remembered);
        _segments[_newest] = new Segment
        {
            Layer = layer,
            Epoch = layer.Epoch,
            FirstIn = packet.Sequence,
            LastIn = packet.Sequence,
            SequenceDelta = _lastOut + 1 - packet.Sequence,
            TimestampDelta = timestamp.Value - packet.Timestamp.Value,
            // The first stream of a subscription keeps its own picture ids: any number is as good as another.
            PictureIdDelta = _lastPictureId < 0 ? 0 : _lastPictureId + 1 - packet.Vp8.PictureId,
            Tl0Delta = _lastTl0 < 0 ? 0 : _lastTl0 + 1 - packet.Vp8.Tl0PicIdx,
        };
        Current = layer;
        State = SwitchState.Forwarding;
        OutNumbers numbers = _segments[_newest].Map(packet);
        _lastOut = numbers.Sequence;
        Note(packet, numbers, now);
        return numbers;
    }

    private bool TryFillOld(InboundLayer layer, in PacketInfo packet, out OutNumbers numbers)
    {
        for (int i = 0; i < _count; i++)
        {
            ref readonly Segment segment = ref _segments[(_newest - i + Remembered) % Remembered];
            if (segment.IsOf(layer) && packet.Sequence >= segment.FirstIn && packet.Sequence < segment.LastIn)
            {
                numbers = segment.Map(packet);
                return true;
            }
        }

        numbers = default;
        return false;
    }

    private void Note(in PacketInfo packet, in OutNumbers numbers, Instant now)
    {
        _time.OnForwarded(packet.Timestamp, numbers.Timestamp, now);
        if (packet.Vp8.PictureIdBits > 0)
        {
            _lastPictureId = numbers.PictureId;
        }

        if (packet.Vp8.Tl0PicIdx >= 0)
        {
            _lastTl0 = numbers.Tl0PicIdx;
        }
    }
}
