using Wardline.Server.Platform;

namespace Wardline.Server.Tests.Platform;

public sealed class HeapUpkeepTests
{
    private const long Mega = 1 << 20;

    [Theory]
    [InlineData(0, 0, false)]
    [InlineData(7, 0, false)]
    [InlineData(9, 0, true)]
    [InlineData(27, 20, false)] // a quarter more, but little
    [InlineData(29, 20, true)]
    [InlineData(120, 100, false)] // much more, but not a quarter
    [InlineData(126, 100, true)]
    [InlineData(60, 100, false)]
    public void It_is_time_when_a_quarter_has_come_and_not_a_trifle(long megabytes, long after, bool due) =>
        Assert.Equal(due, HeapUpkeep.IsDue(megabytes * Mega, after * Mega));

    [Fact]
    public void What_has_grown_old_and_is_used_no_more_is_collected()
    {
        WeakReference old = Age();
        Assert.True(SpinWait.SpinUntil(() =>
        {
            byte[][] more = [.. Enumerable.Range(0, 300).Select(_ => new byte[64 * 1024])];
            HeapUpkeep.Look();
            GC.KeepAlive(more);
            return !old.IsAlive;
        }, TimeSpan.FromSeconds(30)));
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference Age()
    {
        byte[] bytes = new byte[1024];
        GC.Collect();
        GC.Collect();
        Assert.Equal(GC.MaxGeneration, GC.GetGeneration(bytes));
        return new WeakReference(bytes);
    }
}
