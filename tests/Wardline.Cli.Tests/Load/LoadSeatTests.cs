using System.Diagnostics;
using Wardline.Cli.Load;
using Wardline.Client;
using Wardline.Client.Media;

namespace Wardline.Cli.Tests.Load;

/// <summary>What is counted of people who come and go.</summary>
public sealed class LoadSeatTests
{
    private static readonly LoadLink s_link = new("patient", "https://localhost/visit/v#s");

    [Fact]
    public void Streams_that_are_over_stay_in_the_sum()
    {
        LoadTally tally = new();
        tally.Take(Seen(10, Stream("a", packets: 100, lost: 1), Stream("b", packets: 50, lost: 0)));
        Assert.Equal((10, 150, 1), (tally.Sum.Sent, tally.Sum.Received, tally.Sum.Lost));

        // One goes, the other goes on.
        tally.Take(Seen(20, Stream("a", packets: 200, lost: 2)));
        Assert.Equal((20, 250, 2), (tally.Sum.Sent, tally.Sum.Received, tally.Sum.Lost));

        // The one who stays begins to count anew: somebody came back between two looks.
        tally.Take(Seen(30, Stream("a", packets: 5, lost: 0)));
        Assert.Equal((30, 255, 2), (tally.Sum.Sent, tally.Sum.Received, tally.Sum.Lost));

        // We ourselves leave and come back.
        tally.Close();
        Assert.Equal((30, 255, 2), (tally.Sum.Sent, tally.Sum.Received, tally.Sum.Lost));
        tally.Take(Seen(1, Stream("a", packets: 7, lost: 0)));
        Assert.Equal((31, 262, 2), (tally.Sum.Sent, tally.Sum.Received, tally.Sum.Lost));
    }

    [Fact]
    public void Nobody_is_silent_while_somebody_of_the_visit_is_away()
    {
        LoadSeat[] seats = [new(0, s_link), new(0, s_link), new(1, s_link)];
        LoadSilence silence = new(seats);
        seats[0].InCall();
        long now = Stopwatch.GetTimestamp();
        silence.Look(now + Seconds(60));
        Assert.Equal((0, TimeSpan.Zero), (silence.Stalls, silence.Longest));
    }

    [Fact]
    public void A_stall_is_counted_once_until_frames_come_again()
    {
        LoadSeat[] seats = [new(0, s_link), new(0, s_link)];
        LoadSilence silence = new(seats);
        seats[0].InCall();
        seats[1].InCall();
        long began = Stopwatch.GetTimestamp();
        seats[1].FrameCame(began + Seconds(4));
        silence.Look(began + Seconds(4));
        Assert.Equal(0, silence.Stalls);
        silence.Look(began + Seconds(6));
        silence.Look(began + Seconds(8));
        Assert.Equal(1, silence.Stalls); // the first seat alone
        seats[0].FrameCame(began + Seconds(9));
        seats[1].FrameCame(began + Seconds(9));
        silence.Look(began + Seconds(9));
        silence.Look(began + Seconds(15));
        Assert.Equal(3, silence.Stalls);
        Assert.InRange(silence.Longest.TotalSeconds, 7.9, 8.1);
    }

    [Theory]
    [InlineData("2%", 0.02)]
    [InlineData("0%", 0)]
    [InlineData("12.5%", 0.125)]
    public void A_share_is_said_in_percent(string text, double share) => Assert.Equal(share, LoadCommand.Percent(text, 50, "--loss"), 6);

    [Theory]
    [InlineData("2")]
    [InlineData("%")]
    [InlineData("-1%")]
    [InlineData("51%")]
    [InlineData("NaN%")]
    public void Anything_else_is_no_share(string text) =>
        Assert.Equal("load.plan", Assert.Throws<WardlineException>(() => LoadCommand.Percent(text, 50, "--loss")).Code);

    private static long Seconds(double seconds) => (long)(seconds * Stopwatch.Frequency);

    private static ParticipantStats Seen(long sent, params StreamStats[] streams) => new() { Transport = "connected", Ciphers = "", PacketsSent = sent, Received = streams };

    private static StreamStats Stream(string from, long packets, long lost) => new(from, MediaSource.Camera, packets, packets * 1000, lost, 0, 0, 0);
}
