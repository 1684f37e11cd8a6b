using Wardline.Rtc;
using Wardline.Sfu.Layers;

namespace Wardline.Sfu.Tests.Layers;

public sealed class PacketHistoryTests
{
    [Fact]
    public void Gives_back_exactly_what_was_put_in_until_it_is_overwritten()
    {
        PacketHistory history = new(2 * PacketHistory.BlockBytes);
        Random random = new(5);
        Dictionary<long, byte[]> put = [];
        for (long sequence = 1; sequence <= 5000; sequence++)
        {
            byte[] packet = new byte[random.Next(13, 1400)];
            random.NextBytes(packet);
            put[sequence] = packet;
            history.Add(Info(sequence), packet);
            int kept = 0;
            long keptBytes = 0;
            for (long back = Math.Max(1, sequence - 600); back <= sequence; back++)
            {
                if (history.TryGet(back, out PacketInfo info, out ReadOnlySpan<byte> found))
                {
                    Assert.Equal(back, info.Sequence);
                    Assert.True(found.SequenceEqual(put[back]));
                    kept++;
                    keptBytes += found.Length;
                }
            }

            Assert.True(kept >= Math.Min(sequence, 35) && keptBytes <= 2 * PacketHistory.BlockBytes);
        }
    }

    [Fact]
    public void An_old_packet_does_not_push_out_a_newer_one()
    {
        PacketHistory history = new(2 * PacketHistory.BlockBytes);
        history.Add(Info(1000), [1]);
        history.Add(Info(1000 - PacketHistory.Entries), [2]);
        Assert.True(history.TryGet(1000, out _, out ReadOnlySpan<byte> found));
        Assert.Equal(1, found[0]);
        Assert.False(history.TryGet(1000 - PacketHistory.Entries, out _, out _));
    }

    [Fact]
    public void Nothing_is_found_that_was_never_there()
    {
        PacketHistory history = new(2 * PacketHistory.BlockBytes);
        Assert.False(history.TryGet(0, out _, out _));
        Assert.False(history.TryGet(-5, out _, out _));
        Assert.False(history.TryGet(77, out _, out _));
    }

    [Fact]
    public void Nothing_is_found_or_kept_after_it_was_given_back()
    {
        PacketHistory history = new(2 * PacketHistory.BlockBytes);
        history.Add(Info(7), [1, 2, 3]);
        history.Dispose();
        history.Dispose();
        Assert.False(history.TryGet(7, out _, out _));
        history.Add(Info(8), [1]);
        Assert.False(history.TryGet(8, out _, out _));
    }

    [Fact]
    public void What_one_visit_kept_is_not_handed_to_the_next()
    {
        byte[] mark = "sealed frame of somebody else"u8.ToArray();
        for (int visit = 0; visit < 20; visit++)
        {
            using (PacketHistory history = new(PacketHistory.BlockBytes))
            {
                history.Add(Info(1), mark);
            }

            byte[] next = System.Buffers.ArrayPool<byte>.Shared.Rent(PacketHistory.BlockBytes);
            Assert.Equal(-1, next.AsSpan().IndexOf(mark));
            System.Buffers.ArrayPool<byte>.Shared.Return(next);
        }
    }

    [Fact]
    public void What_lies_in_memory_before_is_not_taken_for_packets()
    {
        // Strings leave the garbage that uninitialized memory then shows: each history must still start empty.
        List<PacketHistory> held = [];
        for (int i = 0; i < 400; i++)
        {
            string garbage = new('e', 20_000);
            PacketHistory history = new(PacketHistory.BlockBytes);
            held.Add(history);
            for (long sequence = 0; sequence < PacketHistory.Entries; sequence++)
            {
                history.Add(Info(sequence), [(byte)garbage[0]]);
                Assert.True(history.TryGet(sequence, out _, out _), $"history {i}, packet {sequence}");
            }
        }

        held.ForEach(history => history.Dispose());
    }

    private static PacketInfo Info(long sequence) => new() { Sequence = sequence, Timestamp = new RtpTimestamp(1) };
}
