using Wardline.Rtc.Srtp;

namespace Wardline.Rtc.Tests.Srtp;

/// <summary>RFC 7714 §16 and §17: the published packets. They give session keys, so nothing is derived here.</summary>
public sealed class Rfc7714Tests
{
    private const string Salt = "51756964 2070726f 2071756f";
    private const string Key128 = "00010203 04050607 08090a0b 0c0d0e0f";
    private const string Key256 = Key128 + "10111213 14151617 18191a1b 1c1d1e1f";

    private const string Rtp =
        "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465 73207472 6573";

    private const string Srtp128 =
        "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf 8833" +
        "899d7f27 beb16a91 52cf765e e4390cce";

    private const string Srtp256 =
        "8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02 76ffae0f 1ba63799 b87b" +
        "7aa3db36 dfffd6b0 f9bb7878 d7a76c13";

    private const string Rtcp =
        "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef deadbeef deadbeef";

    private const string Srtcp128 =
        "81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda 4ce09b46 86303ded" +
        "0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4";

    private const string Srtcp256 =
        "81c8000d 4d617273 d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50 a2eaa5c1 110555be 8415f658 c61de047" +
        "6f1b6fad 1d1eb30c 4446839f 57ff6f6c b26ac3be 800005d4";

    // §17.3 and §17.4: authenticated, readable. Genuine, and still not accepted here.
    private const string TagOnly128 =
        "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef deadbeef" +
        "deadbeef 841dd968 3dd78ec9 2ae58790 125f62b3 000005d4";

    private const string TagOnly256 =
        "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef deadbeef" +
        "deadbeef 91db4afb feee5a97 8fab4393 ed2615fe 000005d4";

    [Theory]
    [InlineData(Key128, Srtp128)]
    [InlineData(Key256, Srtp256)]
    public void Seals_and_opens_the_published_rtp_packet(string key, string expected)
    {
        byte[] plain = Hex(Rtp);
        byte[] buffer = new byte[plain.Length + 16];
        plain.CopyTo(buffer, 0);
        using SrtpSender sender = new(Transform(key, encrypt: true));
        Assert.True(sender.TryProtectRtp(buffer, plain.Length, out int length));
        Assert.Equal(Hex(expected), buffer[..length]);

        using SrtpReceiver receiver = new(Transform(key, encrypt: false));
        Assert.True(receiver.TryUnprotectRtp(buffer.AsSpan(0, length), out length));
        Assert.Equal(plain, buffer[..length]);
    }

    [Theory]
    [InlineData(Key128, Srtcp128)]
    [InlineData(Key256, Srtcp256)]
    public void Seals_and_opens_the_published_rtcp_packet(string key, string expected)
    {
        byte[] plain = Hex(Rtcp);
        byte[] buffer = new byte[plain.Length + 20];
        plain.CopyTo(buffer, 0);
        using SrtpSender sender = new(Transform(key, encrypt: true), firstRtcpIndex: 0x5d4);
        Assert.True(sender.TryProtectRtcp(buffer, plain.Length, out int length));
        Assert.Equal(Hex(expected), buffer[..length]);

        using SrtpReceiver receiver = new(Transform(key, encrypt: false));
        Assert.True(receiver.TryUnprotectRtcp(buffer.AsSpan(0, length), out length));
        Assert.Equal(plain, buffer[..length]);
    }

    [Theory]
    [InlineData(Key128, TagOnly128)]
    [InlineData(Key256, TagOnly256)]
    public void Refuses_the_published_rtcp_packet_that_is_authenticated_but_not_encrypted(string key, string packet)
    {
        using SrtpReceiver receiver = new(Transform(key, encrypt: false));
        Assert.False(receiver.TryUnprotectRtcp(Hex(packet), out _));
        Assert.Equal(1, receiver.Counters[SrtpDrop.NotEncrypted]);
    }

    [Theory]
    [InlineData(Key128, Srtp128, Srtcp128)]
    [InlineData(Key256, Srtp256, Srtcp256)]
    public void Refuses_the_published_packets_with_any_single_bit_changed(string key, string rtp, string rtcp)
    {
        using SrtpReceiver receiver = new(Transform(key, encrypt: false));
        for (int bit = 0; bit < Hex(rtp).Length * 8; bit++)
        {
            byte[] packet = Hex(rtp);
            packet[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.False(receiver.TryUnprotectRtp(packet, out _));
        }

        for (int bit = 0; bit < Hex(rtcp).Length * 8; bit++)
        {
            byte[] packet = Hex(rtcp);
            packet[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.False(receiver.TryUnprotectRtcp(packet, out _));
        }

        Assert.Equal(0, receiver.StreamCount);
    }

    internal static byte[] Hex(string text) => Convert.FromHexString(text.Replace(" ", ""));

    internal static SrtpTransform Transform(string key, bool encrypt) => new GcmTransform(Hex(key), Hex(Salt), Hex(key), Hex(Salt), encrypt);
}
