using System.Buffers.Binary;
using Wardline.Client.Media;

namespace Wardline.Client.Tests.Media;

/// <summary>Recordings, good and bad.</summary>
public sealed class RecordedMediaTests
{
    [Fact]
    public void A_recording_goes_round_with_its_own_times_and_key_frames()
    {
        RecordedMedia media = RecordedMedia.Read(Ivf("VP80", (0, 0x10), (40, 0x11), (90, 0x11)));
        Assert.Equal((MediaSource.Camera, 1), (media.Kind, media.Layers));
        byte[] frame = new byte[IFrameSource.MaxFrameBytes];
        for (int round = 0; round < 2; round++)
        {
            Assert.Equal(new EncodedFrame(5, true, TimeSpan.FromMilliseconds(40)), media.Next(0, frame));
            Assert.Equal(new EncodedFrame(5, false, TimeSpan.FromMilliseconds(50)), media.Next(0, frame));
            Assert.Equal(0x11, frame[0]);
            // The last one lasts as long as the one before.
            Assert.Equal(new EncodedFrame(5, false, TimeSpan.FromMilliseconds(50)), media.Next(0, frame));
        }

        Assert.True(media.Another().Next(0, frame).KeyFrame);
    }

    [Fact]
    public void Opus_lasts_twenty_milliseconds_a_frame_whatever_the_file_says()
    {
        RecordedMedia media = RecordedMedia.Read(Ivf("OPUS", (0, 1), (13, 1)));
        Assert.Equal(new EncodedFrame(5, true, TimeSpan.FromMilliseconds(20)), media.Next(0, new byte[IFrameSource.MaxFrameBytes]));
        Assert.Equal(MediaSource.Microphone, media.Kind);
    }

    [Fact]
    public void What_is_no_recording_is_refused_with_its_code()
    {
        byte[] good = Ivf("VP80", (0, 0x10), (40, 0x11));
        byte[] sound = Ivf("OPUS", (0, 1), (20, 1));
        Refused([]);
        Refused([good[..20]]);
        Refused([good[..^1]]);
        Refused([Ivf("AV01", (0, 1), (1, 1))]);
        Refused([Ivf("VP80", (0, 0x10))]);
        Refused([Ivf("VP80", (40, 0x10), (40, 0x11))]);
        Refused([good, good]);
        Refused([good, sound, good]);
        byte[] timeless = [.. good];
        timeless.AsSpan(16, 4).Clear();
        Refused([timeless]);

        Random random = new(4711);
        for (int i = 0; i < 5000; i++)
        {
            byte[] damaged = [.. good];
            damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            try
            {
                RecordedMedia media = RecordedMedia.Read(damaged);
                Assert.True(media.Next(0, new byte[IFrameSource.MaxFrameBytes]).Duration > TimeSpan.Zero);
            }
            catch (WardlineException e)
            {
                Assert.Equal("client.recording", e.Code);
            }
        }

        static void Refused(byte[][] layers) => Assert.Equal("client.recording", Assert.Throws<WardlineException>(() => RecordedMedia.Read(layers)).Code);
    }

    [Fact]
    public void The_history_finds_what_is_still_there_and_nothing_else()
    {
        SentHistory history = new(bytes: 1000, packets: 8);
        for (ushort sequence = 65_530; sequence != 10; sequence++)
        {
            byte[] packet = new byte[150];
            packet.AsSpan().Fill((byte)sequence);
            history.Add(new(sequence), packet);
            Assert.True(history.TryFind(new(sequence), out ReadOnlySpan<byte> found));
            Assert.True(found.SequenceEqual(packet));
        }

        // 1,000 bytes hold the last six of 150 each, and never a part of one.
        for (int back = 1; back <= 16; back++)
        {
            ushort sequence = (ushort)(10 - back);
            bool kept = history.TryFind(new(sequence), out ReadOnlySpan<byte> found);
            Assert.Equal(back <= 6, kept);
            Assert.True(!kept || found.IndexOfAnyExcept((byte)sequence) < 0);
        }

        Assert.False(history.TryFind(new(3000), out _));
    }

    private static byte[] Ivf(string code, params (int Ms, byte First)[] frames)
    {
        byte[] file = new byte[32 + frames.Length * 17];
        "DKIF"u8.CopyTo(file);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(6), 32);
        System.Text.Encoding.ASCII.GetBytes(code, file.AsSpan(8));
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(16), 1000);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(20), 1);
        for (int i = 0; i < frames.Length; i++)
        {
            Span<byte> frame = file.AsSpan(32 + i * 17);
            BinaryPrimitives.WriteInt32LittleEndian(frame, 5);
            BinaryPrimitives.WriteInt64LittleEndian(frame[4..], frames[i].Ms);
            frame[12] = frames[i].First;
        }

        return file;
    }
}
