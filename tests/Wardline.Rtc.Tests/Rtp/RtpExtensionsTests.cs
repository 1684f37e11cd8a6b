using Wardline.Rtc.Rtp;

namespace Wardline.Rtc.Tests.Rtp;

public sealed class RtpExtensionsTests
{
    private static string List(byte[] packet)
    {
        List<string> found = [];
        foreach (RtpExtensionEnumerator element in RtpExtensions.Enumerate(packet))
        {
            found.Add($"{element.Id}={Convert.ToHexString(element.Value)}");
        }

        return string.Join(' ', found);
    }

    private static byte[] WithBlock(string hex) =>
        Convert.FromHexString("90E00001000000010000000A" + hex + "FFFF");

    [Fact]
    public void Reads_the_one_byte_form_over_padding_between_elements() =>
        Assert.Equal("1=55 2=AABB", List(WithBlock("BEDE0002" + "1055" + "00" + "21AABB" + "0000")));

    [Fact]
    public void Reads_the_two_byte_form_with_empty_values_and_application_bits() =>
        Assert.Equal("1= 200=AABB", List(WithBlock("10050002" + "0100" + "00" + "C802AABB" + "00")));

    [Fact]
    public void Id_15_ends_the_one_byte_form() => Assert.Equal("1=55", List(WithBlock("BEDE0002" + "1055" + "F000" + "2066" + "0000")));

    [Fact]
    public void Id_0_with_a_length_ends_the_one_byte_form() =>
        Assert.Equal("1=55", List(WithBlock("BEDE0002" + "1055" + "0100" + "2066" + "0000")));

    [Fact]
    public void An_element_that_leaves_the_block_ends_it()
    {
        Assert.Equal("1=55", List(WithBlock("BEDE0001" + "1055" + "2F00")));
        Assert.Equal("1=55", List(WithBlock("10000001" + "010155" + "02")));
        Assert.Equal("", List(WithBlock("10000001" + "01FF5500")));
    }

    [Fact]
    public void An_unknown_profile_has_no_elements() => Assert.Equal("", List(WithBlock("ABCD0001" + "10550000")));

    [Fact]
    public void Finds_by_id_and_patches_in_place()
    {
        byte[] packet = RtpPackets.Make(extensions: [(3, [0, 0]), (4, "mid1"u8.ToArray()), (6, [0x80 | 30])]);
        Assert.True(RtpExtensions.TryFind(packet, 4, out ReadOnlySpan<byte> mid));
        Assert.Equal("mid1"u8.ToArray(), mid.ToArray());
        Assert.True(RtpExtensions.TrySetTransportSequence(packet, 3, 0xBEEF));
        Assert.True(RtpExtensions.TryReadTransportSequence(packet, 3, out ushort sequence));
        Assert.Equal(0xBEEF, sequence);
        Assert.True(RtpExtensions.TryReadAudioLevel(packet, 6, out int level, out bool voice));
        Assert.Equal((30, true), (level, voice));
        Assert.False(RtpExtensions.TryFind(packet, 5, out _));
        Assert.False(RtpExtensions.TryFind(packet, 0, out _));
    }

    [Fact]
    public void A_value_shorter_than_its_meaning_is_not_read()
    {
        byte[] packet = RtpPackets.Make(extensions: [(3, [7])]);
        Assert.False(RtpExtensions.TryReadTransportSequence(packet, 3, out _));
        Assert.False(RtpExtensions.TrySetTransportSequence(packet, 3, 1));
    }

    [Fact]
    public void Abs_send_time_counts_64_seconds_in_24_bits()
    {
        Assert.Equal(0u, RtpExtensions.AbsSendTime(new Instant(0)));
        Assert.Equal(1u << 18, RtpExtensions.AbsSendTime(new Instant(1_000_000)));
        Assert.Equal(0u, RtpExtensions.AbsSendTime(new Instant(64_000_000)));
        Assert.Equal((1u << 24) - 1, RtpExtensions.AbsSendTime(new Instant(63_999_999)));
    }

    [Fact]
    public void The_writer_refuses_what_its_form_cannot_say()
    {
        byte[] buffer = new byte[64];
        RtpExtensionWriter one = new(buffer, twoByte: false);
        Assert.False(one.TryAdd(0, 1, out _));
        Assert.False(one.TryAdd(15, 1, out _));
        Assert.False(one.TryAdd(1, 0, out _));
        Assert.False(one.TryAdd(1, 17, out _));
        Assert.True(one.TryFinish(out int length));
        Assert.Equal(0, length);

        RtpExtensionWriter two = new(buffer, twoByte: true);
        Assert.True(two.TryAdd(255, 0, out _));
        Assert.True(two.TryFinish(out length));
        Assert.Equal(8, length);
        Assert.Equal("10000001FF000000", Convert.ToHexString(buffer.AsSpan(0, length)));
    }
}
