using System.Buffers;
using Wardline.Rtc;

namespace Wardline.Client.E2ee;

/// <summary>
/// Frames of one sender, in the order in which they came, until its next key comes: bounded in number, bytes and time.
/// A leave turns the epoch at once; the key goes over TCP and the frames over UDP, so a lost segment lets frames overtake
/// their key by 200 ms and a round trip (docs/design/e2ee.md, "A key that comes after its frames").
/// </summary>
internal sealed class HeldFrames : IDisposable
{
    public const int MaxFrames = 64;
    public const int MaxBytes = 256 * 1024;
    public static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(300);
    private readonly Queue<Entry> _frames = new();
    private int _bytes;
    private int _ready;

    public int Count => _frames.Count;

    /// <summary>When the first frame that is not ready yet has waited long enough.</summary>
    public Instant NextTimeout
    {
        get
        {
            int skip = _ready;
            foreach (Entry entry in _frames)
            {
                if (skip-- <= 0)
                {
                    return entry.Until;
                }
            }

            return Instant.Never;
        }
    }

    /// <summary>False when there is no room. <paramref name="isReady"/>: it waits for those before it only, not for a key.</summary>
    public bool TryAdd(MediaSource source, ReadOnlySpan<byte> frame, long tag, bool isReady, Instant now)
    {
        if (_frames.Count >= MaxFrames || _bytes + frame.Length > MaxBytes)
        {
            return false;
        }

        byte[] copy = ArrayPool<byte>.Shared.Rent(frame.Length);
        frame.CopyTo(copy);
        _bytes += frame.Length;
        if (isReady && _ready == _frames.Count)
        {
            _ready++;
        }

        _frames.Enqueue(new Entry(source, copy, frame.Length, tag, now + Longest));
        return true;
    }

    /// <summary>A key has come: everything that waits is tried, once.</summary>
    public void Release() => _ready = _frames.Count;

    /// <summary>What has waited long enough is tried for the last time.</summary>
    public void Expire(Instant now)
    {
        int at = 0;
        foreach (Entry entry in _frames)
        {
            if (at >= _ready && entry.Until > now)
            {
                break;
            }

            at++;
        }

        _ready = Math.Max(_ready, at);
    }

    /// <summary>Whether a frame of this track is ready and not taken yet, so that no later one must overtake it.</summary>
    public bool HasReady(MediaSource source)
    {
        int left = _ready;
        if (left == 0)
        {
            return false;
        }

        foreach (Entry entry in _frames)
        {
            if (left-- == 0)
            {
                return false;
            }

            if (entry.Source == source)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The next one to try; its buffer goes back with <see cref="Return"/>.</summary>
    public bool TryTake(out Entry entry)
    {
        entry = default;
        if (_ready == 0)
        {
            return false;
        }

        _ready--;
        entry = _frames.Dequeue();
        _bytes -= entry.Length;
        return true;
    }

    public static void Return(in Entry entry) => ArrayPool<byte>.Shared.Return(entry.Buffer);

    public void Dispose()
    {
        Release();
        while (TryTake(out Entry entry))
        {
            Return(entry);
        }
    }

    internal readonly record struct Entry(MediaSource Source, byte[] Buffer, int Length, long Tag, Instant Until)
    {
        public ReadOnlySpan<byte> Frame => Buffer.AsSpan(0, Length);
    }
}
