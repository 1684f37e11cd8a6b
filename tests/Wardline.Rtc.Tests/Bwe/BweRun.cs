using Wardline.Netem;
using Wardline.Rtc.Bwe;
using Wardline.Rtc.Rtcp;

namespace Wardline.Rtc.Tests.Bwe;

/// <summary>
/// A sender with the estimator, a link each way, a receiver with the recorder: in virtual time, one step a millisecond.
/// Audio of 50 packets a second always flows; video is what the source makes of the estimate.
/// </summary>
internal sealed class BweRun
{
    private const int AudioBytes = 120;
    private const int VideoBytes = 1100;
    private readonly Link _forward;
    private readonly Link _back;
    private readonly TwccRecorder _recorder = new();
    private readonly byte[] _buffer = new byte[Link.MaxDatagramBytes];
    private readonly byte[] _feedback = new byte[1200];
    private readonly Func<Bitrate, Bitrate> _video;
    private ushort _sequence = 65_000;
    private double _videoCredit;
    private double _nowMs = 1000;

    public BweRun(LinkConditions forward, ulong seed = 1, Func<Bitrate, Bitrate>? video = null, LinkConditions? back = null, SendSideEstimatorOptions? options = null)
    {
        _forward = new Link(forward, seed);
        _back = new Link(back ?? new LinkConditions { Delay = forward.Delay }, seed + 1);
        _video = video ?? (estimate => estimate - Bitrate.FromKilobits(48));
        Estimator = new SendSideEstimator(options);
        Estimator.SetDesired(Bitrate.FromKilobits(2500));
    }

    public SendSideEstimator Estimator { get; }

    public Instant Now => Instant.FromMilliseconds(_nowMs);

    /// <summary>Estimate, acknowledged rate and one-way delay of audio, ten times a second.</summary>
    public List<Sample> Samples { get; } = [];

    public bool CanProbe { get; set; } = true;

    public bool SendsAnything { get; set; } = true;

    public bool FeedbackArrives { get; set; } = true;

    public long ProbeBytes { get; private set; }

    public LinkCounters Counters => _forward.Counters;

    /// <summary>How long each audio packet was on its way, by its arrival.</summary>
    public List<(double AtMs, double DelayMs)> Audio { get; } = [];

    public void Change(LinkConditions forward) => _forward.Change(forward, Now);

    public BweRun Run(double seconds)
    {
        double end = _nowMs + seconds * 1000;
        for (; _nowMs < end; _nowMs++)
        {
            Step();
        }

        return this;
    }

    /// <summary>Seconds until the condition holds, at most <paramref name="limit"/>.</summary>
    public double Until(Func<SendSideEstimator, bool> condition, double limit)
    {
        double start = _nowMs;
        while (!condition(Estimator) && _nowMs - start < limit * 1000)
        {
            Step();
            _nowMs++;
        }

        return (_nowMs - start) / 1000;
    }

    public double MeanKbps(double lastSeconds) =>
        Samples.Where(s => s.AtMs > _nowMs - lastSeconds * 1000).Average(s => s.Estimate.Kilobits);

    private void Step()
    {
        Instant now = Now;

        // 1. Receiver and its feedback.
        while (_forward.TryDequeue(now, _buffer, out int length))
        {
            _recorder.OnPacket((ushort)(_buffer[0] << 8 | _buffer[1]), now);
            if (length == AudioBytes)
            {
                Audio.Add((_nowMs, _nowMs - BitConverter.ToDouble(_buffer, 8)));
            }
        }

        while (_recorder.TryWriteFeedback(now, new Ssrc(1), new Ssrc(2), _feedback, out int length))
        {
            _back.Enqueue(_feedback.AsSpan(0, length), now);
        }

        while (_back.TryDequeue(now, _buffer, out int length))
        {
            RtcpReader reader = new(_buffer.AsSpan(0, length));
            Assert.True(reader.TryRead(out RtcpPacket packet));
            Assert.True(TransportCcView.TryRead(packet, out TransportCcView view));
            if (FeedbackArrives)
            {
                Estimator.OnFeedback(view, now);
            }
        }

        // 2. Timers.
        if (now >= Estimator.NextTimeout)
        {
            Estimator.HandleTimeout(now);
        }

        // 3. Media, then padding for probes.
        if (SendsAnything)
        {
            if ((long)_nowMs % 20 == 0)
            {
                Send(AudioBytes, now, probe: false);
            }

            _videoCredit = Math.Min(_videoCredit + Math.Max(0, _video(Estimator.Estimate).BitsPerSecond) / 8000.0, 20_000);
            while (_videoCredit >= VideoBytes)
            {
                _videoCredit -= VideoBytes;
                Send(VideoBytes, now, probe: false);
            }
        }

        while (CanProbe && Estimator.ProbeBytesDue(now) > 0)
        {
            Send(500, now, probe: true);
            ProbeBytes += 500;
        }

        if ((long)_nowMs % 100 == 0)
        {
            Samples.Add(new(_nowMs, Estimator.Estimate, Estimator.AckedRate, Estimator.QueueDelay.TotalMilliseconds, Estimator.Usage, Estimator.Loss));
        }
    }

    private void Send(int bytes, Instant now, bool probe)
    {
        Span<byte> packet = stackalloc byte[bytes];
        packet.Clear();
        packet[0] = (byte)(_sequence >> 8);
        packet[1] = (byte)_sequence;
        BitConverter.TryWriteBytes(packet[8..], _nowMs);
        Estimator.OnSent(_sequence++, bytes, now, probe);
        _forward.Enqueue(packet, now);
    }

    public string Trace(double fromMs = 0) => string.Join('\n', Samples.Where(s => s.AtMs >= fromMs).Select(s => s.ToString()));

    internal readonly record struct Sample(double AtMs, Bitrate Estimate, Bitrate Acked, double QueueMs, BandwidthUsage Usage, double Loss)
    {
        public override string ToString() => $"{AtMs / 1000 - 1,6:F1} s  estimate {Estimate.Kilobits,6:F0}  acked {Acked.Kilobits,6:F0}  queue {QueueMs,5:F0} ms  {Usage,-10}  loss {Loss:P0}";
    }
}
