using System.Buffers.Binary;
using System.Diagnostics;
using Wardline.Client;
using Wardline.Client.Media;

namespace Wardline.Cli.Load;

/// <summary>
/// Frames of a profile's sizes and rates. Inside the seal each carries when it was made and its number, from which the
/// receiver has delay and gaps.
/// </summary>
/// <remarks>
/// <code>
/// VP8 header(10, of a key frame) layer(1) number(4) time(8) filling
/// </code>
/// </remarks>
internal sealed class LoadSource : IFrameSource
{
    public const int HeadBytes = 23;
    private static readonly TimeSpan s_keyFrameInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_opusFrame = TimeSpan.FromMilliseconds(20);

    private readonly LoadProfile _profile;
    private readonly int[] _numbers;
    private readonly long[] _lastKey;
    private readonly bool[] _keyDue;

    public LoadSource(LoadProfile profile, MediaSource kind)
    {
        _profile = profile;
        Kind = kind;
        Layers = kind == MediaSource.Microphone ? 1 : profile.Layers.Count;
        _numbers = new int[Layers];
        _lastKey = new long[Layers];
        _keyDue = new bool[Layers];
        Array.Fill(_keyDue, true);
    }

    public MediaSource Kind { get; }

    public int Layers { get; }

    public EncodedFrame Next(int layer, Span<byte> destination)
    {
        long now = Stopwatch.GetTimestamp();
        bool audio = Kind == MediaSource.Microphone;
        bool key = !audio && (_keyDue[layer] || Stopwatch.GetElapsedTime(_lastKey[layer], now) > s_keyFrameInterval);
        if (key)
        {
            _keyDue[layer] = false;
            _lastKey[layer] = now;
        }

        int length = Math.Max(HeadBytes, audio ? _profile.AudioBytes : _profile.Layers[layer].FrameBytes(key));
        Span<byte> frame = destination[..length];
        frame[..10].Clear();
        if (!audio)
        {
            // RFC 6386 §9.1: what an SFU may look at. The rest is nobody's business and no picture.
            frame[0] = (byte)(key ? 0x10 : 0x11);
            if (key)
            {
                ((ReadOnlySpan<byte>)[0x9D, 0x01, 0x2A]).CopyTo(frame[3..]);
                BinaryPrimitives.WriteUInt16LittleEndian(frame[6..], (ushort)(320 << layer));
                BinaryPrimitives.WriteUInt16LittleEndian(frame[8..], (ushort)(180 << layer));
            }
        }

        frame[10] = (byte)layer;
        BinaryPrimitives.WriteInt32LittleEndian(frame[11..], _numbers[layer]++);
        BinaryPrimitives.WriteInt64LittleEndian(frame[15..], now);
        return new EncodedFrame(length, key, audio ? s_opusFrame : _profile.Layers[layer].Interval);
    }

    public void RequestKeyFrame(int layer) => _keyDue[layer] = true;

    /// <summary>Reads what <see cref="Next"/> wrote; false for anything else.</summary>
    public static bool TryRead(ReadOnlySpan<byte> frame, out int layer, out int number, out TimeSpan age)
    {
        bool whole = frame.Length >= HeadBytes;
        layer = whole ? frame[10] : 0;
        number = whole ? BinaryPrimitives.ReadInt32LittleEndian(frame[11..]) : 0;
        age = whole ? Stopwatch.GetElapsedTime(BinaryPrimitives.ReadInt64LittleEndian(frame[15..])) : default;
        return whole && layer < 3 && age >= TimeSpan.Zero && age < TimeSpan.FromMinutes(1);
    }
}
