using Wardline.Rtc;
using Wardline.Rtc.Rtcp;
using Wardline.Rtc.Rtp;

namespace Wardline.Client.Media;

/// <summary>One stream from the server: whole frames, what is missing, and the counts of the receiver report.</summary>
internal sealed class ReceivedStream(string participant, MediaSource source, string mid, Ssrc ssrc, Ssrc? repair)
{
    private const int AudioRate = 48_000;
    private const int VideoRate = 90_000;

    /// <summary>A key frame is asked for again after this long.</summary>
    private static readonly TimeSpan s_keyFrameInterval = TimeSpan.FromMilliseconds(500);

    private readonly FrameAssembler? _video = source == MediaSource.Microphone ? null : new FrameAssembler();
    private long _first = -1;
    private long _highest = -1;
    private long _expectedBefore;
    private long _receivedBefore;
    private double _jitter;
    private uint _lastTransit;
    private Instant _askKeyFrameAt;
    private bool _refused;

    public string Participant => participant;

    public MediaSource Source => source;

    public string Mid => mid;

    public Ssrc Ssrc => ssrc;

    public Ssrc? Repair => repair;

    public FrameAssembler? Video => _video;

    public long Packets { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>Came by retransmission.</summary>
    public long Repaired { get; private set; }

    /// <summary>Came behind one with a higher number.</summary>
    public long Reordered { get; private set; }

    public long Frames { get; set; }

    public long Expected => _first < 0 ? 0 : _highest - _first + 1;

    /// <summary>Did not come, not by a retransmission either.</summary>
    public long Lost => Math.Max(0, Expected - Packets - Repaired);

    /// <summary>Pictures that never came whole, by the sender's count; 0 for sound, whose packets are its frames.</summary>
    public long FramesLost => _video?.FramesLost ?? 0;

    public uint SenderReportMiddle { get; private set; }

    public Instant SenderReportAt { get; private set; }

    public void OnPacket(ReadOnlySpan<byte> packet, Instant now)
    {
        long sequence = Extend(RtpHeader.Sequence(packet));
        _first = _first < 0 ? sequence : _first;
        if (sequence < _highest)
        {
            Reordered++;
        }

        _highest = Math.Max(_highest, sequence);
        Packets++;
        Bytes += packet.Length;

        // RFC 3550 appendix A.8
        uint transit = (uint)(long)(now.Microseconds / 1e6 * (_video is null ? AudioRate : VideoRate)) - RtpHeader.Timestamp(packet).Value;
        if (Packets > 1)
        {
            _jitter += (Math.Abs((double)(int)(transit - _lastTransit)) - _jitter) / 16;
        }

        _lastTransit = transit;
        _video?.Add(packet, now);
    }

    public void OnRepaired(ReadOnlySpan<byte> packet, Instant now)
    {
        Repaired++;
        _video?.Add(packet, now);
    }

    public void OnSenderReport(in SenderInfo info, Instant now) => (SenderReportMiddle, SenderReportAt) = (info.MiddleNtp, now);

    /// <summary>A frame did not open: the ones behind it would show a broken picture, so a key frame is wanted.</summary>
    public void OnRefused() => _refused = true;

    public void OnOpened(bool keyFrame) => _refused &= !keyFrame;

    /// <summary>Whether to ask for a key frame now; true at most once each interval.</summary>
    public bool TakesKeyFrameRequest(Instant now)
    {
        if (_video is null || !(_video.WantsKeyFrame || _refused) || Packets == 0 || now < _askKeyFrameAt)
        {
            return false;
        }

        _askKeyFrameAt = now + s_keyFrameInterval;
        return true;
    }

    /// <summary>RFC 3550 appendix A.3; null before the first packet.</summary>
    public ReportBlock? TakeReport(Instant now)
    {
        if (_first < 0)
        {
            return null;
        }

        long expectedNow = Expected - _expectedBefore;
        long lostNow = expectedNow - (Packets - _receivedBefore);
        (_expectedBefore, _receivedBefore) = (Expected, Packets);
        byte fraction = expectedNow <= 0 || lostNow <= 0 ? (byte)0 : (byte)Math.Min(255, lostNow * 256 / expectedNow);
        uint delay = SenderReportMiddle == 0 ? 0 : (uint)((now - SenderReportAt).TotalSeconds * 65_536);
        return new ReportBlock(ssrc, fraction, (int)Math.Clamp(Expected - Packets, 0, 0x7F_FFFF), (uint)_highest, (uint)_jitter, SenderReportMiddle, delay);
    }

    private long Extend(SequenceNumber sequence) =>
        _highest < 0 ? 0x10000 + sequence.Value : _highest + sequence.DistanceFrom(new SequenceNumber((ushort)_highest));
}
