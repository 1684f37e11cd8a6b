using Wardline.Rtc.Srtp;

namespace Wardline.Rtc.Tests.Srtp;

/// <summary>Single packets: what is sealed is opened, and nothing else is.</summary>
public sealed class SrtpPacketTests
{
    public static TheoryData<SrtpProfile> Profiles => [.. SrtpKit.Profiles];

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Payloads_of_every_length_come_back(SrtpProfile profile)
    {
        (SrtpSender sender, SrtpReceiver receiver) = SrtpKit.Pair(profile);
        for (ushort length = 0; length < 1400; length += 13)
        {
            byte[] packet = SrtpKit.Seal(sender, length, payload: length);
            Assert.Equal(20 + length + profile.TagBytes(), packet.Length);
            Assert.True(receiver.TryUnprotectRtp(packet, out int plain));
            Assert.Equal(SrtpKit.Rtp(length, length)[..^16], packet[..plain]);
        }
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void The_header_stays_readable_and_the_payload_does_not(SrtpProfile profile)
    {
        (SrtpSender sender, _) = SrtpKit.Pair(profile);
        byte[] plain = SrtpKit.Rtp(1, 100);
        byte[] packet = SrtpKit.Seal(sender, 1, 100);
        Assert.Equal(plain[..20], packet[..20]);
        Assert.DoesNotContain(packet[20..^16].Chunk(4), chunk => chunk.SequenceEqual(plain[20..24]));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Header_and_payload_from_two_places_give_the_same_packet(SrtpProfile profile)
    {
        (SrtpSender one, _) = SrtpKit.Pair(profile);
        (SrtpSender two, _) = SrtpKit.Pair(profile);
        byte[] plain = SrtpKit.Rtp(9, 333)[..^16];
        byte[] destination = new byte[1500];
        Assert.True(two.TryProtectRtp(plain.AsSpan(0, 20), plain.AsSpan(20), destination, out int length));
        Assert.Equal(SrtpKit.Seal(one, 9, 333), destination[..length]);
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Contributing_sources_and_extensions_are_authenticated(SrtpProfile profile)
    {
        (SrtpSender sender, SrtpReceiver receiver) = SrtpKit.Pair(profile);
        byte[] packet = new byte[12 + 8 + 8 + 30 + 16];
        packet[0] = 0x92; // two CSRCs, an extension
        packet[20] = 0xBE;
        packet[21] = 0xDE;
        packet[23] = 1;
        Assert.True(sender.TryProtectRtp(packet, packet.Length - 16, out int length));
        byte[] changed = packet[..length];
        changed[13] ^= 1; // in a CSRC
        Assert.False(receiver.TryUnprotectRtp(changed, out _));
        Assert.True(receiver.TryUnprotectRtp(packet.AsSpan(0, length), out _));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Any_cut_and_any_changed_bit_is_refused_and_leaves_no_state(SrtpProfile profile)
    {
        (SrtpSender sender, SrtpReceiver receiver) = SrtpKit.Pair(profile);
        byte[] rtp = SrtpKit.Seal(sender, 1);
        byte[] rtcp = SrtpKit.SealRtcp(sender);
        for (int length = 0; length < rtp.Length; length++)
        {
            Assert.False(receiver.TryUnprotectRtp(rtp[..length], out _));
        }

        for (int length = 0; length < rtcp.Length; length++)
        {
            Assert.False(receiver.TryUnprotectRtcp(rtcp[..length], out _));
        }

        for (int bit = 0; bit < rtp.Length * 8; bit++)
        {
            byte[] changed = [.. rtp];
            changed[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.False(receiver.TryUnprotectRtp(changed, out _));
        }

        for (int bit = 0; bit < rtcp.Length * 8; bit++)
        {
            byte[] changed = [.. rtcp];
            changed[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.False(receiver.TryUnprotectRtcp(changed, out _));
        }

        Assert.Equal(0, receiver.StreamCount);
        Assert.True(receiver.TryUnprotectRtp(rtp, out _));
        Assert.True(receiver.TryUnprotectRtcp(rtcp, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("80")]
    [InlineData("4060000100000000CAFE0001")] // version 1
    [InlineData("8F60000100000000CAFE0001")] // fifteen CSRCs that are not there
    [InlineData("9060000100000000CAFE0001")] // an extension that is not there
    [InlineData("9060000100000000CAFE0001BEDEFFFF")] // an extension longer than the packet
    public void A_header_that_does_not_fit_is_malformed_for_both_sides(string hex)
    {
        (SrtpSender sender, SrtpReceiver receiver) = SrtpKit.Pair(SrtpProfile.AeadAes256Gcm);
        byte[] packet = Convert.FromHexString(hex);
        Assert.False(receiver.TryUnprotectRtp([.. packet], out _));
        Assert.False(sender.TryProtectRtp([.. packet, .. new byte[16]], packet.Length, out _));
        Assert.False(sender.TryProtectRtp(packet, [], new byte[1500], out _));
        Assert.Equal((1, 2), (receiver.Counters[SrtpDrop.Malformed], sender.Counters[SrtpDrop.Malformed]));
    }

    [Fact]
    public void A_packet_under_another_key_or_profile_is_refused()
    {
        (SrtpSender sender, _) = SrtpKit.Pair(SrtpProfile.AeadAes256Gcm);
        using SrtpReceiver other = new(SrtpProfile.AeadAes256Gcm, new byte[32], new byte[12]);
        (_, SrtpReceiver shorter) = SrtpKit.Pair(SrtpProfile.AeadAes128Gcm);
        Assert.False(other.TryUnprotectRtp(SrtpKit.Seal(sender, 1), out _));
        Assert.False(shorter.TryUnprotectRtp(SrtpKit.Seal(sender, 2), out _));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void No_room_for_the_tag_is_refused_without_spending_the_sequence_number(SrtpProfile profile)
    {
        (SrtpSender sender, _) = SrtpKit.Pair(profile);
        byte[] packet = SrtpKit.Rtp(1, 50);
        int plain = packet.Length - 16;
        Assert.False(sender.TryProtectRtp(packet.AsSpan(0, plain + profile.TagBytes() - 1), plain, out _));
        Assert.True(sender.TryProtectRtp(packet, plain, out _));
        byte[] report = SrtpKit.Rtcp();
        Assert.False(sender.TryProtectRtcp(report.AsSpan(0, 16 + sender.RtcpOverheadBytes - 1), 16, out _));
        Assert.True(sender.TryProtectRtcp(report, 16, out _));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void After_disposal_nothing_is_opened_or_sealed(SrtpProfile profile)
    {
        (SrtpSender sender, SrtpReceiver receiver) = SrtpKit.Pair(profile);
        byte[] packet = SrtpKit.Seal(sender, 1);
        byte[] report = SrtpKit.SealRtcp(sender);
        sender.Dispose();
        receiver.Dispose();
        sender.Dispose();
        receiver.Dispose();
        Assert.False(receiver.TryUnprotectRtp(packet, out _));
        Assert.False(receiver.TryUnprotectRtcp(report, out _));
        byte[] plain = SrtpKit.Rtp(2, 10);
        Assert.False(sender.TryProtectRtp(plain, plain.Length - 16, out _));
        Assert.Equal(SrtpKit.Rtp(2, 10), plain); // and nothing leaves half encrypted
        Assert.False(sender.TryProtectRtcp(SrtpKit.Rtcp(), 16, out _));
    }
}
