using Wardline.Netem;
using Wardline.Rtc.Bwe;

namespace Wardline.Rtc.Tests.Bwe;

/// <summary>What the estimator promises, as plans of steps over an emulated link in virtual time.</summary>
public sealed class SendSideEstimatorTests
{
    private static readonly LinkConditions Megabit = new() { Rate = Bitrate.FromKilobits(1000), Delay = TimeSpan.FromMilliseconds(25) };

    private static LinkConditions Narrow => Megabit with { Rate = Bitrate.FromKilobits(300) };

    /// <summary>Layers of 150, 450 and 1500 kbit/s: the highest that fits.</summary>
    private static Bitrate Layered(Bitrate estimate) => Bitrate.FromKilobits(estimate.Kilobits switch
    {
        >= 1600 => 1500,
        >= 520 => 450,
        >= 200 => 150,
        _ => 0,
    });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Climbs_from_300_to_80_percent_of_a_megabit_within_5_seconds_and_stays_there(int seed)
    {
        BweRun run = new(Megabit, (ulong)seed);
        Assert.InRange(run.Until(e => e.Estimate.Kilobits >= 800, 5), 0, 4.99);
        run.Run(20);
        Assert.InRange(run.MeanKbps(20), 800, 1000);
        Assert.InRange(run.Audio.Max(a => a.DelayMs), 25, 250);
    }

    [Theory]
    [InlineData(150, 100)]
    [InlineData(500, 30)]
    [InlineData(2_500, 50)]
    [InlineData(8_000, 10)]
    public void Finds_slow_and_fast_links_without_probing_beyond_what_is_wanted(int kbps, int delayMs)
    {
        BweRun run = new(Megabit with { Rate = Bitrate.FromKilobits(kbps), Delay = TimeSpan.FromMilliseconds(delayMs) });
        run.Run(15);
        Assert.InRange(run.MeanKbps(5), Math.Min(kbps, 2500) * 0.7, Math.Min(kbps * 1.1, 10_000));
        Assert.InRange(run.ProbeBytes, 0, 300_000);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 0)]
    [InlineData(3, 10)]
    [InlineData(4, 20)]
    public void Falls_below_a_cut_to_300_kbit_within_a_second_and_a_half_and_comes_back_within_ten(int seed, int jitterMs)
    {
        LinkConditions wide = Megabit with { Jitter = TimeSpan.FromMilliseconds(jitterMs) };
        BweRun run = new(wide, (ulong)seed);
        run.Run(10);
        run.Change(wide with { Rate = Bitrate.FromKilobits(300) });
        Assert.InRange(run.Until(e => e.Estimate.Kilobits < 300, 3), 0, 1.5);
        run.Run(10);
        Assert.InRange(run.MeanKbps(5), 150, 330);

        run.Change(wide);
        Assert.InRange(run.Until(e => e.Estimate.Kilobits >= 800, 12), 0, 10);
    }

    [Fact]
    public void A_new_path_starts_afresh_whatever_was_concluded_while_nobody_answered()
    {
        BweRun run = new(Megabit) { FeedbackArrives = true };
        run.Run(10);
        run.FeedbackArrives = false;
        run.Run(20);
        Assert.True(run.Estimator.IsUnanswered(run.Now));
        Assert.InRange(run.Estimator.Estimate.Kilobits, 0, 60);

        run.Estimator.OnNewPath(run.Now);
        run.Estimator.OnReceiverReport(1, null, run.Now);
        Assert.Equal(300, run.Estimator.Estimate.Kilobits);
        Assert.False(run.Estimator.IsUnanswered(run.Now));
        run.FeedbackArrives = true;
        Assert.InRange(run.Until(e => e.Estimate.Kilobits >= 800, 6), 0, 5);
        Assert.Equal(0, run.Estimator.Loss, 0.02);
    }

    [Fact]
    public void Audio_waits_briefly_after_a_cut_and_never_stops()
    {
        BweRun run = new(Megabit, video: Layered);
        run.Run(10);
        double cutAt = run.Now.Milliseconds;
        run.Change(Narrow);
        run.Run(10);
        List<(double AtMs, double DelayMs)> audio = [.. run.Audio.Where(a => a.AtMs > cutAt)];
        Assert.InRange(audio.Zip(audio.Skip(1), (a, b) => b.AtMs - a.AtMs).Max(), 0, 200);
        Assert.All(audio.Where(a => a.AtMs > cutAt + 3000), a => Assert.InRange(a.DelayMs, 0, 200));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Five_percent_of_random_loss_with_jitter_and_reordering_do_not_make_it_collapse(int seed)
    {
        LinkConditions bad = new()
        {
            Rate = Bitrate.FromKilobits(2000), Delay = TimeSpan.FromMilliseconds(100), Jitter = TimeSpan.FromMilliseconds(20), Reorder = true,
            Loss = LossModel.Random(0.05),
        };
        BweRun run = new(bad, (ulong)seed);
        run.Run(30);
        Assert.InRange(run.MeanKbps(20), 800, 2100);
        Assert.True(run.Samples.Where(s => s.AtMs > 11_000).Min(s => s.Estimate.Kilobits) > 400, run.Trace());
        Assert.InRange(run.Estimator.Loss, 0.01, 0.12);
    }

    [Fact]
    public void Losses_in_bursts_do_not_make_it_collapse()
    {
        BweRun run = new(Megabit with { Loss = LossModel.Bursts(0.04, 4), Jitter = TimeSpan.FromMilliseconds(10) }, 5);
        run.Run(40);
        Assert.InRange(run.MeanKbps(30), 500, 1000);
    }

    [Fact]
    public void Heavy_loss_without_delay_makes_it_fall()
    {
        BweRun run = new(Megabit);
        run.Run(5);
        run.Change(Megabit with { Loss = LossModel.Random(0.4) });
        run.Run(5);
        Assert.InRange(run.Estimator.Loss, 0.2, 0.6);
        Assert.InRange(run.Estimator.Estimate.Kilobits, 40, 450);
    }

    [Fact]
    public void A_short_queue_that_drops_instead_of_delaying_is_found_by_loss()
    {
        BweRun run = new(new() { Rate = Bitrate.FromKilobits(500), Delay = TimeSpan.FromMilliseconds(25), QueueLimit = TimeSpan.FromMilliseconds(40) });
        run.Run(30);
        Assert.InRange(run.MeanKbps(10), 200, 600);
        Assert.InRange(run.Estimator.Loss, 0, 0.15);
    }

    [Fact]
    public void A_low_layer_on_a_fast_link_does_not_keep_it_from_finding_the_high_one()
    {
        BweRun run = new(Megabit with { Rate = Bitrate.FromKilobits(10_000) }, video: Layered);
        run.Estimator.SetDesired(Bitrate.FromKilobits(1800));
        Assert.InRange(run.Until(e => e.Estimate.Kilobits >= 1600, 5), 0, 4.99);
        run.Run(5);
        Assert.InRange(run.MeanKbps(4), 1600, 10_000);
    }

    [Fact]
    public void Nothing_is_probed_when_nothing_more_is_wanted()
    {
        BweRun run = new(Megabit, video: _ => Bitrate.FromKilobits(150));
        run.Estimator.SetDesired(Bitrate.FromKilobits(200));
        run.Run(20);
        Assert.Equal(0, run.ProbeBytes);
        Assert.True(run.Estimator.IsApplicationLimited);
        Assert.InRange(run.Estimator.Estimate.Kilobits, 200, 400);
    }

    [Fact]
    public void Without_probes_it_grows_only_as_far_as_what_is_sent_shows()
    {
        BweRun run = new(Megabit with { Rate = Bitrate.FromKilobits(10_000) }, video: _ => Bitrate.FromKilobits(250)) { CanProbe = false };
        run.Run(30);
        Assert.InRange(run.Estimator.Estimate.Kilobits, 300, 500);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Noise_does_not_push_the_estimate_below_a_low_layer_that_passes(int seed)
    {
        LinkConditions noisy = new()
        {
            Rate = Bitrate.FromKilobits(5000), Delay = TimeSpan.FromMilliseconds(60), Jitter = TimeSpan.FromMilliseconds(30), Reorder = true,
            Loss = LossModel.Random(0.03),
        };
        BweRun run = new(noisy, (ulong)seed, video: _ => Bitrate.FromKilobits(150));
        run.Estimator.SetDesired(Bitrate.FromKilobits(200));
        run.Run(60);
        Assert.True(run.Samples.Where(s => s.AtMs > 3000).Min(s => s.Estimate.Kilobits) >= 200, run.Trace());
    }

    [Fact]
    public void Layers_settle_on_the_one_that_the_link_carries_and_do_not_flap()
    {
        BweRun run = new(Megabit, video: Layered);
        run.Estimator.SetDesired(Bitrate.FromKilobits(1800));
        run.Run(10);
        List<double> layers = [.. run.Samples.Where(s => s.AtMs > 4000).Select(s => Layered(s.Estimate).Kilobits)];
        Assert.All(layers, layer => Assert.Equal(450, layer));
    }

    [Fact]
    public void A_dead_path_makes_it_fall_step_by_step_and_a_living_one_brings_it_back()
    {
        BweRun run = new(Megabit);
        run.Run(6);
        run.Change(Megabit with { Loss = LossModel.Random(1) });
        run.Run(2);
        Assert.InRange(run.Estimator.Estimate.Kilobits, 300, 800);
        run.Run(13);
        Assert.InRange(run.Estimator.Estimate.Kilobits, 40, 100);
        run.Change(Megabit);
        Assert.InRange(run.Until(e => e.Estimate.Kilobits >= 700, 12), 0, 10);
    }

    [Theory]
    [InlineData(1, 100, 0, 0)]
    [InlineData(2, 100, 20, 0.05)]
    [InlineData(3, 100, 20, 0.05)]
    [InlineData(4, 60, 10, 0)]
    [InlineData(5, 250, 30, 0.05)]
    public void A_way_that_becomes_longer_is_no_queue(int seed, int delayMs, int jitterMs, double loss)
    {
        BweRun run = new(LinkConditions.Perfect, (ulong)seed, Layered);
        run.Run(10);
        Assert.InRange(run.Estimator.Estimate.Kilobits, 1500, 10_000);
        LinkConditions far = new()
        {
            Delay = TimeSpan.FromMilliseconds(delayMs), Jitter = TimeSpan.FromMilliseconds(jitterMs), Loss = LossModel.Random(loss),
        };
        run.Change(far);
        run.Run(4);
        Assert.InRange(run.Estimator.QueueDelay.TotalMilliseconds, 0, 60);
        Assert.True(run.Until(e => e.Estimate.Kilobits >= 1000, 4) < 4, run.Trace(10_500));
    }

    [Theory]
    [InlineData(300, 500)]
    [InlineData(300, 200)]
    [InlineData(150, 500)]
    public void A_queue_that_stands_is_not_taken_for_a_longer_way(int kbps, int queueMs)
    {
        // A sender that does not yield: the queue is full, flat, and loses.
        BweRun run = new(Megabit, 1, _ => Bitrate.FromKilobits(400));
        run.Run(5);
        run.Change(Megabit with { Rate = Bitrate.FromKilobits(kbps), QueueLimit = TimeSpan.FromMilliseconds(queueMs) });
        run.Run(6);
        Assert.True(run.Estimator.QueueDelay.TotalMilliseconds >= queueMs * 0.6, run.Trace(5500));
    }

    [Fact]
    public void Lost_feedback_is_no_lost_media()
    {
        BweRun run = new(Megabit, back: new() { Delay = TimeSpan.FromMilliseconds(25), Loss = LossModel.Random(0.1) }, seed: 3);
        run.Run(20);
        Assert.InRange(run.MeanKbps(15), 400, 1000);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Most_reports_lost_in_a_full_way_back_are_neither_lost_media_nor_a_standstill(int seed)
    {
        BweRun run = new(Narrow, (ulong)seed, Layered, back: new() { Delay = TimeSpan.FromMilliseconds(50), Loss = LossModel.Random(0.6) });
        run.Run(10);
        Assert.InRange(run.MeanKbps(8), 120, 320);
        Assert.InRange(run.Estimator.Loss, 0, 0.02);
    }

    [Fact]
    public void A_congested_way_back_is_not_taken_for_a_congested_way_there()
    {
        BweRun run = new(Megabit, back: new() { Delay = TimeSpan.FromMilliseconds(150), Jitter = TimeSpan.FromMilliseconds(100) }, seed: 4);
        run.Run(20);
        Assert.InRange(run.MeanKbps(15), 750, 1000);
        Assert.InRange(run.Estimator.RoundTrip!.Value.TotalMilliseconds, 100, 400);
    }

    [Fact]
    public void A_pause_in_sending_leaves_the_estimate_and_probing_goes_on_by_itself()
    {
        BweRun run = new(Megabit);
        run.Run(6);
        double before = run.Estimator.Estimate.Kilobits;
        run.SendsAnything = false;
        run.Run(5);
        Assert.InRange(run.Estimator.Estimate.Kilobits, before * 0.8, before * 1.3);
        run.SendsAnything = true;
        run.Run(5);
        Assert.InRange(run.MeanKbps(4), 700, 1000);
    }

    [Fact]
    public void A_clients_limit_is_kept_and_lifted()
    {
        BweRun run = new(Megabit);
        run.Run(5);
        run.Estimator.SetCap(Bitrate.FromKilobits(200));
        Assert.Equal(200, run.Estimator.Estimate.Kilobits);
        run.Run(2);
        Assert.Equal(200, run.Estimator.Estimate.Kilobits);
        run.Estimator.SetCap(null);
        Assert.True(run.Estimator.Estimate.Kilobits > 200);
    }

    [Fact]
    public void A_peer_without_transport_feedback_is_led_by_its_receiver_reports()
    {
        SendSideEstimator estimator = new();
        for (int second = 1; second <= 10; second++)
        {
            estimator.OnReceiverReport(0.3, TimeSpan.FromMilliseconds(80), Instant.FromMilliseconds(second * 1000));
        }

        Assert.Equal(0.3, estimator.Loss);
        Assert.Equal(80, estimator.RoundTrip!.Value.TotalMilliseconds);
        Assert.InRange(estimator.Estimate.Kilobits, 40, 80);
    }

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        LinkConditions bad = Megabit with { Loss = LossModel.Random(0.05), Jitter = TimeSpan.FromMilliseconds(20), Reorder = true };
        string[] traces = [.. Enumerable.Range(0, 2).Select(_ => new BweRun(bad, 77).Run(10).Trace())];
        Assert.Equal(traces[0], traces[1]);
        Assert.NotEqual(traces[0], new BweRun(bad, 78).Run(10).Trace());
    }

    [Fact]
    public void The_next_timeout_never_asks_to_be_called_again_and_again()
    {
        BweRun run = new(Narrow);
        run.Run(8);
        int calls = 0;
        Instant now = run.Now;
        for (Instant end = now + TimeSpan.FromSeconds(10); now < end; calls++)
        {
            Instant next = run.Estimator.NextTimeout;
            now = next > now ? next : now;
            run.Estimator.HandleTimeout(now);
            if (run.Estimator.ProbeBytesDue(now) > 0)
            {
                run.Estimator.OnSent((ushort)(20_000 + calls), 1200, now, probe: true);
            }
        }

        Assert.InRange(calls, 1, 1000);
    }

    [Fact]
    public void A_probe_that_cannot_be_sent_does_not_keep_the_caller_busy_and_ends()
    {
        BweRun run = new(Narrow) { CanProbe = false };
        Assert.InRange(run.Until(e => e.IsProbing, 10), 0, 9);
        Instant now = run.Now;
        int calls = 0;
        for (; run.Estimator.IsProbing && calls < 10_000; calls++)
        {
            Instant next = run.Estimator.NextTimeout;
            now = next > now ? next : now;
            run.Estimator.HandleTimeout(now);
        }

        Assert.InRange(calls, 1, 1000);
        Assert.InRange((now - run.Now).TotalSeconds, 0.1, 1.5);
    }
}
