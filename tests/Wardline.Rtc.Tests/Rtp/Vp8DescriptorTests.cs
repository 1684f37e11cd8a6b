using Wardline.Rtc.Rtp;

namespace Wardline.Rtc.Tests.Rtp;

public sealed class Vp8DescriptorTests
{
    private static Vp8DescriptorView Read(string hex)
    {
        Assert.True(Vp8Descriptor.TryRead(Convert.FromHexString(hex), out Vp8DescriptorView view));
        return view;
    }

    [Fact]
    public void Reads_the_shortest_descriptor()
    {
        Vp8DescriptorView view = Read("10" + "00");
        Assert.Equal(1, view.Length);
        Assert.True(view is { IsKeyFrameStart: true, PictureId: -1, Tl0PicIdx: -1, TemporalId: -1, KeyIndex: -1, PictureIdBits: 0 });
    }

    [Fact]
    public void Reads_every_field()
    {
        // X N S, I L T K, picture id 0x1234, tl0 0x56, tid 2, Y, keyidx 21
        Vp8DescriptorView view = Read("B0" + "F0" + "9234" + "56" + "B5" + "01");
        Assert.Equal(6, view.Length);
        Assert.Equal(0x1234, view.PictureId);
        Assert.Equal(15, view.PictureIdBits);
        Assert.Equal(0x56, view.Tl0PicIdx);
        Assert.Equal(2, view.TemporalId);
        Assert.True(view.LayerSync);
        Assert.Equal(21, view.KeyIndex);
        Assert.True(view is { NonReference: true, StartOfPartition: true, IsFrameStart: true, IsKeyFrameStart: false });
    }

    [Fact]
    public void A_short_picture_id_has_seven_bits()
    {
        Vp8DescriptorView view = Read("8080" + "7F" + "00");
        Assert.Equal((127, 7, 3), (view.PictureId, view.PictureIdBits, view.Length));
    }

    [Theory]
    [InlineData("10" + "00", true)] // S, partition 0, P = 0
    [InlineData("10" + "01", false)] // interframe
    [InlineData("00" + "00", false)] // continuation of a frame
    [InlineData("11" + "00", false)] // start of partition 1
    public void A_key_frame_starts_where_its_first_byte_says_so(string hex, bool expected) =>
        Assert.Equal(expected, Read(hex).IsKeyFrameStart);

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("80")]
    [InlineData("8080")]
    [InlineData("808080")]
    [InlineData("80808000")]
    [InlineData("80F0800000")]
    [InlineData("80F080000000")]
    public void A_truncated_descriptor_is_refused(string hex) =>
        Assert.False(Vp8Descriptor.TryRead(Convert.FromHexString(hex), out _));

    [Fact]
    public void Rewriting_fills_the_fields_that_exist_and_keeps_the_length()
    {
        byte[] wide = Convert.FromHexString("90F0" + "8001" + "02" + "A3" + "99");
        Assert.True(Vp8Descriptor.TryRead(wide, out Vp8DescriptorView view));
        Vp8Descriptor.Rewrite(wide, view, 0x7FFF, 0xEE);
        Vp8Descriptor.RewriteKeyIndex(wide, view, 31);
        Assert.Equal("90F0FFFFEEBF99", Convert.ToHexString(wide));

        byte[] narrow = Convert.FromHexString("9080" + "05" + "99");
        Assert.True(Vp8Descriptor.TryRead(narrow, out view));
        Vp8Descriptor.Rewrite(narrow, view, 0x1FF, 1);
        Vp8Descriptor.RewriteKeyIndex(narrow, view, 31);
        Assert.Equal("90807F99", Convert.ToHexString(narrow));

        byte[] none = Convert.FromHexString("1099");
        Assert.True(Vp8Descriptor.TryRead(none, out view));
        Vp8Descriptor.Rewrite(none, view, 1, 1);
        Assert.Equal("1099", Convert.ToHexString(none));
    }

    [Fact]
    public void A_readable_key_frame_tells_its_size()
    {
        byte[] payload = Convert.FromHexString("10" + "10A20B" + "9D012A" + "80026801" + "FF");
        Assert.True(Vp8Descriptor.TryRead(payload, out Vp8DescriptorView view));
        Assert.True(Vp8Descriptor.TryReadKeyFrameSize(payload, view, out int width, out int height));
        Assert.Equal((640, 360), (width, height));
        payload[4] ^= 1;
        Assert.False(Vp8Descriptor.TryReadKeyFrameSize(payload, view, out _, out _));
        Assert.False(Vp8Descriptor.TryReadKeyFrameSize(payload.AsSpan(0, 10), view, out _, out _));
    }

    [Fact]
    public void Red_gives_its_newest_block()
    {
        // Redundant blocks 960 and 480 ticks back, of 3 and 2 bytes, then the primary.
        byte[] payload = Convert.FromHexString("EF" + "0F0003" + "EF" + "078002" + "6F" + "A1A2A3" + "B1B2" + "C1C2C3C4");
        Assert.True(RedPayload.TryFindPrimary(payload, out byte type, out ReadOnlySpan<byte> primary));
        Assert.Equal(111, type);
        Assert.Equal("C1C2C3C4", Convert.ToHexString(primary));
        for (int length = 0; length < 14; length++)
        {
            Assert.False(RedPayload.TryFindPrimary(payload.AsSpan(0, length), out _, out _));
        }

        Assert.False(RedPayload.TryFindPrimary(Enumerable.Repeat((byte)0xFF, 200).ToArray(), out _, out _));
    }
}
