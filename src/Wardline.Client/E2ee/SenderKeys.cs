using System.Security.Cryptography;
using Wardline.Rtc;

namespace Wardline.Client.E2ee;

/// <summary>Who gets this member's keys.</summary>
internal readonly record struct Recipient(string Participant, PairKeys Pair);

//  steady(n)       -> [join, interval]     -> distributing(n+1)
//  distributing    -> [join]               -> distributing(n+1), the newcomer gets the same, still unused key
//  distributing    -> [all acked, 1 s]     -> steady(n+1)
//  any             -> [leave]              -> steady(n+1) as soon as the keys are sent

/// <summary>This member's own sender key: makes epochs, hands them out, seals frames. One counter a key, for all streams.</summary>
/// <param name="nextEpoch">Never the same twice in an instance's life, over all senders of it: receivers refuse what is not newer.</param>
internal sealed class SenderKeys(int member, IRandomSource random, Func<uint> nextEpoch, Action<string, string> send) : IDisposable
{
    /// <summary>A new epoch is used when everybody has acknowledged it, or after this time.</summary>
    public static readonly TimeSpan SwitchAfter = TimeSpan.FromSeconds(1);

    /// <summary>SFrame header with a KID of 2 and a counter of 4 bytes, and the tag.</summary>
    public const int MaxOverheadBytes = 1 + 2 + 4 + SFrameKey.TagBytes;

    /// <summary>One key seals at most this many frames (weeks of them): far below the bound of AES-GCM.</summary>
    private const ulong MaxFrames = 1UL << 32;
    private const int BaseKeyBytes = 32;
    private readonly byte[] _pendingBase = GC.AllocateArray<byte>(BaseKeyBytes, pinned: true);
    private EpochKey? _active;
    private EpochKey? _pending;

    /// <summary>The epoch in use; 0 before the first.</summary>
    public uint Epoch => _active?.Number ?? 0;

    /// <summary>When a new epoch is used although somebody has not acknowledged it.</summary>
    public Instant Deadline { get; private set; } = Instant.Never;

    /// <summary>Begins a new epoch for exactly these recipients.</summary>
    public void Turn(IReadOnlyCollection<Recipient> recipients, bool atOnce, Instant now)
    {
        DiscardPending();
        uint number = nextEpoch();
        random.Fill(_pendingBase);
        _pending = new EpochKey(number, new SFrameKey(FrameLayout.KeyId(member, number), _pendingBase));
        foreach (Recipient recipient in recipients)
        {
            Wrap(recipient);
        }

        if (atOnce || recipients.Count == 0)
        {
            Activate();
        }
        else
        {
            Deadline = now + SwitchAfter;
        }
    }

    /// <summary>Lets a newcomer in. The key it gets has sealed nothing yet.</summary>
    public void Include(Recipient newcomer, IReadOnlyCollection<Recipient> all, Instant now)
    {
        if (_pending is null)
        {
            Turn(all, atOnce: false, now);
        }
        else if (!_pending.Unacknowledged.ContainsKey(newcomer.Participant))
        {
            Wrap(newcomer);
        }
    }

    public void Acknowledged(string participant, uint epoch)
    {
        if (_active?.Number == epoch)
        {
            _active.Unacknowledged.Remove(participant);
        }

        if (_pending?.Number == epoch)
        {
            _pending.Unacknowledged.Remove(participant);
            if (_pending.Unacknowledged.Count == 0)
            {
                Activate();
            }
        }
    }

    /// <summary>Whether <paramref name="participant"/> can open what is sealed now.</summary>
    public bool Reaches(string participant) => _active is not null && !_active.Unacknowledged.ContainsKey(participant);

    /// <summary>Sends every unacknowledged key again.</summary>
    public void Resend()
    {
        foreach ((string participant, string body) in (_pending ?? _active)?.Unacknowledged ?? [])
        {
            send(participant, body);
        }
    }

    /// <summary>While the socket is down nobody can get a key: the old epoch stays in use.</summary>
    public void Hold() => Deadline = Instant.Never;

    public void Resume(Instant now)
    {
        if (_pending is not null)
        {
            Deadline = now + SwitchAfter;
        }
    }

    public void HandleTimeout(Instant now)
    {
        if (Deadline <= now)
        {
            Activate();
        }
    }

    /// <summary>False for a frame that cannot be sealed, which then is not sent.</summary>
    public bool TrySeal(MediaSource source, ReadOnlySpan<byte> frame, Span<byte> destination, out int length)
    {
        length = 0;
        int clear = FrameLayout.ClearBytes(source, frame);
        if (_active is not { } epoch || clear < 0 || epoch.NextCounter >= MaxFrames)
        {
            return false;
        }

        if (destination.Length < frame.Length + MaxOverheadBytes)
        {
            throw new ArgumentException($"A sealed frame of {frame.Length} bytes may need {MaxOverheadBytes} more.", nameof(destination));
        }

        Span<byte> metadata = stackalloc byte[FrameLayout.MaxMetadataBytes];
        metadata = metadata[..FrameLayout.WriteMetadata(source, frame[..clear], metadata)];
        length = clear + epoch.Key.Seal(epoch.NextCounter++, metadata, frame[clear..], destination[clear..]);
        frame[..clear].CopyTo(destination);
        return true;
    }

    public void Dispose()
    {
        DiscardPending();
        _active?.Key.Dispose();
        _active = null;
    }

    private void Wrap(Recipient recipient)
    {
        EpochKey epoch = _pending!;
        string body = E2eeMessage.Key(epoch.Number, recipient.Pair.Seal(EnvelopePurpose.SenderKey, epoch.Number, _pendingBase, random)).Encode();
        epoch.Unacknowledged[recipient.Participant] = body;
        send(recipient.Participant, body);
    }

    private void Activate()
    {
        _active?.Key.Dispose();
        _active = _pending;
        _pending = null;
        DiscardPending();
    }

    private void DiscardPending()
    {
        Deadline = Instant.Never;
        CryptographicOperations.ZeroMemory(_pendingBase);
        _pending?.Key.Dispose();
        _pending = null;
    }

    private sealed class EpochKey(uint number, SFrameKey key)
    {
        public uint Number { get; } = number;

        public SFrameKey Key { get; } = key;

        public ulong NextCounter { get; set; }

        /// <summary>Who has not acknowledged yet, with the message to send again.</summary>
        public Dictionary<string, string> Unacknowledged { get; } = [];
    }
}
