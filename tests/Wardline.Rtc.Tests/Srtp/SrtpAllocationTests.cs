using System.Buffers.Binary;
using Wardline.Rtc.Srtp;

namespace Wardline.Rtc.Tests.Srtp;

public sealed class SrtpAllocationTests
{
    public static TheoryData<SrtpProfile> Profiles => [.. SrtpKit.Profiles];

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Sealing_and_opening_allocate_nothing_after_the_first_packet_of_a_stream(SrtpProfile profile)
    {
        const int Streams = 16;
        (SrtpSender sender, SrtpReceiver receiver) = SrtpKit.Pair(profile);
        byte[] plain = SrtpKit.Rtp(0, 1100)[..^16];
        byte[] report = SrtpKit.Rtcp();
        byte[] packet = new byte[1500];
        long allocated = 0;
        for (int i = 0; i < 10_000 + Streams; i++)
        {
            if (i == Streams)
            {
                allocated = GC.GetAllocatedBytesForCurrentThread();
            }

            BinaryPrimitives.WriteUInt16BigEndian(plain.AsSpan(2), (ushort)i);
            BinaryPrimitives.WriteUInt32BigEndian(plain.AsSpan(8), (uint)(i % Streams));
            bool good;
            int length;
            if (i % 2 == 0)
            {
                plain.CopyTo(packet, 0);
                good = sender.TryProtectRtp(packet, plain.Length, out length);
            }
            else
            {
                good = sender.TryProtectRtp(plain.AsSpan(0, 20), plain.AsSpan(20), packet, out length);
            }

            good &= receiver.TryUnprotectRtp(packet.AsSpan(0, length), out _);
            good &= !receiver.TryUnprotectRtp(packet.AsSpan(0, length), out _); // a replay costs nothing either
            report.CopyTo(packet, 0);
            BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), (uint)(i % Streams));
            good &= sender.TryProtectRtcp(packet, 16, out length);
            good &= receiver.TryUnprotectRtcp(packet.AsSpan(0, length), out _);
            if (!good)
            {
                Assert.Fail($"packet {i}");
            }
        }

        Allocation.AssertNone(GC.GetAllocatedBytesForCurrentThread() - allocated, 10_000);
    }
}
