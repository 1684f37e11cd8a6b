using Wardline.Rtc;
using Wardline.Sfu.Layers;

namespace Wardline.Sfu.Tests.Layers;

public sealed class ReceiveWindowTests
{
    private readonly ReceiveWindow _window = new();

    [Fact]
    public void Tells_newest_late_and_duplicate_apart()
    {
        Assert.Equal(Arrival.Newest, Accept(100));
        Assert.Equal(Arrival.Newest, Accept(103));
        Assert.Equal(Arrival.Late, Accept(101));
        Assert.Equal(Arrival.Duplicate, Accept(101));
        Assert.Equal(Arrival.Duplicate, Accept(103));
        Assert.Equal(Arrival.Late, Accept(102));
        Assert.Equal(Arrival.Late, Accept(99));
    }

    [Fact]
    public void Sequences_are_extended_over_every_wrap()
    {
        _window.Accept(new SequenceNumber(65_530), out long first);
        for (int i = 1; i < 200_000; i++)
        {
            Assert.Equal(Arrival.Newest, _window.Accept(new SequenceNumber((ushort)(65_530 + i)), out long extended));
            Assert.Equal(first + i, extended);
        }
    }

    [Fact]
    public void One_packet_far_away_is_not_believed_two_in_a_row_are_a_restart()
    {
        Accept(100);
        Assert.Equal(Arrival.Outside, Accept(20_000));
        Assert.Equal(Arrival.Newest, Accept(101));
        Assert.Equal(Arrival.Outside, Accept(30_000));
        long before = _window.Highest;
        Assert.Equal(Arrival.Restarted, Accept(30_001));
        Assert.True(_window.Highest > before + 65_536);
        Assert.Equal(Arrival.Newest, Accept(30_002));
    }

    [Fact]
    public void What_lies_behind_the_window_is_dropped()
    {
        Accept(5000);
        Assert.Equal(Arrival.Outside, Accept(5000 - ReceiveWindow.Size));
        Assert.Equal(Arrival.Late, Accept(5000 - ReceiveWindow.Size + 1));
    }

    private Arrival Accept(int sequence) => _window.Accept(new SequenceNumber((ushort)sequence), out _);
}
