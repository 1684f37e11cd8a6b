using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Wardline.Rtc;
using Wardline.Rtc.Stun;

namespace Wardline.Client.Relay;

/// <summary>
/// One allocation on a TURN server (RFC 8656) and its channels to a few peers, sans-IO: messages of the server go to
/// <see cref="Handle"/>, ours come from <see cref="TryTake"/>, time is an argument. Not thread-safe; no allocation per packet.
/// </summary>
/// <remarks>
/// <code>
///        Start            401 with realm and nonce, signed again            all of it may fail at any time
/// [Idle] ─────► [Allocating] ─────────────────────────────► [Allocated] ─────────────────────────────────► [Failed]
/// </code>
/// Peers are only reached by channels: a ChannelBind installs the permission too (RFC 8656 §12), is renewed before the
/// permission's 5 minutes are over, and its header costs 4 bytes instead of 36.
/// </remarks>
internal sealed class TurnClient
{
    public const int ChannelHeaderBytes = 4;
    public const int MaxPeers = 16;

    /// <summary>RFC 8489 §14.3; what a server may make us send back is bounded too.</summary>
    public const int MaxUsernameBytes = 508;
    private const int MaxRealmBytes = 256;
    private const int MaxNonceBytes = 256;

    private const ushort FirstChannel = 0x4000;
    private const int MaxSends = 6;
    private const int MaxStaleNonces = 3;
    private static readonly TimeSpan s_firstRetransmit = TimeSpan.FromMilliseconds(500); // RFC 8489 §6.2.1
    private static readonly TimeSpan s_streamPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_permissionRenewal = TimeSpan.FromMinutes(4); // of 5, RFC 8656 §9
    private static readonly TimeSpan s_shortestLifetime = TimeSpan.FromSeconds(10);

    private readonly byte[] _username;
    private readonly string _name;
    private readonly string _password;
    private readonly bool _stream;
    private readonly IRandomSource _random;
    private readonly List<Ask> _asks = [];
    private readonly List<TurnPeer> _peers = [];
    private byte[] _key = [];
    private byte[] _realm = [];
    private byte[] _nonce = [];
    private Instant _renewAt = Instant.Never;

    /// <param name="stream">The server is reached over TCP or TLS: nothing is sent twice, and channel data is padded (RFC 8656 §12.5).</param>
    public TurnClient(string username, string password, bool stream, IRandomSource random)
    {
        _name = username;
        _username = Encoding.UTF8.GetBytes(username);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_username.Length, MaxUsernameBytes, nameof(username));
        _password = password;
        _stream = stream;
        _random = random;
    }

    private sealed class Ask(StunMethod method, TurnPeer? peer)
    {
        public StunMethod Method => method;

        public TurnPeer? Peer => peer;

        public byte[] Transaction { get; } = new byte[12];

        public Instant At { get; set; }

        public int Sends { get; set; }

        public bool Signed { get; set; }

        public int StaleNonces { get; set; }
    }

    public TurnState State { get; private set; }

    /// <summary>Why it failed, for people; null while it has not.</summary>
    public string? Failure { get; private set; }

    /// <summary>Where peers see us; null before the allocation.</summary>
    public TransportAddress? Relayed { get; private set; }

    public IReadOnlyList<TurnPeer> Peers => _peers;

    /// <summary>Messages of the server that were none, or whose signature was not right.</summary>
    public long Refused { get; private set; }

    public void Start(Instant now)
    {
        if (State == TurnState.Idle)
        {
            State = TurnState.Allocating;
            Begin(TurnMessage.Allocate, null, now);
        }
    }

    /// <summary>Asks for a channel to a peer, as soon as there is an allocation. False beyond <see cref="MaxPeers"/>.</summary>
    public bool Bind(in TransportAddress peer, Instant now)
    {
        if (FindPeer(peer) is not null)
        {
            return true;
        }

        if (_peers.Count == MaxPeers)
        {
            return false;
        }

        TurnPeer added = new(peer, (ushort)(FirstChannel + _peers.Count));
        _peers.Add(added);
        if (State == TurnState.Allocated)
        {
            Begin(TurnMessage.ChannelBind, added, now);
        }

        return true;
    }

    /// <summary>Wraps a packet for a peer whose channel is bound.</summary>
    /// <param name="destination">8 bytes longer than the packet.</param>
    public bool TryWrap(in TransportAddress peer, ReadOnlySpan<byte> packet, Span<byte> destination, out int length)
    {
        length = 0;
        if (State != TurnState.Allocated || FindPeer(peer) is not { State: TurnPeerState.Bound } found)
        {
            return false;
        }

        // |  channel number 0x4000 … 0x4FFF  |  length without padding  |  data …   RFC 8656 §12.4
        BinaryPrimitives.WriteUInt16BigEndian(destination, found.Channel);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)packet.Length);
        packet.CopyTo(destination[ChannelHeaderBytes..]);
        length = ChannelHeaderBytes + packet.Length;
        for (; _stream && length % 4 != 0; length++)
        {
            destination[length] = 0;
        }

        return true;
    }

    /// <summary>One message of the server.</summary>
    /// <param name="at">Where in it a peer's packet begins, when the answer is <see cref="TurnInput.Packet"/>.</param>
    public TurnInput Handle(ReadOnlySpan<byte> message, Instant now, out int at, out int length, out TransportAddress peer)
    {
        (at, length, peer) = (0, 0, default);
        if (message.Length >= ChannelHeaderBytes && message[0] is >= 0x40 and <= 0x4F)
        {
            ushort channel = BinaryPrimitives.ReadUInt16BigEndian(message);
            at = ChannelHeaderBytes;
            length = BinaryPrimitives.ReadUInt16BigEndian(message[2..]);
            int index = channel - FirstChannel;
            if (index >= _peers.Count || length > message.Length - ChannelHeaderBytes)
            {
                return Refuse();
            }

            peer = _peers[index].Address;
            return TurnInput.Packet;
        }

        if (StunMessage.TryParse(message, out StunMessage stun) != StunParse.Ok)
        {
            return Refuse();
        }

        if (stun.Class == StunClass.Indication)
        {
            // RFC 8656 §11.4. Until a binding is answered, the server may already pass on what the peer sends.
            ReadOnlySpan<byte> data = TurnMessage.Find(message, TurnMessage.Data);
            if (stun.Method != TurnMessage.DataFromPeer || data.IsEmpty ||
                !TurnMessage.TryReadAddress(message, TurnMessage.XorPeerAddress, out peer) || FindPeer(peer) is null)
            {
                return Refuse();
            }

            message.Overlaps(data, out at);
            length = data.Length;
            return TurnInput.Packet;
        }

        return HandleAnswer(message, stun, now);
    }

    public Instant NextTimeout
    {
        get
        {
            if (State is TurnState.Idle or TurnState.Failed)
            {
                return Instant.Never;
            }

            Instant next = _renewAt;
            foreach (Ask ask in _asks)
            {
                next = Instant.Min(next, ask.At);
            }

            foreach (TurnPeer peer in _peers)
            {
                next = Instant.Min(next, peer.RenewAt);
            }

            return next;
        }
    }

    /// <summary>What has to be sent to the server now; call it until it says false.</summary>
    /// <param name="destination">At least 1,200 bytes.</param>
    public bool TryTake(Instant now, Span<byte> destination, out int length)
    {
        length = 0;
        if (State is TurnState.Idle or TurnState.Failed)
        {
            return false;
        }

        Renew(now);
        foreach (Ask ask in _asks)
        {
            if (now < ask.At)
            {
                continue;
            }

            if (ask.Sends == (_stream ? 1 : MaxSends))
            {
                Fail("it does not answer");
                return false;
            }

            ask.At = now + (_stream ? s_streamPatience : TimeSpan.FromTicks(s_firstRetransmit.Ticks << ask.Sends));
            ask.Sends++;
            length = Write(ask, destination, null);
            return true;
        }

        return false;
    }

    /// <summary>Gives the allocation back (RFC 8656 §7): a last message for the server, 0 bytes when there is nothing to give.</summary>
    public int Close(Span<byte> destination)
    {
        if (State != TurnState.Allocated)
        {
            Fail("closed");
            return 0;
        }

        Ask last = new(TurnMessage.Refresh, null) { Signed = true };
        _random.Fill(last.Transaction);
        int length = Write(last, destination, TimeSpan.Zero);
        Fail("closed");
        return length;
    }

    /// <summary>The connection to the server is gone, or something else outside makes it useless.</summary>
    public void Fail(string why)
    {
        Failure ??= why;
        State = TurnState.Failed;
        _asks.Clear();
        CryptographicOperations.ZeroMemory(_key);
    }

    private TurnInput HandleAnswer(ReadOnlySpan<byte> message, in StunMessage stun, Instant now)
    {
        Ask? ask = null;
        foreach (Ask open in _asks)
        {
            ask = stun.TransactionId.SequenceEqual(open.Transaction) && stun.Method == open.Method ? open : ask;
        }

        if (ask is null || stun.Class == StunClass.Request)
        {
            return Refuse();
        }

        if (stun.Class == StunClass.Error)
        {
            // Not held to its signature: a server without our credentials can only refuse us, and so can silence.
            HandleError(ask, message, stun.ErrorCode ?? 0, now);
            return TurnInput.Taken;
        }

        if (!ask.Signed || !stun.VerifyIntegrity(_key))
        {
            return Refuse();
        }

        _asks.Remove(ask);
        if (ask.Peer is { } peer)
        {
            peer.State = TurnPeerState.Bound;
            peer.RenewAt = now + s_permissionRenewal;
            return TurnInput.Taken;
        }

        ReadOnlySpan<byte> lifetime = TurnMessage.Find(message, TurnMessage.Lifetime);
        TimeSpan lasts = lifetime.Length == 4 ? TimeSpan.FromSeconds(BinaryPrimitives.ReadUInt32BigEndian(lifetime)) : TimeSpan.Zero;
        if (lasts < s_shortestLifetime)
        {
            Fail("its allocation does not last");
            return TurnInput.Taken;
        }

        _renewAt = now + lasts / 2;
        if (State == TurnState.Allocating)
        {
            if (!TurnMessage.TryReadAddress(message, TurnMessage.XorRelayedAddress, out TransportAddress relayed))
            {
                Fail("there is no relayed address in its answer");
                return TurnInput.Taken;
            }

            Relayed = relayed;
            State = TurnState.Allocated;
            foreach (TurnPeer wanted in _peers)
            {
                Begin(TurnMessage.ChannelBind, wanted, now);
            }
        }

        return TurnInput.Taken;
    }

    private void HandleError(Ask ask, ReadOnlySpan<byte> message, int code, Instant now)
    {
        // RFC 8489 §9.2.5: credentials are asked for once, a nonce may go stale again and again, within reason.
        bool again = code == 401 ? !ask.Signed : code == 438 && ask.StaleNonces++ < MaxStaleNonces;
        if (again && TakeChallenge(message))
        {
            ask.Signed = true;
            ask.Sends = 0;
            ask.At = now;
            _random.Fill(ask.Transaction);
        }
        else if (ask.Peer is { } peer)
        {
            // This peer is not to be reached (403), or no longer; others may be.
            _asks.Remove(ask);
            peer.State = TurnPeerState.Refused;
            peer.RenewAt = Instant.Never;
            peer.Failure = code;
        }
        else
        {
            Fail(code switch
            {
                401 or 441 => $"it refused the credentials ({code})",
                486 or 508 => $"it has no room ({code})",
                _ => $"it refused ({code})",
            });
        }
    }

    [SuppressMessage("Security", "CA5351", Justification = "RFC 8489 §9.2.2: the long-term key is MD5 of user, realm and password.")]
    private bool TakeChallenge(ReadOnlySpan<byte> message)
    {
        ReadOnlySpan<byte> realm = TurnMessage.Find(message, TurnMessage.Realm);
        ReadOnlySpan<byte> nonce = TurnMessage.Find(message, TurnMessage.Nonce);
        if (realm.Length is 0 or > MaxRealmBytes || nonce.Length is 0 or > MaxNonceBytes)
        {
            return false;
        }

        (_realm, _nonce) = (realm.ToArray(), nonce.ToArray());
        _key = MD5.HashData(Encoding.UTF8.GetBytes($"{_name}:{Encoding.UTF8.GetString(realm)}:{_password}"));
        return true;
    }

    private void Renew(Instant now)
    {
        if (now >= _renewAt)
        {
            _renewAt = Instant.Never;
            Begin(TurnMessage.Refresh, null, now);
        }

        foreach (TurnPeer peer in _peers)
        {
            if (now >= peer.RenewAt)
            {
                peer.RenewAt = Instant.Never;
                Begin(TurnMessage.ChannelBind, peer, now);
            }
        }
    }

    private void Begin(StunMethod method, TurnPeer? peer, Instant now)
    {
        Ask ask = new(method, peer) { At = now, Signed = _nonce.Length > 0 };
        _random.Fill(ask.Transaction);
        _asks.Add(ask);
    }

    private int Write(Ask ask, Span<byte> destination, TimeSpan? lifetime)
    {
        StunWriter writer = new(destination, StunClass.Request, ask.Method, ask.Transaction);
        if (ask.Method == TurnMessage.Allocate)
        {
            writer.Add(TurnMessage.RequestedTransport, [17, 0, 0, 0]); // UDP
        }

        if (lifetime is { } seconds)
        {
            Span<byte> value = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(value, (uint)seconds.TotalSeconds);
            writer.Add(TurnMessage.Lifetime, value);
        }

        if (ask.Peer is { } peer)
        {
            Span<byte> value = stackalloc byte[TurnMessage.MaxAddressBytes];
            BinaryPrimitives.WriteUInt32BigEndian(value, (uint)peer.Channel << 16);
            writer.Add(TurnMessage.ChannelNumber, value[..4]);
            writer.Add(TurnMessage.XorPeerAddress, value[..TurnMessage.WriteAddress(peer.Address, ask.Transaction, value)]);
        }

        if (ask.Signed)
        {
            writer.AddUsername(_username);
            writer.Add(TurnMessage.Realm, _realm);
            writer.Add(TurnMessage.Nonce, _nonce);
            writer.AddMessageIntegrity(_key);
        }

        writer.AddFingerprint();
        return writer.Length;
    }

    private TurnPeer? FindPeer(in TransportAddress address)
    {
        foreach (TurnPeer peer in _peers)
        {
            if (peer.Address == address)
            {
                return peer;
            }
        }

        return null;
    }

    private TurnInput Refuse()
    {
        Refused++;
        return TurnInput.Refused;
    }
}
