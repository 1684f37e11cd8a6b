using Wardline.Rtc;
using Wardline.Rtc.Rtcp;
using Wardline.Rtc.Rtp;
using Wardline.Sfu.Tests.Harness;

namespace Wardline.Sfu.Tests.Visits;

/// <summary>
/// A receiver as strict as a decoder: puts packets in order, asks for lost ones, decodes a frame only when it is whole
/// and follows the last one (or is a key frame), asks for a key frame when nothing can be decoded. Notes everything.
/// </summary>
internal sealed class SimSink(uint ssrc, uint rtxSsrc, bool video)
{
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_nackEvery = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan s_stuck = TimeSpan.FromMilliseconds(700);

    private readonly SortedDictionary<long, Got> _waiting = [];
    private readonly Dictionary<long, (Instant Since, Instant Asked)> _missing = [];
    private readonly Dictionary<long, byte[]> _content = [];
    private long _highest = -1;
    private long _next = -1;
    private bool _needsKey = true;
    private int _lastPicture = -1;
    private uint _lastTimestamp;
    private Instant _lastProgress;
    private Instant _lastPli;

    public uint Ssrc => ssrc;

    /// <summary>Arrivals of packets that had not come before.</summary>
    public List<(Instant At, int Layer)> Arrivals { get; } = [];

    /// <summary>Frames decoded, with the layer that each is of.</summary>
    public List<(Instant At, int Layer, bool Key)> Frames { get; } = [];

    public List<SenderInfo> SenderReports { get; } = [];

    public Instant NextTimeout { get; private set; } = Instant.Never;

    public double FramesPerSecond(Instant from, Instant to) =>
        Frames.Count(frame => frame.At >= from && frame.At < to) / (to - from).TotalSeconds;

    public double LongestGapMs(Instant from, Instant to)
    {
        double longest = 0;
        Instant last = from;
        foreach ((Instant at, int _) in Arrivals.Where(arrival => arrival.At >= from && arrival.At < to))
        {
            longest = Math.Max(longest, (at - last).TotalMilliseconds);
            last = at;
        }

        return Math.Max(longest, (to - last).TotalMilliseconds);
    }

    public void OnSenderReport(SenderReportView report, Instant now)
    {
        if (report.Sender.Value == ssrc)
        {
            SenderReports.Add(report.Info);
            Assert.True(now > default(Instant));
        }
    }

    public void OnRtp(byte[] packet, Instant now)
    {
        uint of = RtpHeader.Ssrc(packet).Value;
        if (of != ssrc && (of != rtxSsrc || rtxSsrc == 0))
        {
            return;
        }

        Got got = Got.From(packet, now);
        if (of == rtxSsrc)
        {
            if (got.Payload.Length <= Rtx.HeaderBytes)
            {
                return;
            }

            got = got with { Sequence = (ushort)(got.Payload[0] << 8 | got.Payload[1]), Payload = got.Payload[2..] };
        }

        long sequence = _highest < 0 ? 0x10000 + got.Sequence : _highest + (short)(got.Sequence - (ushort)_highest);
        if (_content.TryGetValue(sequence, out byte[]? before))
        {
            // The same number with another content would be two packets under one name.
            Assert.Equal(before, got.Payload);
            return;
        }

        _content[sequence] = got.Payload;
        Arrivals.Add((now, video && got.Payload.Length > 0 ? got.Payload[got.Vp8.Length + 1] : 0));
        if (!video)
        {
            return;
        }

        NoteGaps(sequence, now);
        if (sequence >= _next)
        {
            _waiting[sequence] = got;
        }

        Decode(now);
        NextTimeout = Instant.Min(NextTimeout, now + s_tick);
    }

    public void WriteFeedback(Instant now, ref RtcpWriter writer)
    {
        if (now < NextTimeout)
        {
            return;
        }

        NextTimeout = now + s_tick;
        List<SequenceNumber> ask = [];
        foreach ((long sequence, (Instant since, Instant asked)) in _missing.ToArray())
        {
            if (now - since > TimeSpan.FromSeconds(1) || sequence < _next)
            {
                _missing.Remove(sequence);
            }
            else if (now - asked >= s_nackEvery && ask.Count < 100)
            {
                _missing[sequence] = (since, now);
                ask.Add(new SequenceNumber((ushort)sequence));
            }
        }

        if (ask.Count > 0)
        {
            Assert.True(writer.TryWriteNack(new Ssrc(1), new Ssrc(ssrc), [.. ask]));
        }

        if (_waiting.Count > 0 && now - _lastProgress > s_stuck && now - _lastPli > s_stuck)
        {
            _lastPli = now;
            Assert.True(writer.TryWritePli(new Ssrc(1), new Ssrc(ssrc)));
        }
    }

    private void NoteGaps(long sequence, Instant now)
    {
        _missing.Remove(sequence);
        for (long missing = Math.Max(_highest + 1, sequence - 200); _highest >= 0 && missing < sequence; missing++)
        {
            _missing.TryAdd(missing, (now, default));
        }

        _highest = Math.Max(_highest, sequence);
    }

    private void Decode(Instant now)
    {
        bool again = true;
        while (again)
        {
            again = false;
            foreach ((long first, Got packet) in _waiting)
            {
                bool padding = packet.Payload.Length == 0;
                if (first == _next && padding)
                {
                    _waiting.Remove(first);
                    _next++;
                    again = true;
                    break;
                }

                if (padding || !packet.Vp8.IsFrameStart || !(packet.Vp8.IsKeyFrameStart || (first == _next && !_needsKey)))
                {
                    continue;
                }

                if (TryTakeFrame(first, out long end))
                {
                    OnFrame(packet, now);
                    _next = end + 1;
                    foreach (long old in _waiting.Keys.TakeWhile(key => key <= end).ToArray())
                    {
                        _waiting.Remove(old);
                    }

                    again = true;
                    break;
                }
            }
        }
    }

    /// <summary>
    /// RFC 3550 §5.1: one frame, one timestamp. A stream that was paused within a frame goes on with the next number
    /// and another frame; the two halves are not one.
    /// </summary>
    private bool TryTakeFrame(long first, out long end)
    {
        uint timestamp = _waiting[first].Timestamp;
        for (end = first; _waiting.TryGetValue(end, out Got? packet) && packet.Timestamp == timestamp; end++)
        {
            if (packet.Marker)
            {
                return true;
            }
        }

        return false;
    }

    private void OnFrame(Got first, Instant now)
    {
        bool key = first.Vp8.IsKeyFrameStart;
        if (_lastPicture >= 0)
        {
            int step = (first.Vp8.PictureId - _lastPicture) & 0x7FFF;
            Assert.True(key ? step is > 0 and < 0x4000 : step == 1, $"picture id {_lastPicture} → {first.Vp8.PictureId}, key {key}");
            int ticks = (int)(first.Timestamp - _lastTimestamp);
            Assert.True(ticks >= 90, $"timestamp {_lastTimestamp} → {first.Timestamp}");
        }

        _needsKey = false;
        _lastPicture = first.Vp8.PictureId;
        _lastTimestamp = first.Timestamp;
        _lastProgress = now;
        Frames.Add((now, first.Payload[first.Vp8.Length + 1], key));
    }
}
