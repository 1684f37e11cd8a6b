using System.Threading.Channels;
using Wardline.Media.Loops;
using Wardline.Media.Tests.Shell;
using Wardline.Rtc;

namespace Wardline.Media.Tests.Loops;

public sealed class TimerHeapTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_first_is_always_the_earliest_through_any_order_of_changes(int seed)
    {
        Random random = new(seed);
        TimerHeap heap = new();
        List<SessionSlot> all = [.. Enumerable.Range(0, 40).Select(i => new SessionSlot(i, new PlainCore(), Channel.CreateBounded<MediaEvent>(1).Writer))];
        HashSet<SessionSlot> inside = [];
        for (int step = 0; step < 5000; step++)
        {
            SessionSlot slot = all[random.Next(all.Count)];
            if (random.Next(4) == 0)
            {
                heap.Remove(slot);
                inside.Remove(slot);
            }
            else
            {
                heap.Set(slot, random.Next(10) == 0 ? Instant.Never : new Instant(random.Next(1000)));
                inside.Add(slot);
            }

            Assert.Equal(inside.Count, heap.Count);
            Assert.Equal(inside.Count == 0 ? Instant.Never : inside.Min(s => s.Deadline), heap.Next);
        }
    }

    [Fact]
    public void A_bucket_gives_its_burst_then_its_rate()
    {
        TokenBucket bucket = new(perSecond: 100, burst: 5);
        int Take(Instant now) => Enumerable.Range(0, 1000).TakeWhile(_ => bucket.TryTake(now)).Count();
        Assert.Equal(5, Take(new Instant(1)));
        Assert.Equal(0, Take(Instant.FromMilliseconds(9)));
        Assert.Equal(1, Take(Instant.FromMilliseconds(11)));
        Assert.Equal(3, Take(Instant.FromMilliseconds(41)));
        Assert.Equal(5, Take(Instant.FromMilliseconds(1e9)));
    }
}
