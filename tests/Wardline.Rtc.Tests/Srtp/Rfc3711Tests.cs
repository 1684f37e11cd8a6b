using Wardline.Rtc.Srtp;

namespace Wardline.Rtc.Tests.Srtp;

/// <summary>AES-CM with HMAC-SHA1: RFC 3711's own numbers.</summary>
public sealed class Rfc3711Tests
{
    [Fact]
    public void The_keystream_is_that_of_appendix_B_2()
    {
        // SSRC, rollover counter and sequence number are 0, so the payload of a packet of zeros is the keystream.
        byte[] key = Rfc7714Tests.Hex("2B7E151628AED2A6ABF7158809CF4F3C");
        byte[] salt = Rfc7714Tests.Hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD");
        using AesCmSha1Transform transform = new(key, salt, new byte[20], key, salt, new byte[20]);
        byte[] packet = new byte[12 + 48 + 10];
        packet[0] = 0x80;
        Assert.True(transform.SealRtp(packet.AsSpan(0, 12), packet.AsSpan(12, 48), packet, ssrc: 0, index: 0));
        Assert.Equal(
            Rfc7714Tests.Hex("E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB 41E95B3BB0A2E8DD477901E4FCA894C0"),
            packet[12..60]);
    }

    [Fact]
    public void A_packet_known_to_other_stacks_is_sealed_and_opened()
    {
        // Master key and salt of appendix B.3; the packet is the one that libsrtp checks itself with.
        byte[] key = Rfc7714Tests.Hex("E1F97A0D3E018BE0D64FA32C06DE4139");
        byte[] salt = Rfc7714Tests.Hex("0EC675AD498AFEEBB6960B3AABE6");
        byte[] plain = Rfc7714Tests.Hex("800F1234 DECAFBAD CAFEBABE ABABABAB ABABABAB ABABABAB ABABABAB");
        byte[] buffer = new byte[plain.Length + 10];
        plain.CopyTo(buffer, 0);
        using SrtpSender sender = new(SrtpProfile.Aes128CmSha1_80, key, salt);
        Assert.True(sender.TryProtectRtp(buffer, plain.Length, out int length));
        Assert.Equal(
            Rfc7714Tests.Hex("800F1234 DECAFBAD CAFEBABE 4E55DC4C E79978D8 8CA4D215 949D2402 B78D6ACC 99EA179B 8DBB"),
            buffer[..length]);
        using SrtpReceiver receiver = new(SrtpProfile.Aes128CmSha1_80, key, salt);
        Assert.True(receiver.TryUnprotectRtp(buffer.AsSpan(0, length), out length));
        Assert.Equal(plain, buffer[..length]);
    }
}
