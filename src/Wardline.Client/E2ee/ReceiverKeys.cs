using System.Security.Cryptography;
using Wardline.Rtc;

namespace Wardline.Client.E2ee;

/// <summary>
/// The sender keys of one other member, and the frames opened with them. Replay windows belong to key and source, not to a
/// track, so a new track for the same camera does not open old frames again.
/// </summary>
/// <param name="floor">The newest epoch that this instance had when its keys were last forgotten; −1 for a new instance.</param>
internal sealed class ReceiverKeys(int member, long floor = -1) : IDisposable
{
    /// <summary>
    /// How far a counter may run ahead of the newest one opened: six times what a sender counts in the minute for which a
    /// transport is kept without media, …
    /// </summary>
    public const long CounterLead = 1 << 16;

    /// <summary>… and this many more for each second since, so that a camera nobody had looked at for an hour opens as well.</summary>
    public const long CounterLeadPerSecond = 500;

    /// <summary>How long the previous epoch still opens after the first frame of a newer one.</summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromSeconds(5);

    /// <summary>… and at the latest after a newer key has come: as long as the server keeps a broken connection's media.</summary>
    public static readonly TimeSpan LongestOverlap = TimeSpan.FromSeconds(60);

    private const int MaxKeys = 8;
    private readonly List<EpochKey> _keys = [];
    private long _current = -1;

    /// <summary>The newest epoch ever known. No key for it or one before it is taken again once these keys are forgotten.</summary>
    public long HighWater { get; private set; } = floor;

    public bool HasKey => _keys.Count > 0;

    /// <summary>
    /// Whether exactly this key is in place now. False for another key of a known epoch, and for an epoch that was superseded
    /// or forgotten: an old key message, played again, brings no old key back.
    /// </summary>
    public bool Install(uint epoch, ReadOnlySpan<byte> baseKey, Instant now)
    {
        byte[] fingerprint = SHA256.HashData(baseKey);
        foreach (EpochKey known in _keys)
        {
            if (known.Epoch == epoch)
            {
                return CryptographicOperations.FixedTimeEquals(known.Fingerprint, fingerprint);
            }
        }

        if (epoch <= HighWater)
        {
            return false;
        }

        HighWater = epoch;
        foreach (EpochKey older in _keys)
        {
            older.ExpiresAt = Instant.Min(older.ExpiresAt, now + LongestOverlap);
        }

        for (int i = _keys.Count - 1, kept = 0; i >= 0; i--)
        {
            // Two keys whose epochs have the same low byte cannot be told apart by a frame.
            if ((byte)_keys[i].Epoch == (byte)epoch || ++kept >= MaxKeys)
            {
                Remove(i);
            }
        }

        _keys.Add(new EpochKey(epoch, new SFrameKey(FrameLayout.KeyId(member, epoch), baseKey), fingerprint, now));
        return true;
    }

    /// <summary>Whether the key of this frame may still be on its way: an epoch newer than the newest one in place.</summary>
    public bool Awaits(MediaSource source, ReadOnlySpan<byte> sealedFrame)
    {
        int clear = FrameLayout.ClearBytes(source, sealedFrame);
        if (_keys.Count == 0 || clear < 0 || !SFrameHeader.TryRead(sealedFrame[clear..], out SFrameHeader header) || !IsOurs(header))
        {
            return false;
        }

        // Only the low byte is in the header: the half of the circle above the newest is newer.
        return (byte)((uint)header.KeyId - _keys[^1].Epoch) is > 0 and < 128;
    }

    /// <summary>
    /// The frame into <paramref name="destination"/>, which has room for as many bytes as <paramref name="sealedFrame"/> has
    /// and does not overlap it; what stands there after any other result is not a frame.
    /// </summary>
    public OpenResult Open(MediaSource source, ReadOnlySpan<byte> sealedFrame, Span<byte> destination, out int length, Instant now)
    {
        length = 0;

        // 1. The clear bytes, as the sender must have cut them.
        int clear = FrameLayout.ClearBytes(source, sealedFrame);
        if (clear < 0 || !SFrameHeader.TryRead(sealedFrame[clear..], out SFrameHeader header))
        {
            return OpenResult.Short;
        }

        // 2. Only this member's key may open what is shown as this member's.
        if (!IsOurs(header))
        {
            return OpenResult.WrongSender;
        }

        Prune(now);
        EpochKey? entry = Find((byte)header.KeyId);
        if (entry is null)
        {
            return OpenResult.NoKey;
        }

        // 3. Replay before decrypting.
        if (header.Counter > long.MaxValue)
        {
            return OpenResult.Ahead;
        }

        long counter = (long)header.Counter;
        if (entry.Windows[(int)source] is { } window && !window.IsFresh(counter))
        {
            return OpenResult.Replayed;
        }

        if (counter - entry.NewestCounter > entry.LeadAt(now))
        {
            return OpenResult.Ahead;
        }

        // 4. Tag, header and metadata.
        Span<byte> metadata = stackalloc byte[FrameLayout.MaxMetadataBytes];
        metadata = metadata[..FrameLayout.WriteMetadata(source, sealedFrame[..clear], metadata)];
        if (!entry.Key.TryOpen(header, sealedFrame[clear..], metadata, destination[clear..], out int plain))
        {
            return OpenResult.Forged;
        }

        // 5. Genuine: only now does anything move.
        sealedFrame[..clear].CopyTo(destination);
        length = clear + plain;
        (entry.Windows[(int)source] ??= new ReplayWindow()).Take(counter);
        if (counter > entry.NewestCounter)
        {
            entry.NewestCounter = counter;
            entry.NewestAt = now;
        }

        Advance(entry.Epoch, now);
        return OpenResult.Opened;
    }

    /// <summary>Forgets what has expired.</summary>
    public void Prune(Instant now)
    {
        for (int i = _keys.Count - 1; i >= 0; i--)
        {
            if (_keys[i].ExpiresAt <= now)
            {
                Remove(i);
            }
        }
    }

    public void Dispose()
    {
        foreach (EpochKey key in _keys)
        {
            key.Key.Dispose();
        }

        _keys.Clear();
    }

    private bool IsOurs(in SFrameHeader header) => header.KeyId <= 0xffff && (int)(header.KeyId >> 8) == member;

    private EpochKey? Find(byte lowByte)
    {
        foreach (EpochKey key in _keys)
        {
            if ((byte)key.Epoch == lowByte)
            {
                return key;
            }
        }

        return null;
    }

    // The first frame of a newer epoch: the epoch before it gets its overlap, everything older goes at once.
    private void Advance(uint epoch, Instant now)
    {
        if (epoch <= _current)
        {
            return;
        }

        // Nothing opened yet: the newest key before it may still have frames on the way.
        long previous = _current;
        if (previous < 0)
        {
            foreach (EpochKey key in _keys)
            {
                previous = key.Epoch < epoch ? Math.Max(previous, key.Epoch) : previous;
            }
        }

        _current = epoch;
        for (int i = _keys.Count - 1; i >= 0; i--)
        {
            EpochKey key = _keys[i];
            if (key.Epoch >= epoch)
            {
                continue;
            }

            if (key.Epoch == previous)
            {
                key.ExpiresAt = Instant.Min(key.ExpiresAt, now + Overlap);
            }
            else
            {
                Remove(i);
            }
        }
    }

    private void Remove(int at)
    {
        _keys[at].Key.Dispose();
        _keys.RemoveAt(at);
    }

    private sealed class EpochKey(uint epoch, SFrameKey key, byte[] fingerprint, Instant now)
    {
        public uint Epoch { get; } = epoch;

        public SFrameKey Key { get; } = key;

        /// <summary>SHA-256 of the base key: tells the same key sent again from another one for the same epoch.</summary>
        public byte[] Fingerprint { get; } = fingerprint;

        /// <summary>By <see cref="MediaSource"/>; made at the first genuine frame.</summary>
        public ReplayWindow?[] Windows { get; } = new ReplayWindow?[(int)MediaSource.Screen + 1];

        public Instant ExpiresAt { get; set; } = Instant.Never;

        /// <summary>The newest counter opened over all sources, and when.</summary>
        public long NewestCounter { get; set; } = -1;

        public Instant NewestAt { get; set; } = now;

        public long LeadAt(Instant at) =>
            CounterLead + CounterLeadPerSecond * Math.Max(0, at.Microseconds - NewestAt.Microseconds) / 1_000_000;
    }
}
