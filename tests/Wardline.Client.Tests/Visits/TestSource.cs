using System.Buffers.Binary;
using Wardline.Client.Media;

namespace Wardline.Client.Tests.Visits;

/// <summary>Frames that look like VP8 or Opus from outside, numbered inside, so that a receiver can tell what it got.</summary>
internal sealed class TestSource(MediaSource kind, int layers = 1) : IFrameSource
{
    private readonly int[] _frames = new int[layers];
    private readonly bool[] _keyDue = [.. Enumerable.Repeat(true, layers)];

    public MediaSource Kind => kind;

    public int Layers => layers;

    public int Asked { get; private set; }

    public EncodedFrame Next(int layer, Span<byte> destination)
    {
        bool key = kind == MediaSource.Microphone || _keyDue[layer];
        _keyDue[layer] = false;
        int length = kind == MediaSource.Microphone ? 80 : key ? 6000 << layer : 1500 << layer;
        Span<byte> frame = destination[..length];
        frame.Fill((byte)(0x40 + layer));
        if (kind != MediaSource.Microphone)
        {
            // RFC 7741 §4.3: P is 0 in a key frame; then start code, width, height.
            frame[0] = (byte)(key ? 0x10 : 0x11);
            if (key)
            {
                ((ReadOnlySpan<byte>)[0x9D, 0x01, 0x2A]).CopyTo(frame[3..]);
                BinaryPrimitives.WriteUInt16LittleEndian(frame[6..], (ushort)(320 << layer));
                BinaryPrimitives.WriteUInt16LittleEndian(frame[8..], (ushort)(180 << layer));
            }
        }

        BinaryPrimitives.WriteInt32LittleEndian(frame[10..], _frames[layer]++);
        return new EncodedFrame(length, key, TimeSpan.FromMilliseconds(kind == MediaSource.Microphone ? 20 : 40));
    }

    public void RequestKeyFrame(int layer)
    {
        Asked++;
        _keyDue[layer] = true;
    }
}
