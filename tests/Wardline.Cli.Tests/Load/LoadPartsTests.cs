using Wardline.Cli.Load;
using Wardline.Client;
using Wardline.Client.Media;

namespace Wardline.Cli.Tests.Load;

/// <summary>What a load run is made of, without a server.</summary>
public sealed class LoadPartsTests
{
    [Fact]
    public void Percentiles_are_the_upper_ends_of_their_steps()
    {
        DelayCounts counts = new();
        Assert.Null(counts.Percentile(0.5));
        for (int ms = 1; ms <= 100; ms++)
        {
            counts.Add(TimeSpan.FromMilliseconds(ms));
        }

        Assert.Equal(50.1, counts.Percentile(0.5)!.Value, 3);
        Assert.Equal(99.1, counts.Percentile(0.99)!.Value, 3);
        counts.Add(TimeSpan.FromSeconds(3.004));
        Assert.Equal(3010, counts.Percentile(1)!.Value, 3);
        counts.Add(TimeSpan.FromHours(1));
        Assert.Equal(60_000, counts.Percentile(1)!.Value, 3);
    }

    [Fact]
    public void A_frame_says_its_layer_number_and_age_and_begins_as_VP8_does()
    {
        LoadProfile consult = LoadProfile.All.Single(p => p.Name == "consult");
        LoadSource camera = new(consult, MediaSource.Camera);
        byte[] buffer = new byte[IFrameSource.MaxFrameBytes];
        for (int number = 0; number < 3; number++)
        {
            EncodedFrame frame = camera.Next(2, buffer);
            Assert.Equal(number == 0, frame.KeyFrame);
            Assert.Equal(number == 0 ? 0x10 : 0x11, buffer[0]);
            Assert.True(LoadSource.TryRead(buffer.AsSpan(0, frame.Length), out int layer, out int seen, out TimeSpan age));
            Assert.Equal((2, number), (layer, seen));
            Assert.InRange(age, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        }

        camera.RequestKeyFrame(2);
        Assert.True(camera.Next(2, buffer).KeyFrame);
        Assert.False(LoadSource.TryRead(new byte[LoadSource.HeadBytes - 1], out _, out _, out _));
    }

    [Theory]
    [InlineData("consult", 1170)]
    [InlineData("hd", 2550)]
    [InlineData("phone", 150)]
    public void A_profile_sends_the_rate_that_it_names(string name, int kilobits)
    {
        LoadProfile profile = LoadProfile.All.Single(p => p.Name == name);
        LoadSource camera = new(profile, MediaSource.Camera);
        byte[] buffer = new byte[IFrameSource.MaxFrameBytes];
        double bits = 0;
        for (int layer = 0; layer < camera.Layers; layer++)
        {
            for (double seconds = 0; seconds < 10;)
            {
                EncodedFrame frame = camera.Next(layer, buffer);
                bits += frame.Length * 8;
                seconds += frame.Duration.TotalSeconds;
            }
        }

        // A key frame in ten seconds makes it a little more.
        Assert.InRange(bits / 10_000, kilobits * 0.97, kilobits * 1.15);
    }

    [Theory]
    [InlineData("loss-percent=0.1", "loss-percent", 0.1)]
    [InlineData("failed-joins=0", "failed-joins", 0)]
    public void A_bound_has_a_name_and_a_most(string text, string name, double most) => Assert.Equal((name, most), LoadBounds.Parse(text));

    [Theory]
    [InlineData("loss-percent")]
    [InlineData("loss-percent=")]
    [InlineData("loss-percent=-1")]
    [InlineData("loss-percent=NaN")]
    [InlineData("luck=3")]
    public void Anything_else_is_no_bound(string text) => Assert.Null(LoadBounds.Parse(text));

    [Fact]
    public void A_broken_bound_is_named_with_what_was_seen()
    {
        LoadReport report = Report() with { LossPercent = 0.5, DelayP99Ms = 12 };
        Assert.Equal(["loss-percent is 0.5, at most 0.1 is allowed"], LoadBounds.Broken(report, [("loss-percent", 0.1), ("delay-p99-ms", 20), ("failed-joins", 0)]));
        // Nothing measured is not good enough for a bound on delay.
        Assert.Single(LoadBounds.Broken(report with { DelayP99Ms = null }, [("delay-p99-ms", 20)]));
    }

    [Theory]
    [InlineData(0, 2, "consult", 10, "--sessions")]
    [InlineData(5001, 2, "consult", 10, "--sessions")]
    [InlineData(1, 13, "consult", 10, "--participants")]
    [InlineData(1, 2, "consult", 0, "--seconds")]
    [InlineData(1, 2, "consult", double.NaN, "--seconds")]
    [InlineData(1, 2, "party", 10, "profile")]
    [InlineData(1, 2, "consult", 10, "visits.json")]
    public void A_plan_that_cannot_be_carried_out_says_why(int sessions, int participants, string profile, double seconds, string why)
    {
        WardlineException refused = Assert.Throws<WardlineException>(() =>
            LoadCommand.Plan("/nowhere/visits.json", sessions, participants, profile, seconds, 20, 1, null, remote: false));
        Assert.Equal("load.plan", refused.Code);
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_machine_is_loaded_only_when_that_is_said()
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, """[{"visit":"v","links":[{"role":"Clinician","link":"https://wardline.example/visit/v#AAAAAAAAAAAAAAAAAAAAAA"}]}]""");
            WardlineException refused = Assert.Throws<WardlineException>(() => LoadCommand.Plan(file, 1, 1, "voice", 1, 20, 1, null, remote: false));
            Assert.Contains("--remote", refused.Message, StringComparison.Ordinal);
            Assert.Single(LoadCommand.Plan(file, 1, 1, "voice", 1, 20, 1, null, remote: true).Visits);
            File.WriteAllText(file, "[{");
            Assert.Equal("load.plan", Assert.Throws<WardlineException>(() => LoadCommand.Plan(file, 1, 1, "voice", 1, 20, 1, null, remote: true)).Code);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static LoadReport Report() => new()
    {
        Profile = "consult", Sessions = 1, Participants = 2, Seconds = 1, FailedJoins = 0, Failures = new Dictionary<string, int>(StringComparer.Ordinal),
        JoinsPerSecond = 1, JoinP50Ms = 1, JoinP99Ms = 1, Left = 0, Returned = 0, FailedReturns = 0, Lost = 0, Reconnects = 0,
        Stalls = 0, LongestSilenceMs = 0, RepairedForOthers = 0, PacketsSent = 1, PacketsReceived = 1, PacketsReceivedPerSecond = 1, MegabitsReceivedPerSecond = 1,
        LossPercent = 0, Reordered = 0, Repaired = 0, FramesVerified = 1, FramesWrong = 0, FramesRefused = 0, FrameGaps = 0,
        DelayP50Ms = 1, DelayP99Ms = 1, DelayP999Ms = 1, Broken = [],
    };
}
