using Wardline.Rtc.Rtcp;

namespace Wardline.Rtc.Bwe;

/// <summary>
/// The receiving half of transport-wide congestion control: notes when each packet of one transport arrived and tells
/// the sender every 50 … 100 ms (draft-holmer-rmcat-transport-wide-cc-extensions-01).
/// </summary>
/// <remarks>
/// <code>
///         base                 highest
///  ───────┬──────────────────────┬────►  unwrapped transport sequence
///  told   │ arrived · lost · …   │
/// </code>
/// A packet that arrives late, behind the base, moves the base back to it, so that the sender learns it was not lost.
/// Memory is one ring, made with the first packet; a jump over the whole ring starts afresh.
/// </remarks>
public sealed class TwccRecorder
{
    /// <summary>The least destination of <see cref="TryWriteFeedback"/>.</summary>
    public const int MinFeedbackBytes = 64;

    /// <summary>A late packet further behind than this is not told again.</summary>
    private const int MaxRewind = 512;

    /// <summary>As many waiting packets make the report come early.</summary>
    private const int EarlyCount = 32;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan EarlyInterval = TimeSpan.FromMilliseconds(50);

    private readonly int _capacity;
    private long[] _arrivals = []; // µs, by unwrapped sequence modulo length; −1: not arrived
    private long _base;
    private long _highest = -1;
    private int _waiting;
    private Instant _lastFeedback;
    private byte _feedbackCount;

    /// <param name="capacity">Packets remembered, a power of two; at least the packets of one second.</param>
    public TwccRecorder(int capacity = 2048)
    {
        if (capacity < MaxRewind || !System.Numerics.BitOperations.IsPow2(capacity) || capacity > TransportCcView.MaxStatusCount)
        {
            throw new ArgumentOutOfRangeException(nameof(capacity), capacity, "A power of two from 512 to 8192.");
        }

        _capacity = capacity;
    }

    /// <summary>When to call <see cref="TryWriteFeedback"/>; <see cref="Instant.Never"/> while there is nothing to tell.</summary>
    public Instant NextFeedback { get; private set; } = Instant.Never;

    /// <summary>Packets that came twice, or too late to be told.</summary>
    public long Ignored { get; private set; }

    public void OnPacket(ushort transportSequence, Instant arrival)
    {
        if (_highest < 0)
        {
            _arrivals = new long[_capacity];
            Array.Fill(_arrivals, -1);

            // One full circle up, so that a late packet never unwraps below zero.
            _highest = _base = transportSequence + 0x1_0000L;
            _lastFeedback = arrival;
        }
        else if (!TryPlace(_highest + (short)(transportSequence - (ushort)_highest)))
        {
            Ignored++;
            return;
        }

        this[_highest + (short)(transportSequence - (ushort)_highest)] = arrival.Microseconds;
        _waiting++;
        if (NextFeedback == Instant.Never)
        {
            // In a steady stream the rhythm is kept; the first packet after a pause is told soon.
            Instant due = _lastFeedback + Interval;
            NextFeedback = due > arrival ? due : arrival + EarlyInterval;
        }

        if (_waiting >= EarlyCount)
        {
            NextFeedback = Instant.Min(NextFeedback, _lastFeedback + EarlyInterval);
        }
    }

    /// <summary>
    /// Writes one feedback packet when it is due. Call again until it says false: a report that does not fit the
    /// destination (or whose arrival gaps do not fit a delta) is split.
    /// </summary>
    /// <param name="rtcp">At least <see cref="MinFeedbackBytes"/> bytes; gets a whole RTCP packet.</param>
    public bool TryWriteFeedback(Instant now, Ssrc sender, Ssrc media, Span<byte> rtcp, out int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rtcp.Length, MinFeedbackBytes, nameof(rtcp));
        length = 0;
        if (now < NextFeedback || _base > _highest)
        {
            return false;
        }

        // The highest has arrived by definition, so there is a first.
        long at = _base;
        while (this[at] < 0)
        {
            at++;
        }

        TransportCcWriter writer = new(rtcp, sender, media, (ushort)_base, new Instant(this[at]), _feedbackCount++);
        int lost = (int)(at - _base);
        for (; at <= _highest; at++)
        {
            if (this[at] < 0)
            {
                lost++;
                continue;
            }

            if (!writer.TryAdd(lost, new Instant(this[at])))
            {
                break;
            }

            lost = 0;
            _base = at + 1;
        }

        length = writer.Finish();
        if (_base > _highest)
        {
            NextFeedback = Instant.Never;
            _lastFeedback = now;
            _waiting = 0;
        }

        return true;
    }

    private long this[long sequence]
    {
        get => _arrivals[sequence & (_arrivals.Length - 1)];
        set => _arrivals[sequence & (_arrivals.Length - 1)] = value;
    }

    /// <summary>Moves the window so that <paramref name="sequence"/> has a free place in it.</summary>
    private bool TryPlace(long sequence)
    {
        if (sequence > _highest)
        {
            if (sequence - _highest >= _arrivals.Length)
            {
                // The sender jumped: what lies between was never sent.
                Array.Fill(_arrivals, -1);
                _base = sequence;
            }
            else
            {
                for (long skipped = _highest + 1; skipped < sequence; skipped++)
                {
                    this[skipped] = -1;
                }

                _base = Math.Max(_base, sequence - _arrivals.Length + 1);
            }

            _highest = sequence;
            return true;
        }

        if (_highest - sequence >= MaxRewind || this[sequence] >= 0)
        {
            return false;
        }

        _base = Math.Min(_base, sequence);
        return true;
    }
}
