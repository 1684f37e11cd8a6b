using Wardline.Rtc.Rtp;
using Wardline.Sfu.Tests.Harness;

namespace Wardline.Sfu.Tests.Sessions;

/// <summary>Packets of one frame leave equally long, so that the kernel can cut the frame out of one message.</summary>
public sealed class EqualPacketsTests
{
    private const int TagBytes = 16;

    [Fact]
    public void Packets_of_a_frame_that_differ_by_a_byte_leave_equally_long_and_say_how_much_is_padding()
    {
        using CameraKit kit = new(new SfuSessionOptions { EqualPackets = true });
        kit.Q.Key();
        kit.Q.Key();
        int[] sizes = [1084, 1084, 1085, 1085];
        byte[][] sent = [.. sizes.Select((size, i) => Send(kit, i, sizes.Length, size))];

        List<Got> frame = kit.Seen[^4..];
        // The mid is on the first packets of a stream: what is compared is what belongs to the frame.
        Assert.Single(frame.Select(p => p.Packet.Length).Distinct());
        Assert.All(frame, p => Assert.Equal(0, (p.Packet.Length + TagBytes) % 8));
        Assert.All(frame, p => Assert.InRange(RtpHeader.PaddingLength(p.Packet), 0, 7));
        Assert.Contains(frame, p => RtpHeader.PaddingLength(p.Packet) > 0);
        Assert.Equal(sent.Select(p => p[Vp8Payload.DescriptorBytes..]), frame.Select(p => p.Payload[Vp8Payload.DescriptorBytes..]));
    }

    [Fact]
    public void A_frame_of_one_packet_is_not_padded()
    {
        using CameraKit kit = new(new SfuSessionOptions { EqualPackets = true });
        kit.Q.Key();
        for (int size = 30; size < 60; size++)
        {
            kit.Q.Send(kit.Q.Frame(bytes: size));
            Assert.Equal(0, RtpHeader.PaddingLength(kit.Seen[^1].Packet));
        }
    }

    [Fact]
    public void Padding_never_makes_a_packet_longer_than_every_path_has_room_for()
    {
        using CameraKit kit = new(new SfuSessionOptions { EqualPackets = true });
        kit.Q.Key();
        for (int size = 1150; size < 1230; size++)
        {
            Send(kit, 0, 2, size);
            byte[] packet = kit.Seen[^1].Packet;
            if (RtpHeader.PaddingLength(packet) > 0)
            {
                Assert.InRange(packet.Length + TagBytes, 0, 1232);
            }

            Send(kit, 1, 2, 20);
        }
    }

    private static byte[] Send(CameraKit kit, int packet, int packets, int bytes)
    {
        PacketSpec spec = kit.Q.Frame(packet: packet, packets: packets, bytes: bytes);
        kit.Q.Send(spec);
        return spec.Payload;
    }
}
