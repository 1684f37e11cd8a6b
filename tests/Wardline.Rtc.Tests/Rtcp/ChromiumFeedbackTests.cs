using Wardline.Rtc.Rtcp;

namespace Wardline.Rtc.Tests.Rtcp;

/// <summary>Transport-wide feedback as Chromium 156 sent it to the SFU.</summary>
public sealed class ChromiumFeedbackTests
{
    [Theory]
    [InlineData("8fcd00062bf63fc7ffd5d068000000060189b50020067c0000000000", 0, 6)] // no padding
    [InlineData("afcd000531fdf3241f3c064a000000010189b50020010a01", 0, 1)] // one octet
    [InlineData("afcd00082bf63fc7ffd293760020000b0189bd05200b2900008000000000000000000003", 32, 11)] // three
    [InlineData("afcd000831fdf3241f3c064a002a00090189ba03d6562002570001b60000000126000001", 42, 9)] // two-bit symbols, a large delta
    public void Padding_of_any_length_is_read(string hex, int first, int packets)
    {
        RtcpReader reader = new(Convert.FromHexString(hex));
        Assert.True(reader.TryRead(out RtcpPacket packet));
        Assert.True(TransportCcView.TryRead(packet, out TransportCcView feedback));
        Assert.Equal(first, feedback.BaseSequence);
        Assert.Equal(packets, feedback.ReceivedCount);
        Assert.False(reader.TryRead(out _));
        Assert.False(reader.IsMalformed);
    }
}
