using Wardline.Client.Peer;
using Wardline.Client.Tests.Visits;
using Wardline.Netem;
using Wardline.Rtc;

namespace Wardline.Client.Tests.Peer;

/// <summary>What a native sender does about a way that carries less than it would send: three layers of 0.3, 0.6 and 1.2 Mbit/s, and sound.</summary>
public sealed class CongestionTests
{
    private static readonly LinkConditions s_good = new() { Delay = TimeSpan.FromMilliseconds(25) };

    [Fact]
    public void All_layers_are_sent_soon_where_they_pass()
    {
        using Uphill uphill = new(Megabits(6));
        uphill.Run(8);
        Assert.Equal(3, uphill.Layers);
        Assert.Equal(0, uphill.Sender.Falls);
        Assert.Equal(0, uphill.LostSounds);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Upper_layers_fall_away_at_once_when_the_way_narrows_and_sound_goes_on(int seed)
    {
        using Uphill uphill = new(Megabits(6), (ulong)seed);
        uphill.Run(10);
        Assert.Equal(3, uphill.Layers);
        uphill.Change(Megabits(0.7));
        uphill.Run(3);
        Assert.Equal(1, uphill.Layers);
        uphill.Run(4);

        // The queue is gone, and nothing more is lost.
        uphill.WorstQueue = default;
        int lost = uphill.LostSounds;
        uphill.Run(20);
        Assert.InRange(uphill.WorstQueue, TimeSpan.Zero, TimeSpan.FromMilliseconds(150));
        Assert.InRange(uphill.LostSounds - lost, 0, 5);
        Assert.InRange(uphill.Layers, 1, 1);
    }

    [Fact]
    public void Layers_come_back_one_by_one_with_a_key_frame_each()
    {
        using Uphill uphill = new(Megabits(6));
        uphill.Run(10);
        uphill.Change(Megabits(0.7));
        uphill.Run(10);
        Assert.Equal(1, uphill.Layers);
        int asked = uphill.Camera.Asked;
        uphill.Changes.Clear();
        uphill.Change(Megabits(6));
        uphill.Run(40);
        Assert.Equal([2, 3], uphill.Changes.Select(c => c.Layers));
        Assert.True(uphill.Changes[1].At - uphill.Changes[0].At >= TimeSpan.FromMilliseconds(500), "two layers at once");
        Assert.True(uphill.Camera.Asked >= asked + 2, "a layer came back without a key frame");
        Assert.Equal(2, uphill.Receiver.Pictures[^1].Layer);
    }

    [Fact]
    public void On_a_way_that_carries_two_layers_two_are_sent_without_going_to_and_fro()
    {
        using Uphill uphill = new(Megabits(1.5));
        uphill.Run(20);
        Assert.Equal(2, uphill.Layers);
        uphill.Changes.Clear();
        uphill.Run(180);
        Assert.InRange(uphill.Changes.Count, 0, 4);
        Assert.Equal(2, uphill.Layers);
        Assert.InRange(uphill.LostSounds, 0, 20); // of 10,000
    }

    [Fact]
    public void Loss_by_chance_takes_no_layer_away()
    {
        using Uphill uphill = new(Megabits(6) with { Loss = LossModel.Random(0.03) });
        uphill.Run(60);
        Assert.Equal(3, uphill.Layers);
        Assert.InRange(uphill.Sender.Falls, 0, 1);
    }

    [Fact]
    public void Repairs_never_take_more_than_half_of_what_passes()
    {
        using Uphill uphill = new(Megabits(0.5) with { Loss = LossModel.Random(0.3) });
        uphill.Run(60);
        long repaired = uphill.Sender.Publications[1].Layers.Sum(l => l.Repaired);
        Assert.True(repaired > 0, "nothing was repaired");
        Assert.InRange(repaired * 1200 * 8 / 60, 0, 250_000);
        Assert.True(uphill.Sender.Uplink.RepairsRefused > 0, "no repair was refused on a way that loses a third");
    }

    [Fact]
    public void A_sender_that_is_not_to_adapt_sends_everything()
    {
        using Uphill uphill = new(Megabits(0.7), adapts: false);
        uphill.Run(10);
        Assert.Equal(3, uphill.Layers);
    }

    private static LinkConditions Megabits(double rate) => s_good with { Rate = Bitrate.FromKilobits(rate * 1000) };

    /// <summary>One who sends over a narrow way, and one who receives over a wide one.</summary>
    private sealed class Uphill : IDisposable
    {
        private readonly VirtualCall _call;
        private readonly Seat _sender;

        public Uphill(LinkConditions up, ulong seed = 1, bool adapts = true)
        {
            _call = new VirtualCall(seed);
            _sender = _call.Add(up, s_good, adapts, new TestSource(MediaSource.Microphone), Camera);
            Receiver = _call.Add(s_good, s_good);
            _call.Begin();
        }

        public TestSource Camera { get; } = new(MediaSource.Camera, layers: 3);

        public MediaPeer Sender => _sender.Peer;

        public Seat Receiver { get; }

        public int Layers => Sender.Publications[1].LayersSent;

        public List<(Instant At, int Layers)> Changes { get; } = [];

        /// <summary>On the way up.</summary>
        public TimeSpan WorstQueue { get; set; }

        public int LostSounds => Receiver.Sounds.Count == 0 ? 0 : Receiver.Sounds[^1] - Receiver.Sounds[0] + 1 - Receiver.Sounds.Count;

        public void Change(LinkConditions up) => _sender.Up.Change(up, _call.Now);

        public void Run(int seconds)
        {
            int layers = Layers;
            _call.Run(TimeSpan.FromSeconds(seconds), () =>
            {
                WorstQueue = _sender.Up.QueueDelay > WorstQueue ? _sender.Up.QueueDelay : WorstQueue;
                if (layers != Layers)
                {
                    layers = Layers;
                    Changes.Add((_call.Now, layers));
                }
            });
        }

        public void Dispose() => _call.Dispose();
    }
}
