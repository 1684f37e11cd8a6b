using Wardline.Rtc.Dtls;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Srtp;

namespace Wardline.Rtc;

/// <summary>
/// ICE-lite, DTLS and SRTP of one peer. Datagrams come in by <see cref="Handle"/>; what has to leave goes to the
/// <see cref="PacketTrains"/> that every call is given; time is an argument. Not thread-safe; no allocation per STUN,
/// RTP or RTCP packet. README.md tells the life of a datagram.
/// </summary>
public sealed class RtcTransport : IDisposable
{
    private readonly IDtlsEngineFactory _factory;
    private IDtlsEngine? _dtls;
    private readonly SealedMedia _media;
    private DtlsFingerprint? _fingerprint;
    private TransportAddress? _dtlsFrom;
    private bool _awaitsRestart;

    public RtcTransport(IceCredentials local, IDtlsEngineFactory dtls, RtcTransportOptions options)
    {
        _factory = dtls;
        _media = new SealedMedia(Counters, options);
        Ice = new IceLiteAgent(local, options.Ice);
    }

    public IceLiteAgent Ice { get; }

    public TransportState State { get; private set; }

    public TransportFailure Failure { get; private set; }

    public DtlsFailure DtlsFailure => _dtls?.Failure ?? DtlsFailure.None;

    /// <summary>Where media goes; null until the peer has nominated a path.</summary>
    public TransportAddress? Selected => Ice.Selected;

    /// <summary>The SRTP profile agreed on; null before <see cref="TransportState.Connected"/>.</summary>
    public SrtpProfile? Profile => _dtls?.Profile;

    /// <summary>DTLS version and cipher suite as OpenSSL names them, for the connection report; empty before the handshake.</summary>
    public string DtlsDescription => _dtls is { State: DtlsState.Connected } dtls ? $"{dtls.Version} {dtls.Cipher}" : "";

    public TransportCounters Counters { get; } = new();

    /// <summary>Null until the first DTLS datagram from a proven address.</summary>
    public DtlsCounters? Dtls => _dtls?.Counters;

    /// <summary>Null until keys are in place.</summary>
    public SrtpCounters? Received => _media.Receiver?.Counters;

    /// <summary>Null until keys are in place.</summary>
    public SrtpCounters? Sent => _media.Sender?.Counters;

    /// <summary>
    /// The peer's ICE credentials and certificate from its offer. Repeating them is fine. False, and nothing changes,
    /// when an offer names another certificate after the handshake has begun, or other ICE credentials without being
    /// a restart: that offer is to be refused.
    /// </summary>
    public bool SetRemote(in IceCredentials ice, in DtlsFingerprint fingerprint)
    {
        if ((_dtls is not null && _fingerprint != fingerprint) || (Ice.Remote is { } known && known != ice))
        {
            return false;
        }

        _fingerprint = fingerprint;
        Ice.SetRemote(ice);
        return true;
    }

    /// <summary>
    /// RFC 8445 §9. Media goes on over the old path until the new credentials nominate one; the DTLS association and
    /// its keys stay. Also cures <see cref="TransportFailure.ConsentLost"/>.
    /// </summary>
    public void RestartIce(IceCredentials newLocal, IceCredentials newRemote)
    {
        Ice.Restart(newLocal, newRemote);
        if (State == TransportState.Failed && Failure == TransportFailure.ConsentLost)
        {
            State = TransportState.Checking;
            Failure = TransportFailure.None;
            _awaitsRestart = true;
        }
    }

    /// <summary>
    /// Takes one datagram. For <see cref="TransportInput.Rtp"/> and <see cref="TransportInput.Rtcp"/> its first
    /// <paramref name="length"/> bytes are the plain packet afterwards; otherwise its content is worthless.
    /// </summary>
    public TransportInput Handle(Span<byte> datagram, in TransportAddress from, Instant now, PacketTrains output, out int length)
    {
        length = 0;
        Counters.DatagramsIn++;
        Counters.BytesIn += datagram.Length;
        if (State is TransportState.Closed or TransportState.Failed)
        {
            return Counters.Drop(TransportDrop.AfterEnd);
        }

        // RFC 7983 §7
        return datagram.IsEmpty ? Counters.Drop(TransportDrop.UnknownKind) : datagram[0] switch
        {
            <= 3 => HandleStun(datagram, from, now, output),
            >= 20 and <= 63 => HandleDtls(datagram, from, now, output),
            >= 128 and <= 191 => HandleMedia(datagram, from, now, out length),
            _ => Counters.Drop(TransportDrop.UnknownKind),
        };
    }

    /// <summary>A slot of <see cref="PacketTrains.SlotBytes"/> for the selected path; false when not connected or the arena is full.</summary>
    public bool TryReserve(PacketTrains output, out Span<byte> slot)
    {
        if (State == TransportState.Connected && Ice.Selected is { } selected)
        {
            if (output.TryReserve(selected, out slot))
            {
                return true;
            }

            Counters.Drop(TransportDrop.OutputFull);
        }

        slot = default;
        return false;
    }

    /// <summary>Seals the RTP packet in the first <paramref name="plainLength"/> bytes of the reserved slot and commits it.</summary>
    public bool TryCommitRtp(PacketTrains output, Span<byte> slot, int plainLength) => _media.TryCommitRtp(output, slot, plainLength);

    /// <summary>The same for a compound RTCP packet.</summary>
    public bool TryCommitRtcp(PacketTrains output, Span<byte> slot, int plainLength) => _media.TryCommitRtcp(output, slot, plainLength);

    /// <summary>Header and payload from two places, sealed into a slot in one pass: what forwarding one payload to many wants.</summary>
    public bool TrySendRtp(PacketTrains output, ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload) =>
        TryReserve(output, out Span<byte> slot) && _media.TryCommitRtp(output, slot, header, payload);

    public Instant NextTimeout
    {
        get
        {
            if (IsIdle)
            {
                return Instant.Never;
            }

            return Instant.Min(_dtls?.NextTimeout ?? Instant.Never, Ice.ConsentExpires);
        }
    }

    public void HandleTimeout(Instant now, PacketTrains output)
    {
        if (IsIdle)
        {
            return;
        }

        if (now >= Ice.ConsentExpires)
        {
            // RFC 7675 §5.1: nothing may be sent any more, and these credentials are spent.
            State = TransportState.Failed;
            Failure = TransportFailure.ConsentLost;
            return;
        }

        if (_dtls is { } dtls)
        {
            dtls.HandleTimeout(now);
            AfterDtls(dtls, output);
        }
    }

    /// <summary>Says close_notify if there is somebody to say it to, and wipes the keys.</summary>
    public void Close(PacketTrains output)
    {
        if (State == TransportState.Connected && _dtls is { } dtls)
        {
            dtls.Close();
            FlushDtls(dtls, output);
        }

        Dispose();
    }

    public void Dispose()
    {
        State = TransportState.Closed;
        _media.Wipe();
        _dtls?.Dispose();
    }

    /// <summary>Nothing is timed: over, or consent was lost and nothing may be sent before the restart nominates a path.</summary>
    private bool IsIdle => _awaitsRestart || State is TransportState.Closed or TransportState.Failed;

    private TransportInput HandleStun(Span<byte> datagram, in TransportAddress from, Instant now, PacketTrains output)
    {
        if (!output.TryReserve(from, out Span<byte> response))
        {
            return Counters.Drop(TransportDrop.OutputFull);
        }

        IceOutcome outcome = Ice.Handle(datagram, from, now, response, out int responseLength);
        if (responseLength > 0)
        {
            output.Commit(responseLength);
        }

        if (outcome is not (IceOutcome.Answered or IceOutcome.AnsweredAndSelected))
        {
            return Counters.Drop(TransportDrop.StunRefused);
        }

        Counters.Stun++;
        if (State == TransportState.New)
        {
            State = TransportState.Checking;
        }
        else if (_awaitsRestart && Ice.PreviousLocal is null && Ice.Selected is { } selected && Ice.IsValidated(selected, now))
        {
            // The new credentials have nominated a path; the association outlived the old one.
            _awaitsRestart = false;
            State = _dtls?.State switch
            {
                DtlsState.Connected => TransportState.Connected,
                DtlsState.Handshaking => TransportState.Handshaking,
                _ => TransportState.Checking,
            };
        }

        return TransportInput.Nothing;
    }

    private TransportInput HandleDtls(Span<byte> datagram, in TransportAddress from, Instant now, PacketTrains output)
    {
        if (!Ice.IsValidated(from, now))
        {
            return Counters.Drop(TransportDrop.DtlsFromUnprovenAddress);
        }

        if (_fingerprint is not { } fingerprint)
        {
            return Counters.Drop(TransportDrop.DtlsBeforeRemote);
        }

        Counters.Dtls++;
        if (_dtls is null)
        {
            _dtls = _factory.CreateServer();
            _dtls.ExpectPeer(fingerprint);
        }

        _dtlsFrom = from;
        _dtls.Handle(datagram, now);
        if (State == TransportState.Checking && !_awaitsRestart && _dtls.State == DtlsState.Handshaking)
        {
            State = TransportState.Handshaking;
        }

        AfterDtls(_dtls, output);
        return TransportInput.Nothing;
    }

    private TransportInput HandleMedia(Span<byte> datagram, in TransportAddress from, Instant now, out int length)
    {
        length = 0;
        return Ice.IsValidated(from, now) ? _media.Open(datagram, out length) : Counters.Drop(TransportDrop.MediaFromUnprovenAddress);
    }

    /// <summary>Sends what DTLS has to say and follows its state.</summary>
    private void AfterDtls(IDtlsEngine dtls, PacketTrains output)
    {
        FlushDtls(dtls, output);
        switch (dtls.State)
        {
            case DtlsState.Connected when _media.Receiver is null:
                InstallKeys(dtls);
                break;
            case DtlsState.Failed:
                State = TransportState.Failed;
                Failure = TransportFailure.Dtls;
                _media.Wipe();
                break;
            case DtlsState.Closed:
                State = TransportState.Closed;
                _media.Wipe();
                break;
        }
    }

    private void FlushDtls(IDtlsEngine dtls, PacketTrains output)
    {
        // What finds no room stays in the engine's bounded queue, and the retransmission timer comes anyway.
        while ((Ice.Selected ?? _dtlsFrom) is { } to && output.TryReserve(to, out Span<byte> slot) && dtls.TryTake(slot, out int length))
        {
            output.Commit(length);
        }
    }

    private void InstallKeys(IDtlsEngine dtls)
    {
        if (_media.TryInstall(dtls, _fingerprint, asClient: false))
        {
            State = _awaitsRestart ? TransportState.Checking : TransportState.Connected;
            return;
        }

        State = TransportState.Failed;
        Failure = TransportFailure.Dtls;
    }
}
