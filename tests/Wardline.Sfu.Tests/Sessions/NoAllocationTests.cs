using Wardline.Rtc;
using Wardline.Sfu.Tests.Harness;

namespace Wardline.Sfu.Tests.Sessions;

public sealed class NoAllocationTests
{
    [Fact]
    public void Forwarding_allocates_nothing_after_warm_up()
    {
        using CameraKit kit = new();
        byte[] buffer = new byte[2048];
        using PacketTrains output = new(512);
        kit.Q.Send(kit.Q.Frame(key: true));
        PacketSpec video = kit.Q.Frame(bytes: 900);
        byte[] template = video.Build();
        byte[] voice = kit.Voice.Voice().Build();

        long Measure(int packets)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < packets; i++)
            {
                kit.Kit.Now += TimeSpan.FromMilliseconds(4);
                Send(template, (ushort)(3000 + _sent), (uint)(3000 * _sent));
                Send(voice, (ushort)(500 + _sent), (uint)(960 * _sent));
                _sent++;
                kit.Kit.Session.HandleTimeout(kit.Kit.Now, output);
                output.Clear();
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        void Send(byte[] source, ushort sequence, uint timestamp)
        {
            source.CopyTo(buffer, 0);
            buffer[2] = (byte)(sequence >> 8);
            buffer[3] = (byte)sequence;
            Wardline.Rtc.Rtp.RtpHeader.SetTimestamp(buffer, new RtpTimestamp(timestamp));
            int length = kit.Publisher.Peer.Protect(buffer, source.Length);
            kit.Kit.Session.Handle(kit.Publisher.Id, buffer.AsSpan(0, length), kit.Publisher.Peer.Address, kit.Kit.Now, output);
            output.Clear();
        }

        // Nobody acknowledges anything here, so the memory of what was sent grows to its bound of 2,048 packets before.
        // Warm-up ends right after a second's quality report; the next 200 packets (0.8 s) have none in them.
        Measure(1200);
        HasQuality(kit);
        while (!HasQuality(kit))
        {
            Measure(1);
        }

        long forwarded = kit.Kit.Counters.RtpForwarded;
        Assert.Equal(0, Measure(200));
        Assert.True(kit.Kit.Counters.RtpForwarded - forwarded >= 200, "nothing was forwarded");
    }

    private int _sent;

    private static bool HasQuality(CameraKit kit)
    {
        bool any = false;
        while (kit.Kit.Session.TryTakeEvent(out SfuEvent e))
        {
            any |= e is DownlinkQuality;
        }

        return any;
    }
}
