namespace Wardline.Rtc.Bwe;

/// <summary>
/// One probe: for a short time everything together is sent at a certain rate, and the rate at which it arrives is what the
/// link carries. Packets of media count like packets of padding.
/// </summary>
/// <remarks>
/// <code>
///          bytes sent            80 % told, or deadline
/// [Sending] ────────► [Measuring] ────────────────────► done
///     └────── deadline ─────────────────────────────────┘
/// </code>
/// </remarks>
internal struct ProbeCluster
{
    /// <summary>Fewer packets have too few gaps to measure.</summary>
    private const int MinPackets = 5;

    private const double TypicalPacketBytes = 1200;
    private static readonly TimeSpan Length = TimeSpan.FromMilliseconds(30);

    private Instant _start;
    private Instant _deadline;
    private int _sentPackets;
    private long _sentBytes;
    private Instant _firstSent, _lastSent, _firstArrived, _lastArrived;
    private int _lastSentBytes, _firstArrivedBytes;
    private int _ackedPackets;
    private long _ackedBytes;

    /// <summary>1 … 255; 0: no cluster.</summary>
    public byte Id { get; private set; }

    public Bitrate Rate { get; private set; }

    public bool IsActive { get; private set; }

    public bool IsSending { get; private set; }

    public readonly Instant Deadline => _deadline;

    private readonly long TargetBytes => Math.Max(Rate.BitsPerSecond * Length.Ticks / TimeSpan.TicksPerSecond / 8, 1000);

    public void Begin(Bitrate rate, TimeSpan roundTrip, Instant now)
    {
        byte id = (byte)(Id == 255 ? 1 : Id + 1);
        this = default;
        Id = id;
        Rate = rate;
        IsActive = IsSending = true;
        _start = now;
        _deadline = now + 5 * Length + roundTrip + TimeSpan.FromMilliseconds(500);
    }

    public void End() => IsActive = IsSending = false;

    /// <summary>Bytes to send now to keep the rate.</summary>
    public readonly int BytesDue(Instant now)
    {
        if (!IsSending)
        {
            return 0;
        }

        double due = Rate.BitsPerSecond / 8.0 * (now - _start).TotalSeconds - _sentBytes;
        // The first packet opens the measured time, so it is due at once.
        return (int)Math.Clamp(_sentPackets == 0 ? Math.Max(due, 1) : due, 0, TypicalPacketBytes * 16);
    }

    /// <summary>When <see cref="BytesDue"/> will be above zero.</summary>
    public readonly Instant NextSend => !IsSending
        ? Instant.Never
        : _sentPackets == 0 ? _start : _start + TimeSpan.FromSeconds((_sentBytes + 1) * 8.0 / Rate.BitsPerSecond);

    public void OnSent(int bytes)
    {
        _sentPackets++;
        _sentBytes += bytes;
        IsSending = _sentPackets < MinPackets || _sentBytes < TargetBytes;
    }

    public void OnAcked(in SentPacket packet, Instant arrived)
    {
        if (_ackedPackets == 0 || packet.SentAt < _firstSent)
        {
            _firstSent = packet.SentAt;
        }

        if (_ackedPackets == 0 || packet.SentAt >= _lastSent)
        {
            _lastSent = packet.SentAt;
            _lastSentBytes = packet.Bytes;
        }

        if (_ackedPackets == 0 || arrived < _firstArrived)
        {
            _firstArrived = arrived;
            _firstArrivedBytes = packet.Bytes;
        }

        if (_ackedPackets == 0 || arrived > _lastArrived)
        {
            _lastArrived = arrived;
        }

        _ackedPackets++;
        _ackedBytes += packet.Bytes;
    }

    /// <summary>What the link carries, once 80 % of the probe are known to have arrived.</summary>
    public readonly bool TryMeasure(out Bitrate measured)
    {
        measured = default;
        if (IsSending || _ackedPackets < MinPackets * 0.8 || _ackedPackets < _sentPackets * 0.8 || _ackedBytes < _sentBytes * 0.8)
        {
            return false;
        }

        // The last packet sent ends the sending time, the first that arrives opens the arrival time: neither counts.
        double sendSeconds = (_lastSent - _firstSent).TotalSeconds;
        double arrivalSeconds = (_lastArrived - _firstArrived).TotalSeconds;
        if (sendSeconds <= 0.001 || arrivalSeconds <= 0.001)
        {
            return false;
        }

        double sent = (_ackedBytes - _lastSentBytes) * 8 / sendSeconds;
        double arrived = (_ackedBytes - _firstArrivedBytes) * 8 / arrivalSeconds;

        // Arrived clearly slower than sent: that is the link itself, and a little less keeps its queue empty.
        measured = new Bitrate((long)(arrived < 0.9 * sent ? 0.95 * arrived : Math.Min(sent, arrived)));
        return true;
    }
}
