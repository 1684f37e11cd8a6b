using Wardline.Rtc.Dtls;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Srtp;

namespace Wardline.Rtc;

/// <summary>
/// The client's half of <see cref="RtcTransport"/>: controlling ICE, DTLS client, SRTP. Datagrams come in by
/// <see cref="Handle"/>; what has to leave goes to the <see cref="PacketTrains"/> that every call is given; time is an
/// argument. Not thread-safe; no allocation per STUN, RTP or RTCP packet.
/// </summary>
public sealed class ClientTransport : IDisposable
{
    private readonly IDtlsEngineFactory _factory;
    private IDtlsEngine? _dtls;
    private readonly SealedMedia _media;
    private DtlsFingerprint? _fingerprint;

    public ClientTransport(IceAgent ice, IDtlsEngineFactory dtls, RtcTransportOptions options)
    {
        Ice = ice;
        _factory = dtls;
        _media = new SealedMedia(Counters, options);
    }

    /// <summary>Its paths are added by whoever owns the sockets.</summary>
    public IceAgent Ice { get; }

    public TransportState State { get; private set; }

    public TransportFailure Failure { get; private set; }

    public DtlsFailure DtlsFailure => _dtls?.Failure ?? DtlsFailure.None;

    /// <summary>Where media goes; null until a nomination was answered.</summary>
    public TransportAddress? Selected => Ice.Selected;

    /// <summary>The SRTP profile agreed on; null before <see cref="TransportState.Connected"/>.</summary>
    public SrtpProfile? Profile => _dtls?.Profile;

    /// <summary>DTLS version and cipher suite as OpenSSL names them; empty before the handshake.</summary>
    public string DtlsDescription => _dtls is { State: DtlsState.Connected } dtls ? $"{dtls.Version} {dtls.Cipher}" : "";

    public TransportCounters Counters { get; } = new();

    /// <summary>Null until keys are in place.</summary>
    public SrtpCounters? Received => _media.Receiver?.Counters;

    /// <summary>Null until keys are in place.</summary>
    public SrtpCounters? Sent => _media.Sender?.Counters;

    /// <summary>
    /// The server's ICE credentials and certificate from its answer. False, and nothing changes, when an answer names
    /// another certificate after the handshake has begun.
    /// </summary>
    public bool SetRemote(in IceCredentials ice, in DtlsFingerprint fingerprint)
    {
        if (_dtls is not null && _fingerprint != fingerprint)
        {
            return false;
        }

        _fingerprint = fingerprint;
        Ice.SetRemote(ice);
        if (State == TransportState.New)
        {
            State = TransportState.Checking;
        }

        return true;
    }

    /// <inheritdoc cref="RtcTransport.Handle"/>
    public TransportInput Handle(Span<byte> datagram, in TransportAddress from, Instant now, PacketTrains output, out int length)
    {
        length = 0;
        Counters.DatagramsIn++;
        Counters.BytesIn += datagram.Length;
        if (State == TransportState.Closed || (State == TransportState.Failed && Failure == TransportFailure.Dtls))
        {
            return Counters.Drop(TransportDrop.AfterEnd);
        }

        // RFC 7983 §7
        return datagram.IsEmpty ? Counters.Drop(TransportDrop.UnknownKind) : datagram[0] switch
        {
            <= 3 => HandleStun(datagram, from, now, output),
            >= 20 and <= 63 => HandleDtls(datagram, from, now, output),
            >= 128 and <= 191 => HandleMedia(datagram, from, out length),
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

    public Instant NextTimeout => State is TransportState.Closed || (State == TransportState.Failed && Failure == TransportFailure.Dtls)
        ? Instant.Never
        : Instant.Min(Ice.NextTimeout, _dtls?.NextTimeout ?? Instant.Never);

    public void HandleTimeout(Instant now, PacketTrains output)
    {
        if (State is TransportState.New or TransportState.Closed || (State == TransportState.Failed && Failure == TransportFailure.Dtls))
        {
            return;
        }

        Ice.HandleTimeout(now);
        if (Ice.State == IceAgentState.Failed && State != TransportState.Failed)
        {
            State = TransportState.Failed;
            Failure = TransportFailure.ConsentLost;
        }

        SendChecks(now, output);
        if (_dtls is { } dtls)
        {
            if (now >= dtls.NextTimeout)
            {
                dtls.HandleTimeout(now);
            }

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

    private TransportInput HandleStun(Span<byte> datagram, in TransportAddress from, Instant now, PacketTrains output)
    {
        IceAnswer answer = Ice.Handle(datagram, from, now);
        if (answer == IceAnswer.Refused)
        {
            return Counters.Drop(TransportDrop.StunRefused);
        }

        Counters.Stun++;
        if (answer == IceAnswer.Selected)
        {
            OnSelected(now, output);
        }

        SendChecks(now, output);
        return TransportInput.Nothing;
    }

    private void OnSelected(Instant now, PacketTrains output)
    {
        if (_dtls is null)
        {
            _dtls = _factory.CreateClient();
            _dtls.ExpectPeer(_fingerprint!.Value);
            _dtls.Start(now);
            State = TransportState.Handshaking;
        }
        else if (State == TransportState.Failed && Failure == TransportFailure.ConsentLost)
        {
            // The association outlived the old path.
            Failure = TransportFailure.None;
            State = _media.Receiver is null ? TransportState.Handshaking : TransportState.Connected;
        }

        AfterDtls(_dtls, output);
    }

    private void SendChecks(Instant now, PacketTrains output)
    {
        Span<byte> check = stackalloc byte[IceAgent.MaxCheckBytes];
        while (Ice.TryTakeCheck(now, check, out TransportAddress to, out int length))
        {
            if (!output.TryReserve(to, out Span<byte> slot))
            {
                // It counts as sent and lost: the retransmission comes anyway.
                Counters.Drop(TransportDrop.OutputFull);
                return;
            }

            check[..length].CopyTo(slot);
            output.Commit(length);
        }
    }

    private TransportInput HandleDtls(Span<byte> datagram, in TransportAddress from, Instant now, PacketTrains output)
    {
        if (!Ice.IsValidated(from))
        {
            return Counters.Drop(TransportDrop.DtlsFromUnprovenAddress);
        }

        if (_dtls is not { } dtls)
        {
            return Counters.Drop(TransportDrop.DtlsBeforeRemote);
        }

        Counters.Dtls++;
        dtls.Handle(datagram, now);
        AfterDtls(dtls, output);
        return TransportInput.Nothing;
    }

    private TransportInput HandleMedia(Span<byte> datagram, in TransportAddress from, out int length)
    {
        length = 0;
        return Ice.IsValidated(from) ? _media.Open(datagram, out length) : Counters.Drop(TransportDrop.MediaFromUnprovenAddress);
    }

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
        while (Ice.Selected is { } to && output.TryReserve(to, out Span<byte> slot) && dtls.TryTake(slot, out int length))
        {
            output.Commit(length);
        }
    }

    private void InstallKeys(IDtlsEngine dtls)
    {
        if (_media.TryInstall(dtls, _fingerprint, asClient: true))
        {
            State = TransportState.Connected;
            return;
        }

        State = TransportState.Failed;
        Failure = TransportFailure.Dtls;
    }
}
