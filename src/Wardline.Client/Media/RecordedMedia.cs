using System.Buffers.Binary;

namespace Wardline.Client.Media;

/// <summary>
/// Encoded media of IVF files, over and over again: VP8 in one file a layer (smallest first), or Opus in one. A key frame
/// that is asked for comes with the next one of the recording, so record one every second or so.
/// </summary>
/// <remarks>
/// <code>
/// file    DKIF version(2) header bytes(2) code(4) width(2) height(2) ticks a second(4) per(4) frames(4) unused(4)
/// frame   bytes(4) time(8) data                                                          all little-endian
/// </code>
/// </remarks>
public sealed class RecordedMedia : IFrameSource
{
    private const int MaxFrames = 100_000;
    private static readonly TimeSpan s_opusFrame = TimeSpan.FromMilliseconds(20);

    private readonly Recording[] _layers;
    private readonly int[] _next;

    private RecordedMedia(MediaSource kind, Recording[] layers)
    {
        Kind = kind;
        _layers = layers;
        _next = new int[layers.Length];
    }

    private sealed record Recording(byte[] File, Frame[] Frames);

    private readonly record struct Frame(int At, int Length, bool KeyFrame, TimeSpan Duration);

    public MediaSource Kind { get; }

    public int Layers => _layers.Length;

    /// <summary>Reads the recordings of one source; the bytes are kept, not copied, so that many sources can share them.</summary>
    /// <exception cref="WardlineException"><c>client.recording</c>: no IVF file of VP8 or Opus, or one that is cut off.</exception>
    public static RecordedMedia Read(params ReadOnlySpan<byte[]> layers)
    {
        if (layers.Length is not (1 or 3))
        {
            throw Bad("a source has one layer or three");
        }

        Recording[] recordings = new Recording[layers.Length];
        MediaSource? kind = null;
        for (int i = 0; i < layers.Length; i++)
        {
            MediaSource found = Parse(layers[i], out recordings[i]);
            kind = kind is null || kind == found ? found : throw Bad("the layers are of different kinds");
        }

        return new RecordedMedia(kind!.Value, recordings);
    }

    /// <summary>The same recording from its beginning, for another participant.</summary>
    public RecordedMedia Another() => new(Kind, _layers);

    public EncodedFrame Next(int layer, Span<byte> destination)
    {
        Recording recording = _layers[layer];
        Frame frame = recording.Frames[_next[layer]];
        _next[layer] = (_next[layer] + 1) % recording.Frames.Length;
        recording.File.AsSpan(frame.At, frame.Length).CopyTo(destination);
        return new EncodedFrame(frame.Length, frame.KeyFrame, frame.Duration);
    }

    public void RequestKeyFrame(int layer)
    {
        // The recording cannot be cut: what follows depends on what was before. Its next key frame is the answer.
    }

    private static MediaSource Parse(byte[] file, out Recording recording)
    {
        ReadOnlySpan<byte> bytes = file;
        if (bytes.Length < 32 || !bytes.StartsWith("DKIF"u8))
        {
            throw Bad("it is no IVF file");
        }

        MediaSource kind = bytes.Slice(8, 4).SequenceEqual("VP80"u8) ? MediaSource.Camera : bytes.Slice(8, 4).SequenceEqual("OPUS"u8) ? MediaSource.Microphone : throw Bad("it holds neither VP8 nor Opus");
        double second = BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]);
        double per = BinaryPrimitives.ReadUInt32LittleEndian(bytes[20..]);
        List<(int At, int Length, double Time)> found = [];
        int at = BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]);
        while (at + 12 <= bytes.Length && found.Count < MaxFrames)
        {
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
            if (length > IFrameSource.MaxFrameBytes || length > bytes.Length - at - 12)
            {
                throw Bad("a frame is cut off, or too large");
            }

            found.Add((at + 12, (int)length, BinaryPrimitives.ReadUInt64LittleEndian(bytes[(at + 4)..]) * per / second));
            at += 12 + (int)length;
        }

        if (found.Count < 2 || second == 0 || per == 0)
        {
            throw Bad("it has no frames, or no time");
        }

        Frame[] frames = new Frame[found.Count];
        for (int i = 0; i < frames.Length; i++)
        {
            // The last one lasts as long as the one before it.
            int a = Math.Min(i, found.Count - 2);
            double duration = kind == MediaSource.Microphone ? s_opusFrame.TotalSeconds : found[a + 1].Time - found[a].Time;
            if (duration is not (>= 0.001 and < 60))
            {
                throw Bad("its times do not rise");
            }

            // RFC 6386 §9.1: the lowest bit of the first byte is 0 in a key frame.
            bool key = kind == MediaSource.Microphone || (found[i].Length > 0 && (bytes[found[i].At] & 1) == 0);
            frames[i] = new Frame(found[i].At, found[i].Length, key, TimeSpan.FromMicroseconds(Math.Round(duration * 1e6)));
        }

        recording = new Recording(file, frames);
        return kind;
    }

    private static WardlineException Bad(string why) => new("client.recording", $"The recording cannot be used: {why}.");
}
