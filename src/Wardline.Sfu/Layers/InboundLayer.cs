using Wardline.Rtc;
using Wardline.Sfu.Sessions;

namespace Wardline.Sfu.Layers;

/// <summary>
/// One received primary stream: a simulcast layer of a camera, a video without simulcast, or an audio stream.
/// </summary>
internal sealed class InboundLayer
{
    private const double PeakKeptPerSecond = 0.5;

    private readonly ReceiveWindow _window = new();
    private Bitrate _cost;
    private Instant _costAt;

    private static ReadOnlySpan<int> UsualKilobits => [120, 350, 900];

    /// <param name="index">0 (q, or the only one), 1 (h), 2 (f): rising quality.</param>
    /// <param name="historyBytes">0 keeps nothing (audio).</param>
    public InboundLayer(PublishedTrack track, int index, Ssrc ssrc, int historyBytes, TimeSpan keyFrameInterval, Deadline publisher)
    {
        Track = track;
        Index = index;
        Ssrc = ssrc;
        History = historyBytes == 0 ? null : new PacketHistory(historyBytes);
        KeyFrames = new KeyFrameRequester(keyFrameInterval, publisher);
        Reception = new ReceptionReport(track.ClockRate);
    }

    public PublishedTrack Track { get; }

    public int Index { get; }

    public Ssrc Ssrc { get; }

    /// <summary>Rises when the publisher begins a new sequence; what was before has nothing to do with what follows.</summary>
    public int Epoch { get; private set; }

    public long Highest => _window.Highest;

    public PacketHistory? History { get; }

    public LossDetector Losses { get; } = new();

    public KeyFrameRequester KeyFrames { get; }

    public ReceptionReport Reception { get; }

    public RateMeter Rate { get; } = new();

    public SenderReportMark SenderReport { get; set; }

    public Instant FirstPacketAt { get; private set; } = Instant.Never;

    public Instant LastPacketAt { get; private set; } = Moments.LongAgo;

    /// <summary>Its subscribers know that it flows.</summary>
    public bool Announced { get; set; }

    /// <summary>Replaced by a stream of another SSRC, or its track has ended.</summary>
    public bool Closed { get; private set; }

    public bool HasPackets => FirstPacketAt != Instant.Never;

    /// <summary>
    /// What the layer takes of a link: its measured rate, with peaks (key frames) halved each second; for
    /// the first second, while there is little to measure, at least what such a layer usually takes.
    /// </summary>
    public Bitrate Cost(Instant now)
    {
        Bitrate measured = Rate.Rate(now);
        double kept = Math.Pow(PeakKeptPerSecond, (now - _costAt).TotalSeconds);
        _cost = Bitrate.Max(measured, _cost * kept);
        _costAt = now;
        bool young = Track.IsSimulcast && now - FirstPacketAt < TimeSpan.FromSeconds(1);
        Bitrate least = young ? Bitrate.FromKilobits(UsualKilobits[Index]) : Bitrate.FromKilobits(1);
        return Bitrate.Max(_cost, least);
    }

    public void Close()
    {
        Closed = true;
        History?.Dispose();
    }

    /// <summary>Notes a packet and says what it is; <see cref="Arrival.Duplicate"/> and Outside are to be dropped.</summary>
    /// <param name="repaired">It came by RTX: it says nothing about the path's jitter and rate.</param>
    public Arrival Receive(SequenceNumber sequence, RtpTimestamp timestamp, int bytes, bool repaired, Instant now, out long extended)
    {
        long highestBefore = _window.Highest;
        bool started = _window.Started;
        Arrival arrival = _window.Accept(sequence, out extended);
        switch (arrival)
        {
            case Arrival.Newest when started && History is not null && Track.IsWatched(this):
                if (!Losses.OnNewest(extended, highestBefore, now))
                {
                    KeyFrames.Wish(now);
                }

                break;
            case Arrival.Late:
                Losses.OnLate(extended);
                break;
            case Arrival.Restarted:
                Epoch++;
                Losses.Clear();
                Reception.Restart();
                SenderReport = default;
                break;
            case Arrival.Duplicate or Arrival.Outside:
                return arrival;
        }

        Rate.Add(bytes, now);
        FirstPacketAt = Instant.Min(FirstPacketAt, now);
        LastPacketAt = now;
        if (!repaired)
        {
            Reception.OnPacket(extended, timestamp, now);
        }

        return arrival;
    }
}
