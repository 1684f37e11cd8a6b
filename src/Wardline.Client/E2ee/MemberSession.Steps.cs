using System.Security.Cryptography;
using Wardline.Client.Signaling;
using Wardline.Rtc;

namespace Wardline.Client.E2ee;

// What changes a session's state: rosters, messages and time.
internal sealed partial class MemberSession
{
    /// <summary>Instances whose keys one session takes in; a visit sees a few dozen at most.</summary>
    private const int MaxInstances = 1024;
    private const int MaxEarly = 64;
    private static readonly TimeSpan[] ResendAfter =
        [TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(8)];
    private static readonly TimeSpan RotateAgainAfter = TimeSpan.FromSeconds(1);

    /// <summary>By instance: the newest epoch ever known of those that are gone. Kept as long as the session.</summary>
    private readonly Dictionary<string, long> _highWater = [];
    private List<(string From, string Body)> _early = [];
    private string _you = "";
    private int _senderMember = -1;
    private uint _lastEpoch;
    private TimeSpan _rotateEvery = TimeSpan.FromMinutes(30);
    private bool _isConnected = true;
    private bool _hasMissed;
    private Instant _rotateAt;
    private Instant _resendAt;
    private int _resendStep;

    /// <summary>
    /// A socket's welcome. That it may say that encryption is not required is ignored: nothing is ever sent unsealed.
    /// </summary>
    public void OnWelcome(SignalEvent welcome, Instant now)
    {
        if (_isDisposed || welcome.You is null)
        {
            return;
        }

        _you = welcome.You.Participant;
        if (welcome.E2ee is { RotateSeconds: var seconds } && double.IsFinite(seconds))
        {
            _rotateEvery = TimeSpan.FromSeconds(Math.Clamp(seconds, 1, 86_400));
        }

        _rotateAt = now + _rotateEvery;
    }

    /// <summary>The server's <c>state</c>: whether this member is in the call.</summary>
    public void OnState(bool isInCall, Instant now)
    {
        SetConnected(isInCall, now);
        if (!isInCall)
        {
            ApplyRoster([], now);
        }
    }

    /// <summary>The socket is gone: until the next <see cref="OnState"/> no new epoch begins, since nobody would get its key.</summary>
    public void OnDisconnected(Instant now) => SetConnected(false, now);

    /// <summary>A roster, whole. Members are those in the call (or away from it for a moment) with keys.</summary>
    public void OnRoster(IReadOnlyList<RosterEntry> participants, Instant now) =>
        ApplyRoster(participants.Where(p => p is { State: not "waiting", E2ee: not null }), now);

    /// <summary>An <c>e2ee</c> message that the server passed on.</summary>
    public void OnBody(string from, string body, Instant now)
    {
        if (!_isDisposed)
        {
            Handle(from, body, mayWait: true, now);
        }
    }

    public void HandleTimeout(Instant now)
    {
        _sender?.HandleTimeout(now);
        foreach (Peer peer in _peers.Values)
        {
            peer.Held.Expire(now);
        }

        if (_rotateAt <= now)
        {
            Rotate(now);
        }

        if (_resendAt <= now)
        {
            foreach (Peer peer in _peers.Values)
            {
                peer.Receiver.Prune(now);
            }

            if (_isConnected)
            {
                _sender?.Resend();
                _code.Advance(now);
                _code.Repeat();
            }

            ScheduleResend(fromStart: false, now);
        }
    }

    private void SetConnected(bool isConnected, Instant now)
    {
        if (_isDisposed || _isConnected == isConnected)
        {
            return;
        }

        _isConnected = isConnected;
        if (!isConnected)
        {
            _hasMissed = true;
            _sender?.Hold();
            return;
        }

        // What the broken socket may have lost.
        _sender?.Resend();
        _sender?.Resume(now);
        _code.Repeat();
        ScheduleResend(fromStart: true, now);
    }

    private void ApplyRoster(IEnumerable<RosterEntry> roster, Instant now)
    {
        if (_isDisposed)
        {
            return;
        }

        // 1. Who is gone? Their keys go first; what was opened with them stays known for good, also when the same instance
        //    is shown again at once, under another number or name.
        List<CodeMember> members = ReadRoster(roster);
        CodeMember? own = members.Find(m => m.IsYou);
        Dictionary<string, Peer> before = _peers;
        int gone = 0;
        foreach (Peer known in before.Values)
        {
            if (!members.Exists(known.Is))
            {
                Forget(known);
                gone++;
            }
        }

        List<Recipient> joined = [];
        _peers = TakeIn(members, before, joined);

        // 2. A number of our own is needed to seal; a new one means new keys.
        List<Recipient> all = [.. _peers.Values.Select(p => new Recipient(p.Participant, p.Pair))];
        if (own is null)
        {
            _sender?.Dispose();
            _sender = null;
            _senderMember = -1;
        }
        else if (_sender is null || _senderMember != own.Member)
        {
            _sender?.Dispose();
            _senderMember = own.Member;
            _sender = new SenderKeys(own.Member, _random, () => checked(++_lastEpoch), Send);
            Turn(all, atOnce: true, now);
        }
        else if (gone > 0)
        {
            Turn(all, atOnce: true, now);
        }
        else if (_hasMissed && _isConnected)
        {
            // Somebody may have gone and come back unseen, and then has forgotten our key: everybody gets a new one.
            Turn(all, atOnce: false, now);
        }
        else if (joined.Count > 0)
        {
            foreach (Recipient newcomer in joined)
            {
                _sender.Include(newcomer, all, now);
            }

            _rotateAt = now + _rotateEvery;
        }

        _hasMissed &= !_isConnected;

        // 3. The code belongs to exactly these members.
        _code.SetMembers(own is null ? [] : members, now);
        ScheduleResend(fromStart: true, now);

        // 4. What came before its sender was known.
        List<(string From, string Body)> early = _early;
        _early = [];
        foreach ((string from, string body) in early)
        {
            Handle(from, body, mayWait: false, now);
        }
    }

    private Dictionary<string, Peer> TakeIn(List<CodeMember> members, Dictionary<string, Peer> before, List<Recipient> joined)
    {
        Dictionary<string, Peer> peers = [];
        foreach (CodeMember member in members.Where(m => !m.IsYou))
        {
            if (before.TryGetValue(member.Participant, out Peer? known) && known.Is(member))
            {
                peers.Add(member.Participant, known);
                continue;
            }

            bool isKnown = _highWater.TryGetValue(member.Instance, out long floor);
            PairKeys? pair = isKnown || _highWater.Count < MaxInstances ? PairKeys.Agree(_visit, _own, member.PublicKey) : null;
            if (pair is null)
            {
                Counters.BadRoster++;
                continue;
            }

            peers.Add(member.Participant, new Peer(member, pair, isKnown ? floor : -1));
            joined.Add(new Recipient(member.Participant, pair));
        }

        return peers;
    }

    private List<CodeMember> ReadRoster(IEnumerable<RosterEntry> roster)
    {
        List<CodeMember> members = [];
        foreach (RosterEntry line in roster.Take(E2eeMessage.MaxMembers))
        {
            bool isYou = line.Participant == _you;
            byte[]? publicKey = isYou ? _own.PublicKey : Bytes.FromBase64Url(line.E2ee!.PublicKey);
            byte[]? commitment = isYou ? _commitment : Bytes.FromBase64Url(line.E2ee!.Commitment);
            if (publicKey?.Length == OwnKeys.PublicKeyBytes && commitment?.Length == 32 && line.E2ee!.Member is >= 0 and <= 255
                && line.Participant is not null
                && !members.Exists(m => m.Member == line.E2ee.Member || m.Participant == line.Participant || m.PublicKey.AsSpan().SequenceEqual(publicKey)))
            {
                members.Add(new CodeMember(line.Participant, line.E2ee.Member, publicKey, commitment, isYou));
            }
            else
            {
                Counters.BadRoster++;
            }
        }

        return members;
    }

    private void Handle(string from, string body, bool mayWait, Instant now)
    {
        if (E2eeMessage.Decode(body) is not { } message)
        {
            Counters.BadMessages++;
            return;
        }

        bool isTaken = _peers.TryGetValue(from, out Peer? peer) && message.Type switch
        {
            E2eeMessageType.Key => TakeKey(peer, message, now),
            E2eeMessageType.Ack => TakeAcknowledgement(peer, message),
            _ => TakeCode(from, message, now),
        };

        // A message can overtake the roster that names its sender: it gets one more try after the next roster.
        if (!isTaken)
        {
            if (mayWait && _early.Count < MaxEarly)
            {
                _early.Add((from, body));
            }
            else
            {
                Counters.BadMessages++;
            }
        }
    }

    private bool TakeKey(Peer peer, E2eeMessage message, Instant now)
    {
        Span<byte> baseKey = stackalloc byte[32];
        if (!peer.Pair.TryOpen(EnvelopePurpose.SenderKey, message.Epoch, message.Value, baseKey))
        {
            return false;
        }

        bool isInstalled = peer.Receiver.Install(message.Epoch, baseKey, now);
        CryptographicOperations.ZeroMemory(baseKey);
        if (isInstalled)
        {
            peer.Held.Release();
            byte[] envelope = peer.Pair.Seal(EnvelopePurpose.Acknowledgement, message.Epoch, [], _random);
            Send(peer.Participant, E2eeMessage.Ack(message.Epoch, envelope).Encode());
        }

        return true;
    }

    private bool TakeAcknowledgement(Peer peer, E2eeMessage message)
    {
        if (!peer.Pair.TryOpen(EnvelopePurpose.Acknowledgement, message.Epoch, message.Value, []))
        {
            return false;
        }

        _sender?.Acknowledged(peer.Participant, message.Epoch);
        return true;
    }

    private bool TakeCode(string from, E2eeMessage message, Instant now)
    {
        _code.Receive(from, message, now);
        return true;
    }

    // What may never be opened again of an instance that is gone: everything up to the newest epoch it ever had.
    private void Forget(Peer peer)
    {
        long newest = Math.Max(peer.Receiver.HighWater, _highWater.GetValueOrDefault(peer.Instance, -1));
        if (newest >= 0)
        {
            _highWater[peer.Instance] = newest;
        }

        for (int waiting = peer.Held.Count; waiting > 0; waiting--)
        {
            Counters.Count(OpenResult.NoKey);
        }

        peer.Dispose();
    }

    private void Rotate(Instant now)
    {
        if (!_isConnected)
        {
            // Without a socket nobody would get the key: made up for soon after.
            _rotateAt = now + RotateAgainAfter;
            return;
        }

        Turn([.. _peers.Values.Select(p => new Recipient(p.Participant, p.Pair))], atOnce: false, now);
        ScheduleResend(fromStart: true, now);
    }

    private void Turn(List<Recipient> recipients, bool atOnce, Instant now)
    {
        _sender?.Turn(recipients, atOnce, now);
        _rotateAt = now + _rotateEvery;
    }

    private void ScheduleResend(bool fromStart, Instant now)
    {
        _resendStep = fromStart ? 0 : Math.Min(_resendStep + 1, ResendAfter.Length - 1);
        _resendAt = now + ResendAfter[_resendStep];
    }
}
