using Wardline.Client.Media;
using Wardline.Rtc;
using Wardline.Rtc.Rtp;

namespace Wardline.Client.Tests.Media;

/// <summary>Frames cut into packets and put together again, over everything that a path does to packets.</summary>
public sealed class FrameTests
{
    private readonly Random _random = new(3);
    private readonly byte[] _frame = new byte[FrameAssembler.MaxFrameBytes];
    private readonly Vp8Packetizer _packetizer = new(0x7FFE, 254);
    private ushort _sequence = 65_530;
    private uint _timestamp = uint.MaxValue - 5000;

    private static Instant At(double milliseconds) => Instant.FromMilliseconds(1000 + milliseconds);

    [Fact]
    public void The_parts_of_a_frame_differ_by_a_byte_at_most_and_carry_rising_picture_ids()
    {
        for (int size = 1; size < 5000; size += 7)
        {
            byte[] frame = Picture(size, key: false);
            int[] lengths = [.. Cut(frame).Select(p => p.Length)];
            Assert.InRange(lengths.Max() - lengths.Min(), 0, 1);
            Assert.All(lengths, l => Assert.InRange(l, 1, RtpHeader.FixedLength + Vp8Packetizer.DescriptorBytes + Vp8Packetizer.MaxPartBytes));
        }

        byte[] first = Cut(Picture(2000, key: false))[0];
        byte[] second = Cut(Picture(2000, key: false))[1];
        Assert.True(Vp8Descriptor.TryRead(RtpHeader.Payload((ReadOnlySpan<byte>)first), out Vp8DescriptorView a));
        Assert.True(Vp8Descriptor.TryRead(RtpHeader.Payload((ReadOnlySpan<byte>)second), out Vp8DescriptorView b));
        Assert.True(a.IsFrameStart);
        Assert.False(b.IsFrameStart);
        Assert.Equal((a.PictureId + 1 & 0x7FFF, a.Tl0PicIdx + 1 & 0xFF), (b.PictureId, b.Tl0PicIdx));
    }

    [Fact]
    public void Frames_come_out_as_they_went_in_over_the_wrap_of_the_numbers()
    {
        FrameAssembler assembler = new();
        Assert.True(assembler.WantsKeyFrame);
        for (int i = 0; i < 200; i++)
        {
            byte[] frame = Picture(_random.Next(20, 6000), key: i % 50 == 0);
            foreach (byte[] packet in Cut(frame))
            {
                assembler.Add(packet, At(i * 33));
            }

            Assert.Equal(frame, Take(assembler, At(i * 33), out bool key));
            Assert.Equal(i % 50 == 0, key);
            Assert.Null(Take(assembler, At(i * 33), out _));
        }

        Assert.False(assembler.WantsKeyFrame);
        Assert.Equal(Instant.Never, assembler.NextAsk);
    }

    [Fact]
    public void Before_a_key_frame_nothing_comes_out()
    {
        FrameAssembler assembler = new();
        Feed(assembler, Cut(Picture(3000, key: false)), 0);
        Assert.Null(Take(assembler, At(0), out _));
        byte[] key = Picture(3000, key: true);
        Feed(assembler, Cut(key), 33);
        Assert.Equal(key, Take(assembler, At(33), out _));
    }

    [Fact]
    public void Shuffled_and_doubled_packets_make_the_same_frames()
    {
        FrameAssembler assembler = new();
        byte[][] frames = [.. Enumerable.Range(0, 20).Select(i => Picture(4000, key: i == 0))];
        byte[][] packets = [.. frames.SelectMany(Cut)];
        byte[][] mixed = [.. packets[..1], .. packets[1..].Concat(packets[1..]).OrderBy(_ => _random.Next())];
        List<byte[]> out_ = [];
        foreach (byte[] packet in mixed)
        {
            assembler.Add(packet, At(0));
            while (Take(assembler, At(0), out _) is { } frame)
            {
                out_.Add(frame);
            }
        }

        Assert.Equal(frames, out_);
        Assert.True(assembler.Duplicates + assembler.Refused >= packets.Length - 1);
    }

    [Fact]
    public void A_hole_is_asked_for_after_a_moment_and_its_repair_lets_everything_out()
    {
        FrameAssembler assembler = new();
        Feed(assembler, Cut(Picture(3000, key: true)), 0);
        Take(assembler, At(0), out _);
        byte[][] lossy = Cut(Picture(3000, key: false));
        Feed(assembler, [lossy[0], lossy[2]], 33);
        byte[] next = Picture(1000, key: false);
        Feed(assembler, Cut(next), 40);
        Assert.Null(Take(assembler, At(40), out _));

        Span<SequenceNumber> missing = stackalloc SequenceNumber[16];
        Assert.Equal(0, assembler.TakeMissing(At(35), missing));
        Assert.Equal(1, assembler.TakeMissing(At(45), missing));
        Assert.Equal(RtpHeader.Sequence(lossy[1]), missing[0]);
        Assert.Equal(0, assembler.TakeMissing(At(60), missing));
        Assert.Equal(1, assembler.TakeMissing(At(110), missing));

        assembler.Add(lossy[1], At(120));
        Assert.NotNull(Take(assembler, At(120), out _));
        Assert.Equal(next, Take(assembler, At(120), out _));
        Assert.Equal(Instant.Never, assembler.NextAsk);
    }

    [Fact]
    public void A_hole_that_stays_is_jumped_by_a_key_frame_or_given_up_after_a_second()
    {
        FrameAssembler assembler = new();
        Feed(assembler, Cut(Picture(3000, key: true)), 0);
        Take(assembler, At(0), out _);
        Feed(assembler, Cut(Picture(3000, key: false))[1..], 33);
        byte[] key = Picture(2000, key: true);
        Feed(assembler, Cut(key), 66);
        Assert.Equal(key, Take(assembler, At(66), out bool isKey));
        Assert.True(isKey);

        Feed(assembler, Cut(Picture(3000, key: false))[1..], 100);
        Span<SequenceNumber> missing = stackalloc SequenceNumber[16];
        Assert.Equal(1, assembler.TakeMissing(At(120), missing));
        Assert.False(assembler.WantsKeyFrame);
        Assert.Equal(0, assembler.TakeMissing(At(1200), missing));
        Assert.True(assembler.WantsKeyFrame);
        byte[] after = Picture(2000, key: true);
        Feed(assembler, Cut(after), 1300);
        Assert.Equal(after, Take(assembler, At(1300), out _));
    }

    [Fact]
    public void Padding_keeps_the_count_and_is_no_frame()
    {
        FrameAssembler assembler = new();
        Feed(assembler, Cut(Picture(3000, key: true)), 0);
        Take(assembler, At(0), out _);
        byte[] padding = new byte[RtpHeader.FixedLength + 1];
        RtpHeader.Write(padding, 96, false, new SequenceNumber(_sequence++), new RtpTimestamp(_timestamp), new Ssrc(1));
        padding[0] |= 0x20;
        padding[^1] = 1;
        assembler.Add(padding, At(10));
        byte[] frame = Picture(2000, key: false);
        Feed(assembler, Cut(frame), 33);
        Assert.Equal(frame, Take(assembler, At(33), out _));
    }

    [Fact]
    public void Whatever_comes_nothing_breaks_and_memory_stays()
    {
        FrameAssembler assembler = new();
        Span<SequenceNumber> missing = stackalloc SequenceNumber[32];
        for (int i = 0; i < 50_000; i++)
        {
            byte[] packet = Cut(Picture(_random.Next(1, 1500), key: _random.Next(10) == 0))[0];
            if (_random.Next(3) == 0)
            {
                packet[_random.Next(2, packet.Length)] = (byte)_random.Next(256);
            }

            if (_random.Next(5) == 0)
            {
                RtpHeader.SetSequence(packet, new SequenceNumber((ushort)_random.Next(65_536)));
            }

            assembler.Add(packet, At(i));
            assembler.TakeMissing(At(i), missing);
            if (_random.Next(4) != 0)
            {
                assembler.TryTake(At(i), _frame, out int length, out _, out _);
                Assert.InRange(length, 0, _frame.Length);
            }
        }
    }

    /// <summary>A frame that says of itself whether it is a key frame (RFC 6386 §9.1).</summary>
    private byte[] Picture(int size, bool key)
    {
        byte[] frame = new byte[Math.Max(size, 10)];
        _random.NextBytes(frame);
        frame[0] = (byte)(frame[0] & 0xFE | (key ? 0 : 1));
        return frame;
    }

    private byte[][] Cut(byte[] frame)
    {
        _timestamp += 3000;
        int parts = Vp8Packetizer.PartsOf(frame.Length);
        byte[][] packets = new byte[parts][];
        byte[] buffer = new byte[PacketTrains.SlotBytes];
        for (int part = 0; part < parts; part++)
        {
            RtpHeader.Write(buffer, 96, part == parts - 1, new SequenceNumber(_sequence++), new RtpTimestamp(_timestamp), new Ssrc(1));
            int length = _packetizer.Write(frame, part, buffer.AsSpan(RtpHeader.FixedLength));
            packets[part] = buffer[..(RtpHeader.FixedLength + length)];
        }

        _packetizer.NextFrame();
        return packets;
    }

    private static void Feed(FrameAssembler assembler, byte[][] packets, double atMs)
    {
        foreach (byte[] packet in packets)
        {
            assembler.Add(packet, At(atMs));
        }
    }

    private byte[]? Take(FrameAssembler assembler, Instant now, out bool key) =>
        assembler.TryTake(now, _frame, out int length, out key, out _) ? _frame[..length] : null;
}
