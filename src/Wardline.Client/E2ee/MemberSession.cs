using Wardline.Client.Signaling;
using Wardline.Rtc;

namespace Wardline.Client.E2ee;

/// <summary>
/// The end-to-end encryption of one instance (docs/design/e2ee.md): knows who is in the call, hands out and takes in sender
/// keys, seals and opens frames, agrees on the short code. Interoperates with the browser's, byte for byte.
/// <para>
/// Without I/O, clock or thread: after each call that takes a time, the owner sends what <see cref="TryTakeMessage"/> gives,
/// delivers what <see cref="TryTakeHeld"/> gives, and calls <see cref="HandleTimeout"/> at <see cref="NextTimeout"/>.
/// Not thread-safe: one thread at a time calls a session, sealing and opening included. Bytes and texts from outside never
/// make it throw; they are counted in <see cref="Counters"/>. Sealing and opening good frames allocate nothing.
/// </para>
/// </summary>
internal sealed partial class MemberSession : IDisposable
{
    /// <summary>How much longer than its frame a sealed frame may be, in bytes.</summary>
    public const int MaxOverheadBytes = SenderKeys.MaxOverheadBytes;

    private readonly string _visit;
    private readonly IRandomSource _random;
    private readonly OwnKeys _own = new();
    private readonly byte[] _commitment;
    private readonly CodeRounds _code;
    private readonly Queue<(string To, string Body)> _outbox = new();
    private Dictionary<string, Peer> _peers = [];
    private SenderKeys? _sender;
    private bool _isDisposed;

    /// <param name="visit">The visit's id, from the person's own link and not from the server.</param>
    /// <param name="random">The operating system's generator; sender keys, nonces and envelopes are drawn from it.</param>
    public MemberSession(string visit, IRandomSource random, Instant now)
    {
        _visit = visit;
        _random = random;
        byte[] nonce = new byte[CodeRounds.NonceBytes];
        random.Fill(nonce);
        _commitment = CodeRounds.CommitmentOf(visit, nonce);
        _code = new CodeRounds(visit, nonce, random, Send, now);
        _rotateAt = _resendAt = Instant.Never;
        Hello = new HelloKeys(Bytes.ToBase64Url(_own.PublicKey), Bytes.ToBase64Url(_commitment));
    }

    /// <summary>What every hello of this instance names, over all its sockets.</summary>
    public HelloKeys Hello { get; }

    /// <summary>The epoch that this member seals with; 0 while it cannot seal.</summary>
    public uint Epoch => _sender?.Epoch ?? 0;

    /// <summary>The six digits, as <c>012 345</c>; null while there are none for exactly the present members.</summary>
    public string? ShortCode => _code.Digits;

    public E2eeCounters Counters { get; } = new();

    /// <summary>When <see cref="HandleTimeout"/> is to be called at the latest.</summary>
    public Instant NextTimeout
    {
        get
        {
            Instant next = Instant.Min(_rotateAt, _resendAt);
            if (_sender is not null)
            {
                next = Instant.Min(next, _sender.Deadline);
            }

            foreach (Peer peer in _peers.Values)
            {
                next = Instant.Min(next, peer.Held.NextTimeout);
            }

            return next;
        }
    }

    /// <summary>Whether keys are in place in both directions between this member and <paramref name="participant"/>.</summary>
    public bool IsSecure(string participant) =>
        _peers.TryGetValue(participant, out Peer? peer) && peer.Receiver.HasKey && _sender?.Reaches(participant) == true;

    /// <summary>The next <c>e2ee</c> message to send, in order. When the socket is down, what is taken may be dropped.</summary>
    public bool TryTakeMessage(out string to, out string body)
    {
        if (_outbox.TryDequeue(out (string To, string Body) message))
        {
            (to, body) = message;
            return true;
        }

        to = body = "";
        return false;
    }

    /// <summary>
    /// Seals a whole encoded frame (or RED payload) into <paramref name="destination"/>, which has room for
    /// <see cref="MaxOverheadBytes"/> more than the frame and does not overlap it. False: the frame must not be sent at all.
    /// </summary>
    /// <exception cref="ArgumentException">The destination is too small.</exception>
    public bool TrySeal(MediaSource source, ReadOnlySpan<byte> frame, Span<byte> destination, out int length)
    {
        length = 0;
        if (_sender?.TrySeal(source, frame, destination, out length) == true)
        {
            Counters.Sealed++;
            return true;
        }

        Counters.Unsealable++;
        return false;
    }

    /// <summary>
    /// Opens a frame that came on a track of <paramref name="participant"/> into <paramref name="destination"/>, which has
    /// room for as many bytes and does not overlap it. A frame that waits for its key is copied and comes back from
    /// <see cref="TryTakeHeld"/> with its <paramref name="tag"/>.
    /// </summary>
    /// <param name="tag">The caller's, to know a held frame by: its RTP timestamp, for example.</param>
    /// <exception cref="ArgumentException">The destination is too small.</exception>
    public OpenResult Open(
        string participant, MediaSource source, ReadOnlySpan<byte> sealedFrame, Span<byte> destination, out int length, Instant now, long tag = 0)
    {
        length = 0;
        if (destination.Length < sealedFrame.Length)
        {
            throw new ArgumentException($"A frame of {sealedFrame.Length} bytes needs room for as many.", nameof(destination));
        }

        if (!_peers.TryGetValue(participant, out Peer? peer))
        {
            return Counters.Count(OpenResult.NoKey);
        }

        bool awaits = peer.Receiver.Awaits(source, sealedFrame);
        if ((awaits || peer.Held.HasReady(source)) && peer.Held.TryAdd(source, sealedFrame, tag, isReady: !awaits, now))
        {
            return Counters.Count(OpenResult.Held);
        }

        return Counters.Count(peer.Receiver.Open(source, sealedFrame, destination, out length, now));
    }

    /// <summary>
    /// The next frame whose waiting is over, opened or given up: for each track in the order in which they came. False when
    /// there is none at present. <paramref name="destination"/> has room for <see cref="HeldFrames.MaxBytes"/>.
    /// </summary>
    public bool TryTakeHeld(Span<byte> destination, Instant now, out HeldFrame frame)
    {
        foreach (Peer peer in _peers.Values)
        {
            if (!peer.Held.TryTake(out HeldFrames.Entry entry))
            {
                continue;
            }

            // Once: what waited and still has no key is late.
            OpenResult result = peer.Receiver.Open(entry.Source, entry.Frame, destination, out int length, now);
            HeldFrames.Return(entry);
            frame = new HeldFrame(peer.Participant, entry.Source, entry.Tag, Counters.Count(result), length);
            return true;
        }

        frame = default;
        return false;
    }

    public void Dispose()
    {
        _isDisposed = true;
        _rotateAt = _resendAt = Instant.Never;
        _sender?.Dispose();
        _sender = null;
        foreach (Peer peer in _peers.Values)
        {
            peer.Dispose();
        }

        _peers = [];
        _outbox.Clear();
        _early.Clear();
        _own.Dispose();
    }

    private void Send(string to, string body) => _outbox.Enqueue((to, body));

    /// <summary>Somebody else in the call: one instance under one number.</summary>
    private sealed class Peer(CodeMember member, PairKeys pair, long floor) : IDisposable
    {
        public string Participant => member.Participant;

        public string Instance => member.Instance;

        public PairKeys Pair { get; } = pair;

        public ReceiverKeys Receiver { get; } = new(member.Member, floor);

        public HeldFrames Held { get; } = new();

        public bool Is(CodeMember other) =>
            other.Participant == member.Participant && other.Member == member.Member
            && other.Instance == member.Instance;

        public void Dispose()
        {
            Pair.Dispose();
            Receiver.Dispose();
            Held.Dispose();
        }
    }
}
