using Wardline.Rtc.Bwe;
using Wardline.Rtc.Rtcp;
using Wardline.Rtc.Tests.Rtcp;
using Wardline.Rtc.Tests.Rtp;

namespace Wardline.Rtc.Tests.Bwe;

public sealed class TwccRecorderTests
{
    private static readonly Ssrc Us = new(1);
    private static readonly Ssrc Media = new(2);

    private static Instant Ms(double milliseconds) => Instant.FromMilliseconds(milliseconds);

    private sealed record Report(ushort Base, int Count, byte Number, Dictionary<ushort, long> Arrivals, int Bytes);

    /// <summary>Takes all reports that are due, checked by the reader.</summary>
    private static List<Report> Take(TwccRecorder recorder, Instant now, int room = 1200)
    {
        List<Report> reports = [];
        byte[] buffer = new byte[room];
        while (recorder.TryWriteFeedback(now, Us, Media, buffer, out int length))
        {
            RtcpReader reader = new(buffer.AsSpan(0, length));
            Assert.True(reader.TryRead(out RtcpPacket packet));
            Assert.True(TransportCcView.TryRead(packet, out TransportCcView view));
            Assert.Equal((Us, Media), (view.Sender, view.Media));
            Dictionary<ushort, long> arrivals = [];
            foreach (TransportCcView.Arrival arrival in view)
            {
                arrivals.Add(arrival.Sequence, view.ReferenceTime * 64_000L + arrival.OffsetMicroseconds);
            }

            Assert.Equal(view.ReceivedCount, arrivals.Count);
            reports.Add(new(view.BaseSequence, view.StatusCount, view.FeedbackCount, arrivals, length));
            Assert.True(reports.Count < 1000);
        }

        return reports;
    }

    [Fact]
    public void Tells_what_arrived_when_and_what_did_not()
    {
        TwccRecorder recorder = new();
        recorder.OnPacket(65534, Ms(1000));
        recorder.OnPacket(65535, Ms(1001));
        recorder.OnPacket(2, Ms(1010.3));
        recorder.OnPacket(1, Ms(1100)); // late by two hundred quarter milliseconds and more: a large delta back
        Report report = Assert.Single(Take(recorder, Ms(1200)));
        Assert.Equal(65534, report.Base);
        Assert.Equal(5, report.Count);
        Assert.Equal(new Dictionary<ushort, long> { [65534] = 1_000_000, [65535] = 1_001_000, [1] = 1_100_000, [2] = 1_010_250 }, report.Arrivals);
    }

    [Fact]
    public void Speaks_every_100_ms_and_every_50_ms_when_much_arrives()
    {
        TwccRecorder quiet = new();
        TwccRecorder busy = new();
        byte[] buffer = new byte[1200];
        int quietReports = 0, busyReports = 0;
        for (int ms = 0; ms < 1000; ms++)
        {
            if (ms % 20 == 0)
            {
                quiet.OnPacket((ushort)(ms / 20), Ms(ms));
            }

            busy.OnPacket((ushort)ms, Ms(ms));
            quietReports += quiet.TryWriteFeedback(Ms(ms), Us, Media, buffer, out _) ? 1 : 0;
            busyReports += busy.TryWriteFeedback(Ms(ms), Us, Media, buffer, out _) ? 1 : 0;
        }

        Assert.InRange(quietReports, 9, 11);
        Assert.InRange(busyReports, 18, 20);
    }

    [Fact]
    public void Is_silent_when_nothing_arrived()
    {
        TwccRecorder recorder = new();
        Assert.Equal(Instant.Never, recorder.NextFeedback);
        recorder.OnPacket(1, Ms(0));
        Assert.Single(Take(recorder, Ms(100)));
        Assert.Equal(Instant.Never, recorder.NextFeedback);
        Assert.Empty(Take(recorder, Ms(5000)));
    }

    [Fact]
    public void A_late_packet_is_told_after_its_loss_was()
    {
        TwccRecorder recorder = new();
        recorder.OnPacket(10, Ms(0));
        recorder.OnPacket(12, Ms(2));
        Assert.Equal([10, 12], Assert.Single(Take(recorder, Ms(100))).Arrivals.Keys.Order().Select(s => (int)s));
        recorder.OnPacket(11, Ms(110));
        Assert.Equal([11, 12], Assert.Single(Take(recorder, Ms(300))).Arrivals.Keys.Order().Select(s => (int)s));
    }

    [Fact]
    public void A_repeated_or_ancient_packet_is_ignored()
    {
        TwccRecorder recorder = new();
        recorder.OnPacket(1000, Ms(0));
        recorder.OnPacket(1000, Ms(1));
        recorder.OnPacket(100, Ms(2));
        Assert.Equal(2, recorder.Ignored);
        Assert.Equal(1, Assert.Single(Take(recorder, Ms(200))).Count);
    }

    [Fact]
    public void A_jump_over_the_whole_window_starts_afresh()
    {
        TwccRecorder recorder = new();
        recorder.OnPacket(0, Ms(0));
        recorder.OnPacket(30_000, Ms(1));
        Report report = Assert.Single(Take(recorder, Ms(200)));
        Assert.Equal((30_000, 1), (report.Base, report.Count));
    }

    [Fact]
    public void Reports_are_split_where_they_do_not_fit()
    {
        TwccRecorder recorder = new();
        for (int i = 0; i < 400; i++)
        {
            recorder.OnPacket((ushort)i, Ms(i * 70)); // large deltas
        }

        List<Report> reports = Take(recorder, Ms(30_000), room: 128);
        Assert.True(reports.Count > 5);
        Assert.All(reports, r => Assert.True(r.Bytes <= 128));
        Assert.Equal(400, reports.Sum(r => r.Arrivals.Count));
        Assert.Equal(Enumerable.Range(0, reports.Count), reports.Select(r => (int)r.Number));
        Assert.All(reports.Zip(reports.Skip(1)), pair => Assert.Equal(pair.First.Base + pair.First.Count, pair.Second.Base));
    }

    [Fact]
    public void A_pause_longer_than_a_delta_can_say_splits_the_report()
    {
        TwccRecorder recorder = new();
        recorder.OnPacket(0, Ms(0));
        recorder.OnPacket(1, Ms(9000));
        List<Report> reports = Take(recorder, Ms(9100));
        Assert.Equal([0L, 9_000_000L], reports.SelectMany(r => r.Arrivals.Values));
        Assert.Equal(2, reports.Count);
    }

    [Fact]
    public void The_reference_time_wraps_at_24_bits_and_differences_survive()
    {
        long wrap = (1L << 24) * 64_000;
        TwccRecorder recorder = new();
        recorder.OnPacket(0, new Instant(wrap - 10_000));
        recorder.OnPacket(1, new Instant(wrap + 5_000));
        Report first = Assert.Single(Take(recorder, new Instant(wrap + 200_000)));
        Assert.Equal(15_000, first.Arrivals[1] - first.Arrivals[0]);
        recorder.OnPacket(2, new Instant(wrap + 300_000));
        Assert.InRange(Assert.Single(Take(recorder, new Instant(wrap + 600_000))).Arrivals[2], 299_000, 300_000);
    }

    [Theory]
    [InlineData(1, 0.0, 0)]
    [InlineData(2, 0.05, 20)]
    [InlineData(3, 0.5, 300)]
    [InlineData(4, 0.98, 5)]
    public void Whatever_is_lost_or_reordered_the_sender_learns_exactly_what_arrived(int seed, double loss, int jitterMs)
    {
        Random random = new(seed);
        TwccRecorder recorder = new();
        List<(double At, ushort Sequence)> packets = [];
        for (int i = 0; i < 5000; i++)
        {
            if (random.NextDouble() >= loss)
            {
                packets.Add((i * 3 + random.NextDouble() * jitterMs, (ushort)(i + 63_000)));
            }
        }

        packets.Sort();
        Dictionary<ushort, long> told = [];
        foreach ((double at, ushort sequence) in packets)
        {
            foreach (Report report in Take(recorder, Ms(at), room: 300))
            {
                foreach ((ushort s, long arrival) in report.Arrivals)
                {
                    told[s] = arrival;
                }
            }

            recorder.OnPacket(sequence, Ms(at));
        }

        foreach (Report report in Take(recorder, Ms(1_000_000)))
        {
            foreach ((ushort s, long arrival) in report.Arrivals)
            {
                told[s] = arrival;
            }
        }

        Assert.Equal(packets.Count, told.Count);
        Assert.All(packets, p => Assert.InRange(Ms(p.At).Microseconds - told[p.Sequence], 0, 249));
    }

    [Fact]
    public void Damaged_feedback_is_read_without_leaving_it()
    {
        Random random = new(99);
        TwccRecorder recorder = new();
        for (int i = 0; i < 200; i++)
        {
            if (random.Next(4) > 0)
            {
                recorder.OnPacket((ushort)i, Ms(i * 5 + random.Next(100)));
            }
        }

        byte[] whole = new byte[1200];
        Assert.True(recorder.TryWriteFeedback(Ms(5000), Us, Media, whole, out int length));
        int seen = 0;
        for (int i = 0; i < 50_000; i++)
        {
            byte[] bytes = whole[..length];
            for (int flips = 1 + random.Next(4); flips > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            seen += RtcpWalk.Everything(bytes);
        }

        Assert.True(seen > 50_000);
    }

    [Theory]
    [InlineData("8FCD0005" + "00000001" + "00000002" + "00000000" + "00000000" + "20000000")] // no packet at all
    [InlineData("8FCD0005" + "00000001" + "00000002" + "0000FFFF" + "00000000" + "1FFF1FFF")] // 65,535 packets
    [InlineData("8FCD0005" + "00000001" + "00000002" + "00000002" + "00000000" + "00000000")] // a run of none
    [InlineData("8FCD0005" + "00000001" + "00000002" + "00000001" + "00000000" + "60010000")] // reserved symbol
    [InlineData("8FCD0005" + "00000001" + "00000002" + "00000005" + "00000000" + "20050000")] // five deltas, two bytes
    [InlineData("8FCD0005" + "00000001" + "00000002" + "00000020" + "00000000" + "80008000")] // chunks end before the range does
    [InlineData("8FCD0004" + "00000001" + "00000002" + "00000001" + "00000000")] // no chunk
    public void Feedback_that_contradicts_itself_is_refused(string hex)
    {
        RtcpReader reader = new(Convert.FromHexString(hex));
        Assert.True(reader.TryRead(out RtcpPacket packet));
        Assert.False(TransportCcView.TryRead(packet, out _));
    }

    [Fact]
    public void Recording_and_reporting_allocate_nothing()
    {
        TwccRecorder recorder = new();
        byte[] buffer = new byte[1200];
        ushort sequence = 0;
        double at = 0;
        Assert.Equal(0, RtpPackets.Allocated(() =>
        {
            recorder.OnPacket(sequence++, Ms(at += 7));
            recorder.TryWriteFeedback(Ms(at), Us, Media, buffer, out _);
        }));
    }
}
