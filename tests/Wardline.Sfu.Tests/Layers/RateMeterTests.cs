using Wardline.Rtc;
using Wardline.Sfu.Layers;

namespace Wardline.Sfu.Tests.Layers;

public sealed class RateMeterTests
{
    [Theory]
    [InlineData(300)]
    [InlineData(1000)]
    [InlineData(7000)]
    public void Measures_a_steady_stream_soon_and_well(int milliseconds)
    {
        RateMeter meter = new();
        Instant start = Instant.FromMilliseconds(123_456);
        for (int ms = 0; ms <= milliseconds; ms += 10)
        {
            meter.Add(1250, start + TimeSpan.FromMilliseconds(ms));
        }

        // 1250 bytes every 10 ms
        Assert.InRange(meter.Rate(start + TimeSpan.FromMilliseconds(milliseconds)).Kilobits, 800, 1200);
    }

    [Fact]
    public void Falls_to_zero_a_second_after_the_last_byte_and_starts_anew()
    {
        RateMeter meter = new();
        meter.Add(10_000, Instant.FromMilliseconds(1000));
        Assert.True(meter.Rate(Instant.FromMilliseconds(1900)) > Bitrate.Zero);
        Assert.Equal(Bitrate.Zero, meter.Rate(Instant.FromMilliseconds(2100)));
        meter.Add(1000, Instant.FromMilliseconds(60_000));
        Assert.Equal(40, meter.Rate(Instant.FromMilliseconds(60_000)).Kilobits);
    }
}
