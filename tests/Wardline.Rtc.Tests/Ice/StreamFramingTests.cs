using Wardline.Rtc.Ice;

namespace Wardline.Rtc.Tests.Ice;

public sealed class StreamFramingTests
{
    [Fact]
    public void Frames_come_out_as_they_went_in_however_the_stream_is_cut()
    {
        Random random = new(3);
        List<byte[]> sent = [.. Enumerable.Range(0, 50).Select(i => new byte[random.Next(0, StreamFraming.MaxFrameBytes + 1)])];
        List<byte> stream = [];
        byte[] header = new byte[StreamFraming.HeaderBytes];
        foreach (byte[] frame in sent)
        {
            random.NextBytes(frame);
            StreamFraming.WriteHeader(header, frame.Length);
            stream.AddRange(header);
            stream.AddRange(frame);
        }

        List<byte[]> received = [];
        List<byte> buffered = [];
        for (int at = 0; at < stream.Count;)
        {
            int piece = Math.Min(random.Next(1, 700), stream.Count - at);
            buffered.AddRange(stream.GetRange(at, piece));
            at += piece;
            while (StreamFraming.TryReadFrame(buffered.ToArray(), out int start, out int length, out int consumed) == FrameRead.Frame)
            {
                received.Add([.. buffered.GetRange(start, length)]);
                buffered.RemoveRange(0, consumed);
            }
        }

        Assert.Equal(sent, received);
        Assert.Empty(buffered);
    }

    [Fact]
    public void A_length_that_no_packet_has_breaks_the_stream_at_once()
    {
        Assert.Equal(FrameRead.Broken, StreamFraming.TryReadFrame([0xFF, 0xFF], out _, out int length, out int consumed));
        Assert.Equal((0, 0), (length, consumed));
        Assert.Equal(FrameRead.Broken, StreamFraming.TryReadFrame([0x05, 0xDD], out _, out _, out _));
        Assert.Equal(FrameRead.Incomplete, StreamFraming.TryReadFrame([0x05, 0xDC], out _, out _, out _));
    }

    [Fact]
    public void A_null_packet_is_a_frame_of_nothing()
    {
        Assert.Equal(FrameRead.Frame, StreamFraming.TryReadFrame([0, 0, 7], out _, out int length, out int consumed));
        Assert.Equal((0, 2), (length, consumed));
    }

    [Fact]
    public void A_frame_that_does_not_fit_its_header_is_our_bug() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => StreamFraming.WriteHeader(new byte[2], 65536));
}
