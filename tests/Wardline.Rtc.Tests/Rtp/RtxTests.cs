using Wardline.Rtc.Rtp;

namespace Wardline.Rtc.Tests.Rtp;

public sealed class RtxTests
{
    [Fact]
    public void Wrapping_and_unwrapping_gives_the_packet_back()
    {
        byte[] original = RtpPackets.Make(sequence: 0xFFFE, marker: true, extensions: [(1, [7])], csrcs: [5], payload: [1, 2, 3]);
        byte[] rtx = new byte[original.Length + Rtx.HeaderBytes];
        Assert.True(Rtx.TryWrap(original, 97, new(0x99), new(3), rtx, out int length));
        Assert.Equal(rtx.Length, length);
        Assert.Equal(97, RtpHeader.PayloadType(rtx));
        Assert.Equal(0x99u, RtpHeader.Ssrc(rtx).Value);
        Assert.Equal(3, RtpHeader.Sequence(rtx).Value);
        Assert.Equal([0xFF, 0xFE, 1, 2, 3], RtpHeader.Payload((ReadOnlySpan<byte>)rtx).ToArray());
        Assert.True(Rtx.TryUnwrap(rtx, 96, new(0x11223344), out Span<byte> restored));
        Assert.Equal(original, restored.ToArray());
    }

    [Fact]
    public void Padding_of_either_side_disappears()
    {
        byte[] rtx = new byte[100];
        Assert.True(Rtx.TryWrap(RtpPackets.Make(payload: [1], padding: 4), 97, new(1), new(1), rtx, out int length));
        Assert.Equal(15, length);

        byte[] padded = RtpPackets.Make(payload: [0, 5, 1], padding: 6);
        Assert.True(Rtx.TryUnwrap(padded, 96, new(1), out Span<byte> restored));
        Assert.False(RtpHeader.HasPadding(restored));
        Assert.Equal([1], RtpHeader.Payload((ReadOnlySpan<byte>)restored).ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_retransmission_without_an_original_is_a_probe(int payload)
    {
        byte[] packet = RtpPackets.Make(payload: new byte[payload], padding: 200);
        Assert.False(Rtx.TryReadOriginal(packet, out _));
        Assert.False(Rtx.TryUnwrap(packet, 96, new(1), out _));
    }

    [Fact]
    public void A_destination_without_room_is_refused() =>
        Assert.False(Rtx.TryWrap(RtpPackets.Make(), 97, new(1), new(1), new byte[RtpPackets.Make().Length + 1], out _));
}
