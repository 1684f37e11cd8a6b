using Wardline.Rtc.Rtp;

namespace Wardline.Rtc.Tests.Rtp;

public sealed class RtpRewriterTests
{
    private static readonly RtpRewrite Rewrite = new()
    {
        PayloadType = 120, Ssrc = new(0xAABBCCDD), Sequence = new(500), Timestamp = new(9000), TransportSequence = 0x1234, AbsSendTime = 0xABCDEF,
    };

    // Publisher: 2 abs-send-time, 3 twcc, 4 mid, 6 level, 10 rid, 11 repaired rid. Receiver: 1 level, 5 twcc, 7 send time, 9 mid.
    private static readonly RtpExtensionPlan Plan = new(9, "12"u8, 5, 7, new RtpExtensionMapping(6, 1));

    private static byte[] Source(bool twoByte = false, byte[]? payload = null, int padding = 0) => RtpPackets.Make(
        marker: true, twoByte: twoByte, payload: payload, padding: padding,
        extensions: [(2, [1, 2, 3]), (3, [0, 9]), (4, "camera"u8.ToArray()), (10, "h"u8.ToArray()), (11, "h"u8.ToArray()), (6, [0x2A])]);

    private static byte[] Write(byte[] source, RtpExtensionPlan plan, RtpRewrite rewrite)
    {
        byte[] destination = new byte[1500];
        Assert.True(RtpRewriter.TryWrite(source, plan, rewrite, destination, out int length));
        byte[] packet = destination[..length];
        Assert.True(RtpHeader.IsValid(packet));
        return packet;
    }

    private static string Extensions(byte[] packet)
    {
        List<string> found = [];
        foreach (RtpExtensionEnumerator element in RtpExtensions.Enumerate(packet))
        {
            found.Add($"{element.Id}={Convert.ToHexString(element.Value)}");
        }

        return string.Join(' ', found);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_forwarded_packet_has_the_receivers_header_and_the_publishers_payload(bool twoByteSource)
    {
        byte[] packet = Write(Source(twoByteSource, [9, 8, 7]), Plan, Rewrite);
        Assert.Equal(120, RtpHeader.PayloadType(packet));
        Assert.Equal(0xAABBCCDDu, RtpHeader.Ssrc(packet).Value);
        Assert.Equal(500, RtpHeader.Sequence(packet).Value);
        Assert.Equal(9000u, RtpHeader.Timestamp(packet).Value);
        Assert.True(RtpHeader.Marker(packet));
        Assert.Equal("5=1234 7=ABCDEF 9=3132 1=2A", Extensions(packet));
        Assert.Equal([9, 8, 7], RtpHeader.Payload((ReadOnlySpan<byte>)packet).ToArray());
    }

    [Fact]
    public void Rid_and_everything_unnamed_is_stripped() =>
        Assert.Equal("", Extensions(Write(Source(), new RtpExtensionPlan(0, default, 0, 0), Rewrite)));

    [Fact]
    public void Without_any_extension_the_flag_is_cleared()
    {
        byte[] packet = Write(Source(), new RtpExtensionPlan(0, default, 0, 0), Rewrite);
        Assert.False(RtpHeader.HasExtension(packet));
        Assert.Equal(12, RtpHeader.HeaderLength(packet));
    }

    [Fact]
    public void An_id_above_14_makes_the_two_byte_form()
    {
        RtpExtensionPlan plan = new(9, "12"u8, 5, 0, new RtpExtensionMapping(6, 20));
        Assert.True(plan.TwoByte);
        Assert.Equal("5=1234 9=3132 20=2A", Extensions(Write(Source(), plan, Rewrite)));
    }

    [Fact]
    public void A_value_that_the_one_byte_form_cannot_hold_is_left_out()
    {
        byte[] source = RtpPackets.Make(twoByte: true, extensions: [(6, []), (8, new byte[17]), (9, [1])]);
        RtpExtensionPlan plan = new(0, default, 0, 0, new(6, 1), new(8, 2), new(9, 3));
        Assert.Equal("3=01", Extensions(Write(source, plan, Rewrite)));
    }

    [Fact]
    public void The_sources_padding_is_dropped_and_our_own_is_added()
    {
        byte[] packet = Write(Source(payload: [5, 5], padding: 9), Plan, Rewrite with { Padding = 3 });
        Assert.Equal(3, RtpHeader.PaddingLength(packet));
        Assert.Equal([5, 5], RtpHeader.Payload((ReadOnlySpan<byte>)packet).ToArray());
        Assert.Equal(0, RtpHeader.PaddingLength(Write(Source(padding: 9), Plan, Rewrite)));
    }

    [Fact]
    public void A_retransmission_carries_the_original_number_and_unwraps_to_the_forwarded_packet()
    {
        byte[] forwarded = Write(Source(), Plan, Rewrite);
        byte[] rtx = Write(Source(), Plan, Rewrite with { PayloadType = 121, Ssrc = new(7), Sequence = new(1), RtxOriginal = new(500) });
        Assert.True(Rtx.TryUnwrap(rtx, 120, new(0xAABBCCDD), out Span<byte> restored));
        Assert.Equal(forwarded, restored.ToArray());
    }

    [Fact]
    public void Contributing_sources_stay()
    {
        byte[] packet = Write(RtpPackets.Make(csrcs: [1, 2]), Plan, Rewrite);
        Assert.Equal(2, RtpHeader.CsrcCount(packet));
        Assert.Equal([0, 0, 0, 1, 0, 0, 0, 2], packet[12..20]);
    }

    [Fact]
    public void The_marker_can_be_forced_and_the_mid_left_out()
    {
        byte[] packet = Write(Source(), Plan, Rewrite with { Marker = false, OmitMid = true });
        Assert.False(RtpHeader.Marker(packet));
        Assert.Equal("5=1234 7=ABCDEF 1=2A", Extensions(packet));
    }

    [Fact]
    public void Every_destination_that_is_too_small_is_refused()
    {
        byte[] whole = Write(Source(), Plan, Rewrite with { Padding = 8 });
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.False(RtpRewriter.TryWrite(Source(), Plan, Rewrite with { Padding = 8 }, new byte[length], out int written));
            Assert.Equal(0, written);
        }

        byte[] exact = new byte[whole.Length];
        Assert.True(RtpRewriter.TryWrite(Source(), Plan, Rewrite with { Padding = 8 }, exact, out _));
        Assert.Equal(whole, exact);
    }

    [Fact]
    public void A_probe_is_padding_and_nothing_else()
    {
        byte[] destination = new byte[500];
        Assert.True(RtpRewriter.TryWritePadding(Plan, Rewrite with { Padding = 255 }, destination, out int length));
        Span<byte> packet = destination.AsSpan(0, length);
        Assert.True(RtpHeader.IsValid(packet));
        Assert.Equal(0, RtpHeader.Payload((ReadOnlySpan<byte>)packet).Length);
        Assert.True(RtpExtensions.TryReadTransportSequence(packet, 5, out ushort sequence));
        Assert.Equal(0x1234, sequence);
        Assert.Throws<ArgumentException>(() => RtpRewriter.TryWritePadding(Plan, Rewrite, destination, out _));
    }

    [Fact]
    public void A_plan_with_a_doubled_id_or_a_long_mid_is_our_own_mistake()
    {
        Assert.Throws<ArgumentException>(() => new RtpExtensionPlan(5, "1"u8, 5, 0));
        Assert.Throws<ArgumentException>(() => new RtpExtensionPlan(0, default, 0, 0, new(1, 2), new(3, 2)));
        Assert.Throws<ArgumentException>(() => new RtpExtensionPlan(0, default, 0, 0, new(1, 2), new(1, 3)));
        Assert.Throws<ArgumentException>(() => new RtpExtensionPlan(4, "seventeen letters"u8, 0, 0));
    }

    [Fact]
    public void Rewriting_allocates_nothing()
    {
        byte[] source = Source();
        byte[] destination = new byte[1500];
        Assert.Equal(0, RtpPackets.Allocated(() =>
            Assert.True(RtpRewriter.TryWrite(source, Plan, Rewrite with { RtxOriginal = new(3), Padding = 2 }, destination, out _))));
    }
}
