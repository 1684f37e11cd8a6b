using System.Buffers.Binary;
using System.Text;
using Wardline.Rtc.Stun;

namespace Wardline.Rtc.Ice;

/// <summary>
/// The full, controlling agent of a client towards a lite one (RFC 8445 §2.5): it makes the checks, nominates the best
/// path and keeps consent on it (RFC 7675).
/// </summary>
/// <remarks>
/// <code>
///            AddPath, SetRemote          a check answered           its nomination answered
/// [Waiting] ───────────────► [Checking] ────────────────► [Checking] ───────────────► [Connected]
///                               ▲  all checks failed, or no answer on the selected path for 30 s │
///                               │                            ▼                                   │
///                               └── Restart ────────────── [Failed] ◄────────────────────────────┘
/// </code>
/// A path is named by the remote end alone: whoever owns the sockets gives an end that is reached through a relay or a TCP
/// connection its own <see cref="TransportAddress.Connection"/>. Not thread-safe. Allocates per path, not per check.
/// </remarks>
public sealed class IceAgent
{
    public const int MaxPaths = 32;

    /// <summary>Longest check: header, username of 2 × 256 octets at most, priority, role, nomination, integrity, fingerprint.</summary>
    public const int MaxCheckBytes = 640;

    private const int MaxSends = 8;

    /// <summary>RFC 8445 §14.2: pacing of new checks. 50 ms is its default; a lite peer answers at once, and 20 ms keeps joins short.</summary>
    private static readonly TimeSpan s_pacing = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_firstRetransmit = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_lastRetransmit = TimeSpan.FromMilliseconds(1600);

    /// <summary>A better path may still answer before the first one that did is nominated.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(100);

    /// <summary>RFC 7675 §5.1.</summary>
    private static readonly TimeSpan s_consentInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_consentExpiry = TimeSpan.FromSeconds(30);

    private readonly IRandomSource _random;
    private readonly ulong _tieBreaker;
    private readonly List<Path> _paths = [];
    private readonly byte[] _transaction = new byte[12];
    private byte[] _username = [];
    private byte[] _key = [];
    private Path? _selected;
    private Instant _nextCheck;
    private Instant? _firstValid;
    private Instant _decideAt = Instant.Never;
    private Instant _consentedAt;

    public IceAgent(in IceCredentials local, IRandomSource random)
    {
        Local = local;
        _random = random;
        Span<byte> tieBreaker = stackalloc byte[8];
        random.Fill(tieBreaker);
        _tieBreaker = BinaryPrimitives.ReadUInt64BigEndian(tieBreaker);
    }

    private enum PathState : byte
    {
        Waiting,
        InProgress,
        Valid,
        Failed,
    }

    private sealed class Path(TransportAddress to, uint priority)
    {
        public TransportAddress To { get; } = to;

        public uint Priority { get; } = priority;

        public PathState State { get; set; }

        public byte[] Transaction { get; } = new byte[12];

        /// <summary>A check is under way until this is answered or given up.</summary>
        public bool Asks { get; set; }

        public bool Nominates { get; set; }

        public int Sends { get; set; }

        public Instant SendAt { get; set; }
    }

    public IceCredentials Local { get; private set; }

    public IceCredentials? Remote { get; private set; }

    public IceAgentState State { get; private set; }

    /// <summary>Where to send; null until a nomination was answered. Stays through a restart (RFC 8445 §9).</summary>
    public TransportAddress? Selected { get; private set; }

    public IceAgentCounters Counters { get; } = new();

    /// <summary>The peer's credentials of its answer. Paths of a generation before are forgotten.</summary>
    public void SetRemote(in IceCredentials remote)
    {
        if (Remote == remote)
        {
            return;
        }

        Remote = remote;
        _username = Encoding.ASCII.GetBytes($"{remote.Ufrag}:{Local.Ufrag}");
        _key = Encoding.ASCII.GetBytes(remote.Password);
        _paths.Clear();
        _selected = null;
        _firstValid = null;
        _decideAt = Instant.Never;
        State = IceAgentState.Waiting;
    }

    /// <summary>RFC 8445 §9. The answer to the offer that carries them brings the peer's new ones.</summary>
    public void Restart(in IceCredentials local) => Local = local;

    /// <summary>A way to a candidate of the peer.</summary>
    /// <param name="priority">Of our own candidate at this end (RFC 8445 §5.1.2); higher is tried and nominated first.</param>
    /// <returns>False beyond <see cref="MaxPaths"/>, or when it is known.</returns>
    public bool AddPath(in TransportAddress to, uint priority, Instant now)
    {
        TransportAddress wanted = to;
        if (_paths.Count == MaxPaths || Remote is null || _paths.Exists(path => path.To == wanted))
        {
            return false;
        }

        int at = _paths.FindIndex(path => path.Priority < priority);
        _paths.Insert(at < 0 ? _paths.Count : at, new Path(to, priority));
        if (State is IceAgentState.Waiting or IceAgentState.Failed)
        {
            State = IceAgentState.Checking;
            _nextCheck = now;
        }

        return true;
    }

    /// <summary>The peer may use this end for DTLS and media: it has answered a check of ours.</summary>
    public bool IsValidated(in TransportAddress from)
    {
        foreach (Path path in _paths)
        {
            if (path.To == from)
            {
                return path.State == PathState.Valid;
            }
        }

        // During a restart the old path goes on.
        return Selected == from;
    }

    /// <summary>A STUN message of the peer; anything but an answer to an open check is counted and dropped.</summary>
    public IceAnswer Handle(ReadOnlySpan<byte> datagram, in TransportAddress from, Instant now)
    {
        if (StunMessage.TryParse(datagram, out StunMessage message) != StunParse.Ok || message.Method != StunMethod.Binding)
        {
            Counters.Malformed++;
            return IceAnswer.Refused;
        }

        if (Find(message.TransactionId) is not { } path)
        {
            Counters.UnknownTransactions++;
            return IceAnswer.Refused;
        }

        if (!message.VerifyIntegrity(_key))
        {
            Counters.WrongIntegrity++;
            return IceAnswer.Refused;
        }

        // RFC 8445 §7.2.5.2.1: an answer that comes from elsewhere proves nothing about the path.
        if (path.To != from)
        {
            Counters.NonSymmetric++;
            return IceAnswer.Refused;
        }

        path.Asks = false;
        if (message.Class != StunClass.Success)
        {
            Counters.ErrorResponses++;
            Fail(path);
            Nominate(now);
            return IceAnswer.Refused;
        }

        Counters.Answers++;
        path.State = PathState.Valid;
        _firstValid ??= now;
        if (ReferenceEquals(path, _selected))
        {
            _consentedAt = now;
            path.SendAt = now + ConsentInterval();
        }

        if (path.Nominates && !ReferenceEquals(path, _selected))
        {
            Select(path, now);
            return IceAnswer.Selected;
        }

        Nominate(now);
        return IceAnswer.Accepted;
    }

    public Instant NextTimeout
    {
        get
        {
            if (State is IceAgentState.Waiting or IceAgentState.Failed)
            {
                return Instant.Never;
            }

            Instant next = State == IceAgentState.Connected ? _consentedAt + s_consentExpiry : Instant.Never;
            foreach (Path path in _paths)
            {
                Instant at = path.State == PathState.Waiting
                    ? _nextCheck
                    : path.Asks || ReferenceEquals(path, _selected) ? path.SendAt : Instant.Never;
                next = Instant.Min(next, at);
            }

            return Instant.Min(next, _decideAt);
        }
    }

    /// <summary>Gives up what is due to be given up; then call <see cref="TryTakeCheck"/> until it says false.</summary>
    public void HandleTimeout(Instant now)
    {
        if (State == IceAgentState.Connected && now >= _consentedAt + s_consentExpiry)
        {
            State = IceAgentState.Failed;
            return;
        }

        foreach (Path path in _paths)
        {
            // Consent checks are not given up one by one: only 30 s without any answer count.
            if (path.Asks && path.Sends >= MaxSends && now >= path.SendAt && !ReferenceEquals(path, _selected))
            {
                Fail(path);
            }
        }

        Nominate(now);
    }

    /// <param name="check">At least <see cref="MaxCheckBytes"/>.</param>
    public bool TryTakeCheck(Instant now, Span<byte> check, out TransportAddress to, out int length)
    {
        to = default;
        length = 0;
        if (State is not (IceAgentState.Checking or IceAgentState.Connected))
        {
            return false;
        }

        foreach (Path path in _paths)
        {
            bool begins = (path.State == PathState.Waiting && now >= _nextCheck) ||
                (!path.Asks && ReferenceEquals(path, _selected) && now >= path.SendAt);
            if (!begins && !(path.Asks && now >= path.SendAt))
            {
                continue;
            }

            // Consent is asked for by new questions, for as long as it lasts.
            if (begins || path.Sends >= MaxSends)
            {
                Begin(path, nominates: false);
                _nextCheck = now + s_pacing;
            }

            to = path.To;
            length = Write(path, check);
            path.Sends++;
            TimeSpan wait = TimeSpan.FromTicks(Math.Min(s_firstRetransmit.Ticks << Math.Min(path.Sends - 1, 10), s_lastRetransmit.Ticks));
            path.SendAt = now + wait;
            Counters.ChecksSent++;
            return true;
        }

        return false;
    }

    private void Nominate(Instant now)
    {
        _decideAt = Instant.Never;
        if (_selected is not null || _firstValid is not { } first)
        {
            return;
        }

        // Regular nomination (RFC 8445 §8.1.1): the best valid path, at once if no better one may still answer.
        foreach (Path path in _paths)
        {
            if (path.State == PathState.Valid)
            {
                if (!path.Asks)
                {
                    Begin(path, nominates: true);
                    path.SendAt = now;
                }

                return;
            }

            if (path.State != PathState.Failed && now < first + s_patience)
            {
                _decideAt = first + s_patience;
                return;
            }
        }
    }

    private void Begin(Path path, bool nominates)
    {
        _random.Fill(_transaction);
        _transaction.CopyTo(path.Transaction, 0);
        path.Asks = true;
        path.Nominates |= nominates;
        path.Sends = 0;
        path.State = path.State == PathState.Waiting ? PathState.InProgress : path.State;
    }

    private int Write(Path path, Span<byte> check)
    {
        StunWriter writer = new(check, StunClass.Request, StunMethod.Binding, path.Transaction);
        writer.AddUsername(_username);
        writer.AddPriority(path.Priority);
        writer.AddIceControlling(_tieBreaker);
        if (path.Nominates)
        {
            writer.AddUseCandidate();
        }

        writer.AddMessageIntegrity(_key);
        writer.AddFingerprint();
        return writer.Length;
    }

    private void Select(Path path, Instant now)
    {
        _selected = path;
        Selected = path.To;
        _consentedAt = now;
        path.SendAt = now + ConsentInterval();
        State = IceAgentState.Connected;
    }

    private void Fail(Path path)
    {
        path.Asks = false;
        path.State = PathState.Failed;
        if (_paths.TrueForAll(p => p.State == PathState.Failed))
        {
            State = IceAgentState.Failed;
        }
    }

    private Path? Find(ReadOnlySpan<byte> transaction)
    {
        foreach (Path path in _paths)
        {
            if (path.Asks && transaction.SequenceEqual(path.Transaction))
            {
                return path;
            }
        }

        return null;
    }

    /// <summary>RFC 7675 §5.1: ± 20 %, so that checks of many do not meet.</summary>
    private TimeSpan ConsentInterval()
    {
        Span<byte> drawn = stackalloc byte[1];
        _random.Fill(drawn);
        return s_consentInterval * (0.8 + 0.4 * drawn[0] / 255);
    }
}

/// <summary>See the diagram at <see cref="IceAgent"/>.</summary>
public enum IceAgentState : byte
{
    Waiting,
    Checking,
    Connected,
    Failed,
}

/// <summary>What a STUN message was to an <see cref="IceAgent"/>.</summary>
public enum IceAnswer : byte
{
    /// <summary>Not an answer to an open check of ours, or an error; counted.</summary>
    Refused,

    Accepted,

    /// <summary>The answer to a nomination: media may flow on this path.</summary>
    Selected,
}

/// <summary>What one agent sent, heard and dropped; only ever rising.</summary>
public sealed class IceAgentCounters
{
    public long ChecksSent { get; internal set; }

    public long Answers { get; internal set; }

    public long ErrorResponses { get; internal set; }

    public long Malformed { get; internal set; }

    public long UnknownTransactions { get; internal set; }

    public long WrongIntegrity { get; internal set; }

    public long NonSymmetric { get; internal set; }
}
