using Wardline.Rtc.Rtp;

namespace Wardline.Rtc.Tests.Rtp;

public sealed class RtpHeaderTests
{
    [Fact]
    public void Reads_every_field_of_a_packet_written_out_by_hand()
    {
        byte[] packet = Convert.FromHexString("B2E0ABCD0102030411223344" + "AAAAAAAABBBBBBBB" + "BEDE0001" + "10550000" + "CAFE" + "000003");
        Assert.True(RtpHeader.IsValid(packet));
        Assert.True(RtpHeader.HasPadding(packet));
        Assert.True(RtpHeader.HasExtension(packet));
        Assert.Equal(2, RtpHeader.CsrcCount(packet));
        Assert.True(RtpHeader.Marker(packet));
        Assert.Equal(96, RtpHeader.PayloadType(packet));
        Assert.Equal(0xABCD, RtpHeader.Sequence(packet).Value);
        Assert.Equal(0x01020304u, RtpHeader.Timestamp(packet).Value);
        Assert.Equal(0x11223344u, RtpHeader.Ssrc(packet).Value);
        Assert.Equal(28, RtpHeader.HeaderLength(packet));
        Assert.Equal(3, RtpHeader.PaddingLength(packet));
        Assert.Equal([0xCA, 0xFE], RtpHeader.Payload((ReadOnlySpan<byte>)packet).ToArray());
    }

    [Fact]
    public void Setters_change_their_field_and_nothing_else()
    {
        byte[] packet = RtpPackets.Make(marker: true, payloadType: 100);
        byte[] before = [.. packet];
        RtpHeader.SetMarker(packet, false);
        RtpHeader.SetPayloadType(packet, 0x7F);
        RtpHeader.SetSequence(packet, new(0xFFFF));
        RtpHeader.SetTimestamp(packet, new(0xFFFFFFFF));
        RtpHeader.SetSsrc(packet, new(0xFFFFFFFF));
        Assert.Equal(0x7F, packet[1]);
        Assert.Equal(before[0], packet[0]);
        Assert.True(packet.AsSpan(2, 10).IndexOfAnyExcept((byte)0xFF) < 0);
        Assert.Equal(before[12..], packet[12..]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("80E0ABCD01020304112233")] // eleven bytes
    [InlineData("40E0ABCD0102030411223344")] // version 1
    [InlineData("81E0ABCD0102030411223344")] // contributing source missing
    [InlineData("90E0ABCD0102030411223344")] // extension header missing
    [InlineData("90E0ABCD0102030411223344BEDE0001")] // extension body missing
    [InlineData("90E0ABCD0102030411223344BEDEFFFF00000000")] // extension longer than the packet
    [InlineData("A0E0ABCD010203041122334400")] // padding of zero bytes
    [InlineData("A0E0ABCD010203041122334402")] // padding reaches into the header
    [InlineData("A0E0ABCD0102030411223344")] // padding flag without payload
    public void Refuses_what_does_not_lie_inside_the_datagram(string hex) =>
        Assert.False(RtpHeader.IsValid(Convert.FromHexString(hex)));

    [Fact]
    public void A_packet_of_nothing_but_padding_has_an_empty_payload()
    {
        byte[] packet = RtpPackets.Make(payload: [], padding: 255);
        Assert.True(RtpHeader.IsValid(packet));
        Assert.Equal(0, RtpHeader.Payload((ReadOnlySpan<byte>)packet).Length);
    }

    [Fact]
    public void An_encrypted_padding_count_is_not_judged_before_decryption()
    {
        byte[] packet = RtpPackets.Make(padding: 4);
        packet[^1] = 0xFF;
        Assert.True(RtpHeader.HasValidHeader(packet));
        Assert.False(RtpHeader.IsValid(packet));
    }

    [Fact]
    public void Rtcp_is_told_apart_by_its_second_byte()
    {
        Assert.True(RtpHeader.LooksLikeRtcp([0x80, 200, 0, 0]));
        Assert.True(RtpHeader.LooksLikeRtcp([0x8F, 205, 0, 0]));
        Assert.False(RtpHeader.LooksLikeRtcp([0x80, 96, 0, 0]));
        Assert.False(RtpHeader.LooksLikeRtcp([0x80, 0x80 | 111, 0, 0]));
        Assert.False(RtpHeader.LooksLikeRtcp([0x80, 200]));
    }

    [Fact]
    public void Every_truncation_and_every_flipped_byte_is_refused_or_read_inside_the_packet()
    {
        byte[] whole = RtpPackets.Make(extensions: [(1, [1, 2, 3]), (4, [9])], csrcs: [1, 2, 3], padding: 7);
        for (int length = 0; length <= whole.Length; length++)
        {
            for (int at = 0; at < length; at++)
            {
                for (int value = 0; value < 256; value += 5)
                {
                    byte[] packet = whole[..length];
                    packet[at] = (byte)value;
                    if (!RtpHeader.IsValid(packet))
                    {
                        continue;
                    }

                    int sum = RtpHeader.Payload((ReadOnlySpan<byte>)packet).Length;
                    foreach (RtpExtensionEnumerator element in RtpExtensions.Enumerate(packet))
                    {
                        sum += element.Value.Length;
                    }

                    Assert.InRange(sum, 0, length);
                }
            }
        }
    }
}
