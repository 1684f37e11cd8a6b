using Wardline.Bench.Load;
using Wardline.Bench.Compare;
using Wardline.Rtc;

namespace Wardline.Bench.Tests;

public sealed class CountingTests
{
    [Fact]
    public void Small_delays_are_exact_and_large_ones_within_a_thirty_second_of_their_value()
    {
        Random random = new(7);
        for (int i = 0; i < 10_000; i++)
        {
            long value = (long)Math.Exp(random.NextDouble() * Math.Log(DelayHistogram.Largest));
            DelayHistogram delays = new();
            delays.Add(value);
            delays.Add(DelayHistogram.Largest);
            double read = delays.Percentile(0.5);
            Assert.InRange(read, value, value < 32 ? value : value * (1 + 1 / 32.0));
        }
    }

    [Fact]
    public void Stolen_time_is_a_share_of_all_time_and_guests_are_not_counted_twice()
    {
        StolenTime before = StolenTime.Parse("cpu  100 0 50 800 10 0 5 35 77 3");
        Assert.Equal(new StolenTime(35, 1000), before);
        Assert.Equal(0.25, StolenTime.Parse("cpu  200 0 100 1380 10 0 10 300 99 3").ShareSince(before) / 1.06, 12);
        Assert.Equal(0, before.ShareSince(before));
        Assert.Equal(new StolenTime(0, 6), StolenTime.Parse("cpu 1 2 3")); // a kernel of long ago
        Assert.True(StolenTime.Now().All > 0);
    }

    [Fact]
    public void Percentiles_agree_with_a_sorted_list()
    {
        Random random = new(3);
        DelayHistogram delays = new();
        long[] values = [.. Enumerable.Range(0, 5000).Select(_ => (long)random.Next(1, 200_000))];
        foreach (long value in values)
        {
            delays.Add(value);
        }

        Array.Sort(values);
        foreach (double share in (double[])[0.01, 0.5, 0.99, 0.999, 1])
        {
            long exact = values[(int)Math.Ceiling(share * values.Length) - 1];
            Assert.InRange(delays.Percentile(share), exact, exact * (1 + 1 / 32.0));
        }
    }

    [Fact]
    public void Nothing_has_no_percentile_and_what_is_beyond_the_scale_counts_as_its_end()
    {
        DelayHistogram delays = new();
        Assert.True(double.IsNaN(delays.Percentile(0.5)));
        delays.Add(-5);
        Assert.Equal(0, delays.Percentile(1));
        delays.Add(long.MaxValue);
        Assert.Equal(DelayHistogram.Largest, delays.Percentile(1));
    }

    [Fact]
    public void A_stream_that_wraps_around_and_swaps_two_packets_has_lost_nothing()
    {
        Reception stream = Receive(65533, 65534, 0, 65535, 1, 2);
        Assert.Equal((6, 0, 1), (stream.Received, stream.Lost, stream.Reordered));
    }

    [Fact]
    public void A_gap_counts_until_the_late_packet_comes()
    {
        Assert.Equal(2, Receive(10, 11, 14).Lost);
        Assert.Equal(1, Receive(10, 11, 14, 13).Lost);
    }

    [Fact]
    public void A_packet_before_the_first_one_moves_the_beginning()
    {
        Reception stream = Receive(5, 3);
        Assert.Equal((2, 1), (stream.Received, stream.Lost));
    }

    [Fact]
    public void Counting_again_forgets_what_was()
    {
        Reception stream = Receive(1, 100);
        stream.Restart();
        stream.Packet(new SequenceNumber(101));
        Assert.Equal((1, 0), (stream.Received, stream.Lost));
    }

    [Theory]
    [InlineData(new double[] { }, double.NaN)]
    [InlineData(new double[] { 3 }, 3)]
    [InlineData(new double[] { 9, 1, 5 }, 5)]
    [InlineData(new double[] { 4, 1, 2, 100 }, 3)]
    public void A_median_is_the_middle(double[] values, double median) => Assert.Equal(median, Statistics.Median(values));

    [Fact]
    public void A_stamp_is_read_back_also_behind_padding_of_the_server()
    {
        PacedMedia media = new(7, video: true, new TestResults().Plan, new MediaNumbers("1", 96), ssrc: 5, phase: 0);
        byte[] packet = new byte[1500];
        ushort transport = 0;
        media.NextFrame();
        int length = media.Write(packet, 0, new Instant(123_456), ref transport);
        packet[0] |= 0x20;
        packet.AsSpan(length, 3).Clear();
        packet[length + 3] = 4;
        Assert.True(PacedMedia.TryReadStamp(packet.AsSpan(0, length + 4), out Instant sent, out int participant));
        Assert.Equal((123_456, 7), (sent.Microseconds, participant));
        packet[length - 1] ^= 1;
        Assert.False(PacedMedia.TryReadStamp(packet.AsSpan(0, length + 4), out _, out _));
    }

    private static Reception Receive(params ReadOnlySpan<int> sequences)
    {
        Reception stream = new(new Ssrc(1));
        foreach (int sequence in sequences)
        {
            stream.Packet(new SequenceNumber((ushort)sequence));
        }

        return stream;
    }
}
