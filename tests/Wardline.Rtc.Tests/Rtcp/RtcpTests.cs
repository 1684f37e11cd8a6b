using Wardline.Rtc.Rtcp;
using Wardline.Rtc.Tests.Rtp;

namespace Wardline.Rtc.Tests.Rtcp;

public sealed class RtcpTests
{
    private static readonly Ssrc Us = new(0x01020304);
    private static readonly Ssrc Them = new(0xA0B0C0D0);
    private static readonly ReportBlock Block = new(Them, 64, -5, 0x0001FFFF, 77, 0x12345678, 65536);

    private delegate bool Writing(ref RtcpWriter writer);

    private static byte[] Write(Writing write)
    {
        byte[] buffer = new byte[1200];
        RtcpWriter writer = new(buffer);
        Assert.True(write(ref writer));
        return buffer[..writer.Length];
    }

    private static RtcpPacket Only(byte[] bytes)
    {
        RtcpReader reader = new(bytes);
        Assert.True(reader.TryRead(out RtcpPacket packet));
        Assert.False(reader.TryRead(out _));
        Assert.False(reader.IsMalformed);
        return packet;
    }

    [Fact]
    public void A_sender_report_comes_back()
    {
        SenderInfo info = new(0x0102030405060708, new(90000), 12, 3456);
        byte[] bytes = Write((ref RtcpWriter w) => w.TryWriteSenderReport(Us, info, [Block, Block with { CumulativeLost = 8_000_000 }]));
        Assert.True(SenderReportView.TryRead(Only(bytes), out SenderReportView view));
        Assert.Equal(Us, view.Sender);
        Assert.Equal(info, view.Info);
        Assert.Equal(0x03040506u, view.Info.MiddleNtp);
        Assert.Equal(2, view.Blocks.Count);
        Assert.Equal(Block, view.Blocks[0]);
        Assert.Equal(8_000_000, view.Blocks[1].CumulativeLost);
        Assert.Equal("82C80012", Convert.ToHexString(bytes.AsSpan(0, 4)));
    }

    [Fact]
    public void A_receiver_report_comes_back_with_every_block()
    {
        byte[] bytes = Write((ref RtcpWriter w) => w.TryWriteReceiverReport(Us, Enumerable.Repeat(Block, 31).ToArray()));
        Assert.True(ReceiverReportView.TryRead(Only(bytes), out ReceiverReportView view));
        int count = 0;
        foreach (ReportBlock block in view.Blocks)
        {
            Assert.Equal(Block, block);
            count++;
        }

        Assert.Equal(31, count);
        Assert.Equal(0.25, Block.Loss);
    }

    [Fact]
    public void A_round_trip_is_arrival_minus_last_report_minus_delay()
    {
        // RFC 3550 §6.4.1, figure 2: A = xb710:8000, LSR = xb705:2000, DLSR = x0005:4000, round trip 6.125 s.
        ReportBlock block = Block with { LastSenderReport = 0xb7052000, DelaySinceLastSenderReport = 0x00054000 };
        Assert.Equal(TimeSpan.FromSeconds(6.125), block.RoundTrip(0xb7108000));
        Assert.Null((block with { LastSenderReport = 0 }).RoundTrip(1));
        Assert.Null((block with { DelaySinceLastSenderReport = uint.MaxValue / 2 }).RoundTrip(0xb7108000));
    }

    [Fact]
    public void A_name_and_a_bye_come_back()
    {
        for (int length = 0; length < 20; length++)
        {
            byte[] name = Enumerable.Repeat((byte)'x', length).ToArray();
            byte[] bytes = Write((ref RtcpWriter w) => w.TryWriteCname(Them, name));
            Assert.True(SdesView.TryRead(Only(bytes), out SdesView view));
            int items = 0;
            foreach (SdesItem item in view)
            {
                Assert.Equal(Them, item.Source);
                Assert.Equal(SdesItem.Cname, item.Type);
                Assert.Equal(name, item.Value.ToArray());
                items++;
            }

            Assert.Equal(1, items);
        }

        Assert.True(ByeView.TryRead(Only(Write((ref RtcpWriter w) => w.TryWriteBye([Us, Them]))), out ByeView bye));
        Assert.Equal(2, bye.Count);
        Assert.Equal(Them, bye[1]);
        Assert.Equal(0, bye.Reason.Length);
        Assert.True(ByeView.TryRead(Only(Convert.FromHexString("81CB0002" + "01020304" + "02686900")), out bye));
        Assert.Equal("hi"u8.ToArray(), bye.Reason.ToArray());
    }

    [Fact]
    public void A_nack_names_the_same_packets_again()
    {
        SequenceNumber[] missing = new ushort[] { 65530, 65535, 0, 1, 10, 11, 27, 28, 500 }.Select(s => new SequenceNumber(s)).ToArray();
        byte[] bytes = Write((ref RtcpWriter w) => w.TryWriteNack(Us, Them, missing));
        Assert.True(NackView.TryRead(Only(bytes), out NackView view));
        Assert.Equal((Us, Them), (view.Sender, view.Media));
        List<SequenceNumber> read = [];
        foreach (SequenceNumber sequence in view)
        {
            read.Add(sequence);
        }

        Assert.Equal(missing, read);
        Assert.Equal(12 + 4 * 4, bytes.Length); // 65530 … 10 (16 ahead), 11 … 27, 28, 500
    }

    [Fact]
    public void Key_frame_requests_come_back()
    {
        Assert.True(PliView.TryRead(Only(Write((ref RtcpWriter w) => w.TryWritePli(Us, Them))), out PliView pli));
        Assert.Equal(new PliView(Us, Them), pli);
        Assert.True(FirView.TryRead(Only(Write((ref RtcpWriter w) => w.TryWriteFir(Us, Them, 200))), out FirView fir));
        Assert.Equal(1, fir.Count);
        Assert.Equal(new FirRequest(Them, 200), fir[0]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(30_000)]
    [InlineData(262_143)]
    [InlineData(262_144)]
    [InlineData(2_500_000)]
    [InlineData(80_000_000_000)]
    public void A_limit_comes_back_rounded_down_to_18_bits(long bits)
    {
        byte[] bytes = Write((ref RtcpWriter w) => w.TryWriteRemb(Us, new Bitrate(bits), [Them]));
        Assert.True(RembView.TryRead(Only(bytes), out RembView view));
        Assert.InRange(view.Bitrate.BitsPerSecond, (long)(bits * (1 - 1.0 / (1 << 17))), bits);
        Assert.Equal(1, view.SourceCount);
        Assert.Equal(Them, view.Source(0));
    }

    [Fact]
    public void A_limit_beyond_64_bits_is_no_limit()
    {
        byte[] bytes = Write((ref RtcpWriter w) => w.TryWriteRemb(Us, new Bitrate(1), []));
        bytes[17] = 0xFF;
        Assert.True(RembView.TryRead(Only(bytes), out RembView view));
        Assert.Equal(long.MaxValue, view.Bitrate.BitsPerSecond);
    }

    [Fact]
    public void A_compound_is_walked_to_its_end_and_unknown_packets_are_passed_over()
    {
        byte[] bytes = Write((ref RtcpWriter w) =>
            w.TryWriteReceiverReport(Us, []) && w.TryWriteCname(Us, "me"u8) && w.TryWritePli(Us, Them));
        byte[] withUnknown = [.. bytes, .. Convert.FromHexString("80CC0002" + "01020304" + "41414141")];
        RtcpReader reader = new(withUnknown);
        List<RtcpKind> kinds = [];
        while (reader.TryRead(out RtcpPacket packet))
        {
            kinds.Add(packet.Kind);
        }

        Assert.Equal([RtcpKind.ReceiverReport, RtcpKind.SourceDescription, RtcpKind.Pli, RtcpKind.Other], kinds);
        Assert.False(reader.IsMalformed);
    }

    [Theory]
    [InlineData("80C9")] // shorter than a header
    [InlineData("40C90001" + "01020304")] // version 1
    [InlineData("80C90002" + "01020304")] // longer than the datagram
    [InlineData("A0C90001" + "01020300")] // padding of nothing
    [InlineData("A0C90001" + "01020308")] // padding reaches into the header
    [InlineData("A0C90001" + "01020304" + "80C90001" + "01020304")] // padding before the last packet
    public void A_malformed_compound_says_so(string hex)
    {
        RtcpReader reader = new(Convert.FromHexString(hex));
        Assert.False(reader.TryRead(out _));
        Assert.True(reader.IsMalformed);
    }

    [Fact]
    public void What_came_before_the_malformed_part_stays_usable()
    {
        byte[] bytes = [.. Write((ref RtcpWriter w) => w.TryWritePli(Us, Them)), 0x12];
        RtcpReader reader = new(bytes);
        Assert.True(reader.TryRead(out RtcpPacket packet));
        Assert.True(PliView.TryRead(packet, out _));
        Assert.False(reader.TryRead(out _));
        Assert.True(reader.IsMalformed);
    }

    [Fact]
    public void A_view_of_another_kind_or_of_a_body_too_short_is_refused()
    {
        RtcpPacket short_ = Only(Convert.FromHexString("81C90001" + "01020304")); // one block promised, none there
        Assert.False(ReceiverReportView.TryRead(short_, out _));
        Assert.False(SenderReportView.TryRead(short_, out _));
        Assert.False(PliView.TryRead(short_, out _));
        Assert.False(NackView.TryRead(Only(Convert.FromHexString("81CD0002" + "01020304" + "01020304")), out _));
        Assert.False(FirView.TryRead(Only(Convert.FromHexString("84CE0002" + "01020304" + "01020304")), out _));
        Assert.False(PliView.TryRead(Only(Convert.FromHexString("81CE0001" + "01020304")), out _));
        Assert.False(ByeView.TryRead(Only(Convert.FromHexString("82CB0001" + "01020304")), out _));
        // REMB that names two sources and has one
        Assert.False(RembView.TryRead(Only(Convert.FromHexString("8FCE0005" + "01020304" + "00000000" + "52454D42" + "02000001" + "01020304")), out _));
    }

    [Fact]
    public void A_packet_that_does_not_fit_is_not_begun()
    {
        byte[] buffer = new byte[20];
        RtcpWriter writer = new(buffer);
        Assert.True(writer.TryWritePli(Us, Them));
        Assert.False(writer.TryWritePli(Us, Them));
        Assert.False(writer.TryWriteSenderReport(Us, default, []));
        Assert.False(writer.TryWriteNack(Us, Them, [new(1)]));
        Assert.True(writer.TryWriteReceiverReport(Us, []));
        Assert.Equal(20, writer.Length);
        Assert.False(writer.TryWriteNack(Us, Them, []));
    }

    [Fact]
    public void Random_and_damaged_compounds_are_read_without_leaving_them()
    {
        Random random = new(4711);
        byte[] whole = Write((ref RtcpWriter w) =>
            w.TryWriteSenderReport(Us, default, [Block]) && w.TryWriteCname(Us, "name"u8) && w.TryWriteNack(Us, Them, [new(5), new(9)]) &&
            w.TryWriteFir(Us, Them, 1) && w.TryWriteRemb(Us, new(1_000_000), [Them]) && w.TryWriteBye([Us]));
        long seen = 0;
        for (int i = 0; i < 100_000; i++)
        {
            byte[] bytes = whole[..random.Next(whole.Length + 1)];
            for (int flips = random.Next(6); flips > 0 && bytes.Length > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            seen += RtcpWalk.Everything(bytes);
        }

        Assert.True(seen > 100_000);
    }

    [Fact]
    public void Reading_and_writing_allocate_nothing()
    {
        byte[] buffer = new byte[1200];
        ReportBlock[] blocks = [Block];
        SequenceNumber[] missing = [new(1), new(5), new(400)];
        Assert.Equal(0, RtpPackets.Allocated(() =>
        {
            RtcpWriter writer = new(buffer);
            bool written = writer.TryWriteSenderReport(Us, default, blocks) && writer.TryWriteCname(Us, "me"u8) &&
                writer.TryWriteNack(Us, Them, missing) && writer.TryWritePli(Us, Them) && writer.TryWriteRemb(Us, new(5_000_000), []);
            Assert.True(written);
            Assert.True(RtcpWalk.Everything(buffer.AsSpan(0, writer.Length)) > 5);
        }));
    }
}
