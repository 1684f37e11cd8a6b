using Wardline.Rtc.Srtp;

namespace Wardline.Rtc.Tests.Srtp;

public sealed class SrtpKeyDerivationTests
{
    [Theory]
    [InlineData(SrtpKeyDerivation.RtpEncryption, "C61E7A93744F39EE10734AFE3FF7A087")]
    [InlineData(SrtpKeyDerivation.RtpSalt, "30CBBC08863D8C85D49DB34A9AE1")]
    [InlineData(
        SrtpKeyDerivation.RtpAuthentication,
        "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA48F0A0ACF3C34E2359E6CDBCEE049646C43D9327AD175578EF7227098" +
        "6371C10C9A369AC2F94A8C5FBCDDDC256D6E919A48B610EF17C2041E47403576" +
        "6B68642C59BBFC2F34DB60DBDFB2")]
    public void Derives_the_keys_of_RFC_3711_appendix_B_3(byte label, string expected)
    {
        byte[] want = Convert.FromHexString(expected);
        byte[] key = new byte[want.Length];
        SrtpKeyDerivation.Derive(
            Convert.FromHexString("E1F97A0D3E018BE0D64FA32C06DE4139"), Convert.FromHexString("0EC675AD498AFEEBB6960B3AABE6"), label, key);
        Assert.Equal(want, key);
    }

    [Theory]
    [InlineData(SrtpKeyDerivation.RtpEncryption, "5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4")]
    [InlineData(SrtpKeyDerivation.RtpSalt, "fa31791685ca444a9e07c6c64e93")]
    [InlineData(SrtpKeyDerivation.RtpAuthentication, "fd9c32d39ed5fbb5a9dc96b30818454d1313dc05")]
    public void Derives_the_keys_of_RFC_6188_section_7_4_from_a_256_bit_master_key(byte label, string expected)
    {
        byte[] want = Convert.FromHexString(expected);
        byte[] key = new byte[want.Length];
        SrtpKeyDerivation.Derive(
            Convert.FromHexString("f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6"),
            Convert.FromHexString("3b04803de51ee7c96423ab5b78d2"), label, key);
        Assert.Equal(want, key);
    }

    [Fact]
    public void Takes_client_and_server_keys_from_the_exporter_in_the_order_of_RFC_5764()
    {
        // client key, server key, client salt, server salt: what the client seals the server opens, not itself.
        byte[] exported = [.. Enumerable.Range(0, SrtpProfile.AeadAes256Gcm.ExportedBytes()).Select(i => (byte)i)];
        using SrtpMasterKeys keys = new(SrtpProfile.AeadAes256Gcm, exported);
        using SrtpSender client = keys.CreateSender(asClient: true);
        using SrtpReceiver expected = new(SrtpProfile.AeadAes256Gcm, exported.AsSpan(0, 32), exported.AsSpan(64, 12));
        using SrtpReceiver wrong = keys.CreateReceiver(fromClient: false);
        byte[] packet = SrtpKit.Rtp(1, 100);
        Assert.True(client.TryProtectRtp(packet, packet.Length - 16, out int length));
        Assert.False(wrong.TryUnprotectRtp(packet.AsSpan(0, length).ToArray(), out _));
        Assert.True(expected.TryUnprotectRtp(packet.AsSpan(0, length), out _));
    }

    [Fact]
    public void Wiped_master_keys_make_nothing_any_more()
    {
        SrtpMasterKeys keys = new(SrtpProfile.AeadAes128Gcm, new byte[SrtpProfile.AeadAes128Gcm.ExportedBytes()]);
        keys.Dispose();
        Assert.Throws<ObjectDisposedException>(() => keys.CreateSender(asClient: true));
    }
}
