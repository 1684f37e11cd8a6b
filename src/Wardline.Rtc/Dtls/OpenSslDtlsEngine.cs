using System.Runtime.InteropServices;
using Wardline.Rtc.Srtp;

namespace Wardline.Rtc.Dtls;

/// <summary>
/// One association on libssl. A datagram goes into a memory BIO, libssl works on it, what it wants sent is read from
/// a second memory BIO and cut at record borders (a memory BIO is a stream: it forgets where datagrams ended).
/// </summary>
/// <remarks>
/// <para><b>Time.</b> libssl's DTLS timer reads the wall clock by itself, in each read and in
/// <c>DTLSv1_handle_timeout</c>, and no call can set or force it; with it nothing would work in virtual time. So
/// libssl is asked for its retransmissions in advance: the timer callback makes every new timer run out at once
/// (libssl counts anything below 15 ms as run out), libssl then writes the flight again, as new records with new
/// sequence numbers as RFC 6347 §4.2.2 wants it, and the callback notes where each copy begins. After
/// <see cref="Copies"/> copies it answers with more than an hour, which is longer than any handshake may last, and
/// libssl's clock is out of the game. <see cref="RetransmitTimer"/> sends the copies on the caller's clock. A copy
/// costs some microseconds: nothing is signed or derived again. Server's last flight has no timer: libssl repeats it
/// when the peer repeats its own (RFC 6347 §4.2.4).</para>
/// <para><b>Threads.</b> An association stays on the caller's thread; OpenSSL's error queue is per thread and is
/// emptied before each call.</para>
/// </remarks>
internal sealed unsafe partial class OpenSslDtlsEngine : IDtlsEngine
{
    /// <summary>100 ms doubling up to 4 s: the eleventh leaves after 26 s. libssl gives up after the twelfth.</summary>
    internal const int Copies = 11;

    private const int MaxQueued = 128;

    // libssl keeps records of the next epoch until it can read them, each with a buffer of 16 KiB.
    private const int MaxEarlyRecords = 32;

    private readonly DtlsOptions _options;
    private readonly RetransmitTimer _timer;
    private readonly Queue<byte[]> _out = new();
    private readonly int[] _copyStart = new int[Copies];
    private readonly nint _readBio;
    private readonly nint _writeBio;
    private GCHandle _self;
    private nint _ssl;
    private int _copies;
    private bool _newFlight;
    private int _earlyRecords;
    private Instant _deadline = Instant.Never;
    private DtlsFingerprint? _expected;

    internal OpenSslDtlsEngine(nint context, bool server, DtlsOptions options)
    {
        _options = options;
        _timer = new RetransmitTimer(options.FirstRetransmit, options.MaxRetransmit);
        _ssl = LibSsl.SSL_new(context);
        _readBio = LibSsl.BIO_new(LibSsl.BIO_s_mem());
        _writeBio = LibSsl.BIO_new(LibSsl.BIO_s_mem());
        OpenSslErrors.Require(_ssl != 0 && _readBio != 0 && _writeBio != 0, "SSL_new");
        LibSsl.BIO_ctrl(_readBio, LibSsl.BioSetMemEofReturn, new CLong(-1), 0); // empty means "later", not "end"
        LibSsl.BIO_ctrl(_writeBio, LibSsl.BioSetMemEofReturn, new CLong(-1), 0);
        LibSsl.SSL_set_bio(_ssl, _readBio, _writeBio);
        LibSsl.SSL_ctrl(_ssl, LibSsl.CtrlSetMtu, options.MtuBytes, null);
        _self = GCHandle.Alloc(this, GCHandleType.Weak);
        LibSsl.SSL_set_ex_data(_ssl, 0, GCHandle.ToIntPtr(_self));
        LibSsl.DTLS_set_timer_cb(_ssl, &OnTimer);
        LibSsl.SSL_set_info_callback(_ssl, &OnInfo);
        if (server)
        {
            LibSsl.SSL_set_accept_state(_ssl);
        }
        else
        {
            LibSsl.SSL_set_connect_state(_ssl);
        }
    }

    public DtlsState State { get; private set; }

    public DtlsFailure Failure { get; private set; }

    /// <summary>OpenSSL's words for the failure; empty otherwise.</summary>
    internal string FailureText { get; private set; } = "";

    /// <summary>libssl's object, for what only a test would ask of it.</summary>
    internal nint Ssl => _ssl;

    public DtlsCounters Counters { get; } = new();

    public SrtpProfile? Profile { get; private set; }

    public string Version => _ssl == 0 ? "" : Marshal.PtrToStringUTF8(LibSsl.SSL_get_version(_ssl)) ?? "";

    public string Cipher =>
        _ssl == 0 ? "" : Marshal.PtrToStringUTF8(LibSsl.SSL_CIPHER_get_name(LibSsl.SSL_get_current_cipher(_ssl))) ?? "";

    public Instant NextTimeout =>
        State == DtlsState.Handshaking ? Instant.Min(_deadline, _timer.Due) : Instant.Never;

    public void ExpectPeer(in DtlsFingerprint fingerprint) => _expected = fingerprint;

    public void Start(Instant now)
    {
        if (State == DtlsState.New && _ssl != 0)
        {
            Drive(now);
        }
    }

    public void Handle(ReadOnlySpan<byte> datagram, Instant now)
    {
        Counters.DatagramsIn++;
        if (!DtlsRecords.IsWellFormed(datagram))
        {
            Counters.Malformed++;
            return;
        }

        if (_ssl == 0 || State is DtlsState.Failed or DtlsState.Closed || !AllowEarly(datagram))
        {
            Counters.Refused++;
            return;
        }

        fixed (byte* bytes = datagram)
        {
            LibSsl.BIO_write(_readBio, bytes, datagram.Length);
        }

        // libssl drops in silence what does not authenticate or comes twice (RFC 6347 §4.1.2.7); that it did so shows
        // in nothing having happened.
        bool wasConnected = State == DtlsState.Connected;
        long before = Counters.ApplicationBytes + Counters.Alerts + _out.Count;
        Drive(now);
        if (wasConnected && State == DtlsState.Connected && Counters.ApplicationBytes + Counters.Alerts + _out.Count == before)
        {
            Counters.Discarded++;
        }
    }

    public void HandleTimeout(Instant now)
    {
        if (State != DtlsState.Handshaking)
        {
            return;
        }

        if (now >= _deadline)
        {
            Fail(DtlsFailure.Timeout, "handshake deadline");
            return;
        }

        if (_timer.TryFire(now, out ReadOnlyMemory<byte> flight))
        {
            Counters.Retransmissions++;
            Enqueue(flight.Span);
        }
    }

    public bool TryTake(Span<byte> datagram, out int length)
    {
        if (!_out.TryPeek(out byte[]? next) || next.Length > datagram.Length)
        {
            length = 0;
            return false;
        }

        _out.Dequeue();
        next.CopyTo(datagram);
        length = next.Length;
        Counters.DatagramsOut++;
        return true;
    }

    public bool PeerMatches(in DtlsFingerprint fingerprint)
    {
        if (State != DtlsState.Connected)
        {
            return false;
        }

        nint certificate = LibSsl.SSL_get1_peer_certificate(_ssl);
        bool matches = PeerCertificate.Matches(certificate, fingerprint);
        LibSsl.X509_free(certificate);
        return matches;
    }

    public void ExportKeyingMaterial(Span<byte> destination)
    {
        if (State != DtlsState.Connected)
        {
            throw new InvalidOperationException("There are no keys before the handshake is complete.");
        }

        ReadOnlySpan<byte> label = "EXTRACTOR-dtls_srtp"u8; // RFC 5764 §4.2
        fixed (byte* output = destination, text = label)
        {
            OpenSslErrors.Require(
                LibSsl.SSL_export_keying_material(_ssl, output, (nuint)destination.Length, text, (nuint)label.Length, null, 0, 0) == 1,
                "exporter");
        }
    }

    public void Close()
    {
        if (State == DtlsState.Connected)
        {
            LibSsl.ERR_clear_error();
            LibSsl.SSL_shutdown(_ssl);
            LibSsl.ERR_clear_error();
            DrainWriteBio(default);
        }

        if (State is not DtlsState.Failed)
        {
            State = DtlsState.Closed;
        }

        _timer.Stop();
    }

    public void Dispose()
    {
        if (_ssl == 0)
        {
            return;
        }

        LibSsl.SSL_free(_ssl); // frees both BIOs and wipes the keys
        _ssl = 0;
        _self.Free();
        _timer.Stop();
        if (State is not DtlsState.Failed)
        {
            State = DtlsState.Closed;
        }
    }
}
