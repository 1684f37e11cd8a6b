using Wardline.Netem;

namespace Wardline.Rtc.Tests.Bwe;

/// <summary>The emulator that other tests trust.</summary>
public sealed class NetemLinkTests
{
    private static Instant Ms(double milliseconds) => Instant.FromMilliseconds(milliseconds);

    private static List<(double AtMs, int Id)> Drain(Link link)
    {
        List<(double, int)> arrived = [];
        byte[] buffer = new byte[Link.MaxDatagramBytes];
        while (link.NextTimeout != Instant.Never)
        {
            Instant now = link.NextTimeout;
            while (link.TryDequeue(now, buffer, out _))
            {
                arrived.Add((now.Milliseconds, BitConverter.ToInt32(buffer)));
            }
        }

        return arrived;
    }

    private static byte[] Datagram(int id, int bytes = 972)
    {
        byte[] datagram = new byte[bytes];
        BitConverter.TryWriteBytes(datagram, id);
        return datagram;
    }

    [Fact]
    public void A_perfect_link_delivers_at_once_and_in_order()
    {
        Link link = new(LinkConditions.Perfect, 1);
        for (int i = 0; i < 10; i++)
        {
            link.Enqueue(Datagram(i), Ms(i));
        }

        Assert.Equal(Enumerable.Range(0, 10), Drain(link).Select(a => a.Id));
    }

    [Fact]
    public void The_bottleneck_spaces_datagrams_by_their_bits()
    {
        // 1000 bytes with headers at 1 Mbit/s: 8 ms each.
        Link link = new(new() { Rate = Bitrate.FromKilobits(1000), Delay = TimeSpan.FromMilliseconds(50) }, 1);
        for (int i = 0; i < 5; i++)
        {
            Assert.True(link.Enqueue(Datagram(i), Ms(100)));
        }

        Assert.Equal(40, link.QueueDelay.TotalMilliseconds); // the one under way included
        Assert.Equal([158, 166, 174, 182, 190], Drain(link).Select(a => a.AtMs));
    }

    [Fact]
    public void A_full_queue_drops_the_newcomer()
    {
        Link link = new(new() { Rate = Bitrate.FromKilobits(1000), QueueLimit = TimeSpan.FromMilliseconds(20) }, 1);
        int accepted = Enumerable.Range(0, 100).Count(i => link.Enqueue(Datagram(i), Ms(0)));
        Assert.Equal(3, accepted); // 0, 8 and 16 ms of queue before them
        Assert.Equal(97, link.Counters.DroppedByQueue);
    }

    [Fact]
    public void Memory_is_bounded()
    {
        Link link = new(new() { Delay = TimeSpan.FromSeconds(10) }, 1, capacity: 8);
        Assert.Equal(8, Enumerable.Range(0, 100).Count(i => link.Enqueue(Datagram(i), Ms(0))));
        Assert.Equal(8, Drain(link).Count);
        Assert.True(link.Enqueue(Datagram(1), Ms(20_000)));
    }

    [Fact]
    public void A_change_on_schedule_takes_the_datagrams_that_still_wait()
    {
        Link link = new(new() { Rate = Bitrate.FromKilobits(1000) }, 1);
        link.Schedule(Ms(10), new() { Rate = Bitrate.FromKilobits(100) });
        for (int i = 0; i < 3; i++)
        {
            link.Enqueue(Datagram(i), Ms(0));
        }

        // The second is on its way through the bottleneck when the rate falls; the third takes 80 ms.
        Assert.Equal([8, 16, 96], Drain(link).Select(a => a.AtMs));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Jitter_reorders_only_when_told_to(bool reorder)
    {
        Link link = new(new() { Delay = TimeSpan.FromMilliseconds(50), Jitter = TimeSpan.FromMilliseconds(20), Reorder = reorder }, 9);
        for (int i = 0; i < 500; i++)
        {
            link.Enqueue(Datagram(i), Ms(i));
        }

        List<(double AtMs, int Id)> arrived = Drain(link);
        Assert.Equal(500, arrived.Count);
        Assert.All(arrived, a => Assert.InRange(a.AtMs - a.Id, 30, reorder ? 70 : 90));
        Assert.Equal(!reorder, arrived.Select(a => a.Id).SequenceEqual(Enumerable.Range(0, 500)));
    }

    [Theory]
    [InlineData(0.05, 1)]
    [InlineData(0.05, 5)]
    [InlineData(0.30, 3)]
    public void Loss_has_the_share_and_the_burst_length_that_were_asked_for(double share, double burst)
    {
        Link link = new(new() { Loss = burst == 1 ? LossModel.Random(share) : LossModel.Bursts(share, burst) }, 12);
        const int Count = 200_000;
        byte[] buffer = new byte[Link.MaxDatagramBytes];
        int lost = 0, bursts = 0;
        bool before = false;
        for (int i = 0; i < Count; i++)
        {
            link.Enqueue(Datagram(i, 8), Ms(i));
            bool arrived = link.TryDequeue(Ms(i), buffer, out _);
            lost += arrived ? 0 : 1;
            bursts += !arrived && !before ? 1 : 0;
            before = !arrived;
        }

        Assert.InRange((double)lost / Count, share * 0.93, share * 1.07);
        double expectedBurst = burst == 1 ? 1 / (1 - share) : burst;
        Assert.InRange((double)lost / bursts, expectedBurst * 0.95, expectedBurst * 1.05);
        Assert.Equal(lost, link.Counters.LostOnTheWire);
    }
}
