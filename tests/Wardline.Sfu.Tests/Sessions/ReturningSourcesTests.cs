using Wardline.Rtc.Srtp;
using Wardline.Sfu.Tests.Harness;

namespace Wardline.Sfu.Tests.Sessions;

/// <summary>SRTP keeps its keys through every later offer, so what it has seen it must know through every later offer.</summary>
public sealed class ReturningSourcesTests : IDisposable
{
    private readonly CameraKit _kit = new();

    private SrtpCounters Srtp => _kit.Kit.Session.ReportOn(_kit.Publisher.Id)!.Received!;

    [Fact]
    public void Packets_from_before_a_later_offer_are_replays_after_it_though_their_source_is_bound_anew()
    {
        _kit.Kit.Wire = [];
        _kit.Q.Sequence = 65_530;
        _kit.Q.Key();
        _kit.Q.Delta(20); // over the rollover
        byte[][] recorded = [.. _kit.Kit.Wire.Select(w => w.Bytes)];
        Assert.Equal(21, recorded.Length);
        int seen = _kit.Watcher.Rtp.Count;

        // The camera goes, and comes back with the SSRC that it had.
        List<PublishRequest> all = [.. _kit.Publisher.PublishRequests];
        _kit.Publisher.PublishRequests.RemoveAt(1);
        _kit.Publisher.Negotiate();
        Array.ForEach(recorded, bytes => _kit.Kit.Inject(_kit.Publisher, bytes));
        _kit.Publisher.PublishRequests.Clear();
        _kit.Publisher.PublishRequests.AddRange(all);
        _kit.Publisher.Negotiate();
        Array.ForEach(recorded, bytes => _kit.Kit.Inject(_kit.Publisher, bytes));
        Assert.Equal(2 * recorded.Length, Srtp[SrtpDrop.Replayed]);
        Assert.Equal(seen, _kit.Watcher.Rtp.Count);

        // And its own next packets are heard.
        _kit.Publisher.Send(_kit.Q.Frame(key: true) with { Mid = "1", Rid = "q" });
        Assert.Equal(seen + 1, _kit.Watcher.Rtp.Count);
        Assert.Equal(2 * recorded.Length, Srtp.Dropped);
    }

    [Fact]
    public void A_camera_that_gets_new_sources_with_three_hundred_later_offers_is_seen_each_time()
    {
        for (uint i = 0; i < 300; i++)
        {
            new TestStream(_kit.Publisher, 10_000 + 10 * i, "1", "q").Key();
            _kit.Publisher.Negotiate();
            _kit.Kit.Wait(10);
            Assert.Equal((int)i + 1, _kit.Watcher.Rtp.Count);
        }

        Assert.Equal(0, Srtp.Dropped);
    }

    [Fact]
    public void One_participants_packets_do_not_open_under_anothers_name()
    {
        _kit.Q.Key();
        SrtpCounters srtp = _kit.Kit.Session.ReportOn(_kit.Watcher.Id)!.Received!;
        long before = srtp.Dropped;
        _kit.Kit.Wire = [];
        _kit.Q.Delta(5);
        List<byte[]> sent = [.. _kit.Kit.Wire.Select(w => w.Bytes)];

        // The publisher's own packets under the watcher's name: other keys.
        sent.ForEach(bytes => _kit.Kit.Inject(_kit.Watcher, bytes));
        Assert.Equal(sent.Count, srtp.Dropped - before);
        Assert.Equal(sent.Count, srtp[SrtpDrop.Authentication]);
    }

    public void Dispose() => _kit.Dispose();
}
