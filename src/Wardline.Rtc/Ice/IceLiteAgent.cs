using System.Text;
using Wardline.Rtc.Stun;

namespace Wardline.Rtc.Ice;

/// <summary>
/// <code>
///            SetRemote             authenticated check          check with USE-CANDIDATE
/// [Waiting] ───────────► [Checking] ─────────────────► [Checking] ─────────────► [Connected] ◄─┐
///                                                                                 │    ▲       │ check with USE-CANDIDATE
///                                        no check on the selected path for 30 s   ▼    │ check │ from another address
///                                                                             [Silent]─┘       │
///                                                                              any ────────────┘
/// </code>
/// Restart leaves the state alone: media stays on the old path until the new credentials nominate one (RFC 8445 §9).
/// </summary>
public enum IceState : byte
{
    /// <summary>The peer's credentials are not known yet.</summary>
    Waiting,

    /// <summary>No path is selected yet.</summary>
    Checking,

    /// <summary>There is a selected path and consent to send on it.</summary>
    Connected,

    /// <summary>Consent ran out (RFC 7675 §5.1): nothing may be sent until the next authenticated check.</summary>
    Silent,
}

/// <summary>
/// The ICE agent of a server with a public address (RFC 8445 §2.5, §6.1.1): it answers checks and follows the
/// nominations of the peer, which is always controlling, and never sends a check of its own.
/// </summary>
/// <remarks>
/// Not thread-safe: one session, one writer. <see cref="Handle"/> does not allocate, but for the memory of checks
/// (<see cref="SeenTransactions"/>), which grows a dozen times in its life.
/// </remarks>
public sealed class IceLiteAgent
{
    /// <summary>Longest response: header, ERROR-CODE with its reason, UNKNOWN-ATTRIBUTES, integrity and fingerprint.</summary>
    public const int MaxResponseBytes = 160;

    private readonly IceOptions _options;
    private readonly ValidatedAddresses _validated;
    private Generation _current;
    private Generation? _previous;
    private TransportAddress? _selected;
    private uint _selectedPriority;
    private Instant? _lastCheck;

    public IceLiteAgent(IceCredentials local, IceOptions options)
    {
        _options = options;
        _validated = new ValidatedAddresses(options.MaxValidatedAddresses);
        _current = new Generation(local);
    }

    /// <summary>The credentials of one ICE session between restarts, in the forms that the packet path needs.</summary>
    private sealed class Generation
    {
        public Generation(in IceCredentials local)
        {
            if (!local.IsWellFormed || IceUfrag.Pack(local.Ufrag) == 0)
            {
                throw new ArgumentException("Local ICE credentials come from IceCredentials.Create.", nameof(local));
            }

            Local = local;
            PackedUfrag = IceUfrag.Pack(local.Ufrag);
            Key = Encoding.ASCII.GetBytes(local.Password);
        }

        public IceCredentials Local { get; }

        public ulong PackedUfrag { get; }

        /// <summary>Requests and responses alike are keyed with the password of the one who is asked (RFC 8445 §7.2.2).</summary>
        public byte[] Key { get; }

        public IceCredentials? Remote { get; private set; }

        /// <summary>"ours:theirs", as every check must carry it.</summary>
        public byte[]? Username { get; private set; }

        /// <summary>Ids are the peer's own choice under one password, so a restart begins with none.</summary>
        public SeenTransactions Seen { get; } = new();

        /// <summary>An authenticated check has come.</summary>
        public bool Proven { get; set; }

        /// <summary>When the nominations of a peer that nominates everything are over; null before the first.</summary>
        public Instant? SettledAt { get; set; }

        public void SetRemote(in IceCredentials remote)
        {
            Remote = remote;
            Username = Encoding.ASCII.GetBytes($"{Local.Ufrag}:{remote.Ufrag}");
        }
    }

    public IceCredentials Local => _current.Local;

    public IceCredentials? Remote => _current.Remote;

    /// <summary>During the overlap of a restart the credentials before it, otherwise null.</summary>
    public IceCredentials? PreviousLocal => _previous?.Local;

    /// <summary>Where to send; null until the peer has nominated a path.</summary>
    public TransportAddress? Selected => _selected;

    public IceCounters Counters { get; } = new();

    /// <summary>
    /// When consent to send on the selected path ends unless a check comes; before a path is selected, the same of
    /// the last check on any path. <see cref="Instant.Never"/> until the first check.
    /// </summary>
    public Instant ConsentExpires
    {
        get
        {
            Instant? last = _lastCheck;
            if (_selected is { } selected && _validated.TryGetLastCheck(selected, out Instant onSelected))
            {
                last = onSelected;
            }

            return last is { } at ? at + _options.ConsentTimeout : Instant.Never;
        }
    }

    /// <summary>RFC 7675 from the lite side: whether an authenticated check came within the consent timeout. False before the first.</summary>
    public bool IsAlive(Instant now) => _lastCheck is not null && now < ConsentExpires;

    public IceState StateAt(Instant now) => this switch
    {
        { Remote: null } => IceState.Waiting,
        { Selected: null } => IceState.Checking,
        _ => IsAlive(now) ? IceState.Connected : IceState.Silent,
    };

    /// <summary>Whether a packet from <paramref name="address"/> may be the peer's: a check from it was authenticated within the consent timeout.</summary>
    public bool IsValidated(in TransportAddress address, Instant now) =>
        _validated.TryGetLastCheck(address, out Instant last) && now < last + _options.ConsentTimeout;

    /// <summary>The peer's credentials from its offer. Another pair later is an ICE restart: <see cref="Restart"/>.</summary>
    public void SetRemote(in IceCredentials remote)
    {
        if (_current.Remote is { } known && known != remote)
        {
            throw new InvalidOperationException("The peer's ICE credentials change only by a restart.");
        }

        _current.SetRemote(remote);
    }

    /// <summary>
    /// RFC 8445 §9. The old credentials are accepted until the first check with the new ones succeeds, so checks
    /// and media that are on their way are not lost. When restarts follow each other before any such check, the
    /// pair that was last in use stays the fallback.
    /// </summary>
    public void Restart(IceCredentials newLocal, IceCredentials newRemote)
    {
        Generation next = new(newLocal);
        next.SetRemote(newRemote);
        if (_current.Proven || _previous is null)
        {
            _previous = _current;
        }

        _current = next;
    }

    /// <summary>Whether a check for this packed ufrag (<see cref="IceUfrag"/>) is for this agent.</summary>
    public bool AcceptsUfrag(ulong packed) =>
        packed != 0 && (packed == _current.PackedUfrag || packed == _previous?.PackedUfrag);

    /// <summary>
    /// Takes one STUN datagram. When <paramref name="responseLength"/> is not 0, that many bytes of
    /// <paramref name="response"/> go back to <paramref name="from"/>, whatever the outcome.
    /// </summary>
    /// <param name="response">At least <see cref="MaxResponseBytes"/>.</param>
    public IceOutcome Handle(ReadOnlySpan<byte> stun, in TransportAddress from, Instant now, Span<byte> response, out int responseLength)
    {
        responseLength = 0;

        // 1. Only a binding request with a right fingerprint is worth a thought.
        if (StunMessage.TryParse(stun, out StunMessage message) != StunParse.Ok)
        {
            Counters.Malformed++;
            return IceOutcome.Dropped;
        }

        if (message.Class != StunClass.Request || message.Method != StunMethod.Binding)
        {
            Counters.NotARequest++;
            return IceOutcome.Dropped;
        }

        if (!message.HasFingerprint)
        {
            Counters.WithoutFingerprint++;
            return IceOutcome.Dropped;
        }

        // 2. Authenticate (RFC 8489 §9.1.3).
        if (!message.HasIntegrity || !message.HasUsername)
        {
            Counters.WithoutCredentials++;
            responseLength = StunAnswers.Error(response, message, StunErrors.BadRequest, "Bad Request"u8, default);
            return IceOutcome.Refused;
        }

        if (_current.Username is null)
        {
            Counters.BeforeRemote++;
            return IceOutcome.Dropped;
        }

        if (Find(message.Username) is not { } generation)
        {
            Counters.WrongUsername++;
            responseLength = StunAnswers.Error(response, message, StunErrors.Unauthenticated, "Unauthenticated"u8, default);
            return IceOutcome.Refused;
        }

        if (!message.VerifyIntegrity(generation.Key))
        {
            Counters.BadIntegrity++;
            responseLength = StunAnswers.Error(response, message, StunErrors.Unauthenticated, "Unauthenticated"u8, default);
            return IceOutcome.Refused;
        }

        // 3. A check counts once. Its copy from elsewhere would take the media there, so it is not even answered; one
        //    from the same address means that our answer is late or lost, which is all that it means (RFC 8489 §6.3.1).
        TransactionKind kind = generation.Seen.Note(message.TransactionId, from);
        if (kind == TransactionKind.Replay)
        {
            Counters.ReplayedChecks++;
            return IceOutcome.Dropped;
        }

        // 4. What the authenticated peer must not ask (RFC 8489 §6.3.1; RFC 8445 §7.3.1.1: a lite agent whose peer
        //    is full is controlled, so a peer that says the same of itself has to switch).
        if (message.UnknownRequiredCount > 0)
        {
            Counters.UnknownAttributes++;
            responseLength = StunAnswers.UnknownAttributes(response, message, generation.Key);
            return IceOutcome.Refused;
        }

        if (message.IceControlled is not null)
        {
            Counters.RoleConflicts++;
            responseLength = StunAnswers.Error(response, message, StunErrors.RoleConflict, "Role Conflict"u8, generation.Key);
            return IceOutcome.Refused;
        }

        // 5. The address is proven, and perhaps nominated; by a retransmission nothing is, or a recorded check sent
        //    with a forged source address would keep up consent for a peer that is gone.
        bool moved = kind == TransactionKind.New && Accept(generation, from, now, message.HasUseCandidate ? message.Priority ?? 0 : null);
        Counters.RepeatedChecks += kind == TransactionKind.Retransmission ? 1 : 0;
        responseLength = StunAnswers.Success(response, message, from, generation.Key);
        Counters.Answered++;
        return moved ? IceOutcome.AnsweredAndSelected : IceOutcome.Answered;
    }

    private Generation? Find(ReadOnlySpan<byte> username)
    {
        if (username.SequenceEqual(_current.Username))
        {
            return _current;
        }

        return _previous?.Username is { } old && username.SequenceEqual(old) ? _previous : null;
    }

    /// <summary>Every transition that a check causes.</summary>
    /// <param name="nomination">The priority of the nominated pair; null without USE-CANDIDATE.</param>
    private bool Accept(Generation generation, in TransportAddress from, Instant now, uint? nomination)
    {
        generation.Proven = true;
        if (generation == _current)
        {
            _previous = null;
        }

        if (_validated.Refresh(from, now, _selected))
        {
            Counters.AddressesForgotten++;
        }

        _lastCheck = now;
        return nomination is { } priority && Nominate(generation, from, now, priority);
    }

    // RFC 8445 §8.1.1 nominates once, but browsers towards a lite agent keep nominating the pair they use: the latest
    // nomination is where the peer is. This is also how a peer whose address changes takes us along. Only right after
    // the first one do several nominations mean "all of these", and then the best is kept.
    private bool Nominate(Generation generation, in TransportAddress from, Instant now, uint priority)
    {
        bool first = generation.SettledAt is null;
        generation.SettledAt ??= now + _options.NominationSettling;
        if (_selected == from)
        {
            _selectedPriority = priority;
            return false;
        }

        if (!first && now < generation.SettledAt && priority < _selectedPriority)
        {
            return false;
        }

        _selected = from;
        _selectedPriority = priority;
        Counters.SelectionChanges++;
        return true;
    }
}
