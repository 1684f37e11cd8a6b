using Wardline.Client.Peer;
using Wardline.Client.Tests.Visits;
using Wardline.Netem;
using Wardline.Rtc;

namespace Wardline.Client.Tests.Peer;

/// <summary>The rules alone, with estimates that a test makes up: layers of 0.3, 0.6 and 1.2 Mbit/s, and sound.</summary>
public sealed class LayerControlTests
{
    private static readonly Bitrate s_much = Bitrate.FromKilobits(5000);
    private static readonly Bitrate s_little = Bitrate.FromKilobits(500);
    private readonly byte[] _frame = new byte[64 * 1024];
    private readonly Publication _microphone = new(new TestSource(MediaSource.Microphone), "0", new SeededRandom(1));
    private readonly Publication _camera = new(new TestSource(MediaSource.Camera, layers: 3), "1", new SeededRandom(2));
    private readonly LayerControl _control;
    private Instant _now = Instant.FromMilliseconds(5000);

    public LayerControlTests()
    {
        _control = new LayerControl([_microphone, _camera]);
        Run(3000, Bitrate.Zero);
    }

    [Fact]
    public void The_lowest_layer_and_the_sound_are_sent_whatever_the_estimate_says()
    {
        Run(5000, Bitrate.Zero);
        Assert.Equal((1, 1), (_microphone.LayersSent, _camera.LayersSent));
    }

    [Fact]
    public void What_is_not_sent_is_measured_all_the_same()
    {
        Assert.InRange(_camera.CostOf(2, _now).Kilobits, 1150, 1350);
        Assert.InRange(_control.Desired(_now).Kilobits, 2400, 2900); // with the margin of the last rise
        _camera.Paused = true;
        Assert.Equal(Bitrate.Zero, _camera.CostOf(2, _now));
        Assert.InRange(_control.Desired(_now).Kilobits, 40, 120);
    }

    [Fact]
    public void A_layer_is_added_only_where_it_fits_with_a_margin()
    {
        Run(5000, Bitrate.FromKilobits(1050));
        Assert.Equal(1, _camera.LayersSent);
        Run(5000, Bitrate.FromKilobits(1250));
        Assert.Equal(2, _camera.LayersSent);
    }

    [Fact]
    public void After_each_rise_that_was_wrong_the_next_one_waits_twice_as_long_up_to_half_a_minute()
    {
        Run(2000, s_much);
        Assert.Equal(3, _camera.LayersSent);
        List<double> waits = [];
        for (int i = 0; i < 7; i++)
        {
            Run(100, s_little);
            Assert.Equal(1, _camera.LayersSent);
            Instant fell = _now;
            while (_camera.LayersSent == 1)
            {
                Run(100, s_much);
                Assert.True(_now - fell < TimeSpan.FromMinutes(1), "it never rises again");
            }

            waits.Add(Math.Round((_now - fell).TotalSeconds));
        }

        Assert.Equal([4, 8, 16, 32, 32, 32, 32], waits);

        // One that held was right.
        Run(15_000, s_much);
        Assert.Equal(3, _camera.LayersSent);
        Run(100, s_little);
        Run(2200, s_much);
        Assert.Equal(2, _camera.LayersSent);
        Assert.Equal(8, _control.Falls);
    }

    private void Run(int milliseconds, Bitrate estimate)
    {
        Instant end = _now + TimeSpan.FromMilliseconds(milliseconds);
        while (_now < end)
        {
            foreach (Publication publication in (Publication[])[_microphone, _camera])
            {
                publication.Begin(_now);
                for (int layer = 0; layer < publication.Layers.Count; layer++)
                {
                    while (publication.TryNext(layer, _now, _frame, out _, out _))
                    {
                    }
                }
            }

            if (_now.Microseconds % 100_000 == 0)
            {
                _control.Decide(estimate, _now);
            }

            _now += TimeSpan.FromMilliseconds(10);
        }
    }
}
