using Wardline.Sfu.Tests.Harness;

namespace Wardline.Sfu.Tests.Sessions;

/// <summary>A receiver that acknowledges nothing: no transport-wide feedback, no receiver report, no NACK.</summary>
public sealed class SilentReceiverTests
{
    /// <summary>docs/design/packet-path.md, "Bounds".</summary>
    private const long MostBytes = 128 << 10;

    [Theory]
    [InlineData(true, 9_000, 10_800)] // for the whole minute, but for what its way does not bear
    [InlineData(false, 3_500, 5_500)] // until its consent has run out (RFC 7675 §5.1: 30 s)
    public void A_receiver_that_never_acknowledges_cannot_make_the_session_hold_more(bool consents, int least, int most)
    {
        using CameraKit kit = new();
        kit.Q.Key();
        Send(kit, seconds: 5, consents);
        (long allocated, long forwarded) = (kit.Kit.Allocated, kit.Kit.Counters.RtpForwarded);
        Send(kit, seconds: 60, consents);

        // Twelve megabytes came. What the session has not allocated it cannot hold; most of this is the report of each second.
        Assert.InRange(kit.Kit.Allocated - allocated, 0, MostBytes);
        Assert.InRange(kit.Kit.Counters.RtpForwarded - forwarded, least, most);
    }

    [Fact]
    public void Many_silent_receivers_cost_no_more_than_each_its_own()
    {
        using CameraKit kit = new();
        KitPeer[] more = [.. Enumerable.Range(0, 5).Select(_ => kit.Kit.Add())];
        foreach (KitPeer watcher in more)
        {
            string mid = watcher.Subscribe(kit.Publisher, TrackSource.Camera);
            watcher.Connect();
            kit.Kit.Session.SetView(watcher.Id, [new ViewSlot(mid, 320, 180)], kit.Kit.Now);
        }

        kit.Q.Key();
        Send(kit, seconds: 5, consents: true);
        (long allocated, long forwarded) = (kit.Kit.Allocated, kit.Kit.Counters.RtpForwarded);
        Send(kit, seconds: 60, consents: true);
        Assert.InRange(kit.Kit.Allocated - allocated, 0, (1 + more.Length) * MostBytes);
        Assert.InRange(kit.Kit.Counters.RtpForwarded - forwarded, 6 * 9_000, 6 * 10_800);
    }

    /// <summary>Frames of six packets, thirty times a second.</summary>
    private static void Send(CameraKit kit, int seconds, bool consents)
    {
        for (int frame = 0; frame < seconds * 30; frame++)
        {
            for (int packet = 0; packet < 6; packet++)
            {
                kit.Q.Send(kit.Q.Frame(packet: packet, packets: 6, bytes: 1100));
            }

            if (frame % 75 == 0)
            {
                foreach (KitPeer peer in kit.Kit.Peers.Where(p => consents || p == kit.Publisher))
                {
                    peer.Peer.Check();
                }
            }

            kit.Kit.Wait(1000 / 30.0);

            // What the test itself keeps of all that was sent is not the session's.
            foreach (KitPeer peer in kit.Kit.Peers)
            {
                peer.Rtp.Clear();
                peer.Rtcp.Clear();
            }

            kit.Kit.Events.Clear();
        }
    }
}
