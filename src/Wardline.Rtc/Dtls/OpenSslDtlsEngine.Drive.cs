using System.Buffers;
using System.Runtime.InteropServices;
using Wardline.Rtc.Srtp;

namespace Wardline.Rtc.Dtls;

internal sealed unsafe partial class OpenSslDtlsEngine
{
    /// <summary>Called by libssl when a timer starts (previous 0) and before each retransmission (previous: the last answer).</summary>
    [UnmanagedCallersOnly]
    private static uint OnTimer(nint ssl, uint previousMicroseconds)
    {
        if (FromHandle(ssl) is not { } engine)
        {
            return uint.MaxValue;
        }

        if (previousMicroseconds == 0)
        {
            engine._copies = 0;
            engine._newFlight = true;
            return 1;
        }

        if (engine._copies == Copies)
        {
            return uint.MaxValue;
        }

        engine._copyStart[engine._copies++] = (int)LibSsl.BIO_ctrl(engine._writeBio, LibSsl.BioCtrlPending, default, 0).Value;
        return engine._copies == Copies ? uint.MaxValue : (uint)engine._copies + 1;
    }

    /// <summary>Called by libssl at every step; only that an alert was read is of interest.</summary>
    [UnmanagedCallersOnly]
    private static void OnInfo(nint ssl, int where, int value)
    {
        if (where == LibSsl.InfoReadAlert && FromHandle(ssl) is { } engine)
        {
            engine.Counters.Alerts++;
        }
    }

    /// <summary>Called by libssl with the peer's certificate, instead of building a chain that no authority signed.</summary>
    [UnmanagedCallersOnly]
    internal static int VerifyPeer(nint store, nint argument)
    {
        nint ssl = LibSsl.X509_STORE_CTX_get_ex_data(store, LibSsl.SSL_get_ex_data_X509_STORE_CTX_idx());
        nint certificate = LibSsl.X509_STORE_CTX_get0_cert(store);
        if (FromHandle(ssl) is { } engine && certificate != 0 && PeerCertificate.IsStrong(certificate) &&
            (engine._expected is not { } expected || PeerCertificate.Matches(certificate, expected)))
        {
            return 1;
        }

        FromHandle(ssl)?.Failure = DtlsFailure.Fingerprint;
        LibSsl.X509_STORE_CTX_set_error(store, LibSsl.X509VerifyErrorCertRejected);
        return 0;
    }

    private static OpenSslDtlsEngine? FromHandle(nint ssl)
    {
        nint handle = LibSsl.SSL_get_ex_data(ssl, 0);
        return handle == 0 ? null : GCHandle.FromIntPtr(handle).Target as OpenSslDtlsEngine;
    }

    private void Drive(Instant now)
    {
        // 1. The deadline runs from the first flight.
        if (State == DtlsState.New)
        {
            State = DtlsState.Handshaking;
            _deadline = now + _options.HandshakeTimeout;
        }

        // 2. libssl reads what there is, to the end.
        LibSsl.ERR_clear_error();
        if (State == DtlsState.Handshaking)
        {
            int result = LibSsl.SSL_do_handshake(_ssl);
            if (result == 1)
            {
                OnHandshakeDone();
            }
            else
            {
                OnResult(result);
            }
        }

        if (State == DtlsState.Connected)
        {
            DiscardApplicationData();
        }

        // 3. Whatever libssl left unread was the rest of this datagram; it must not be glued to the next one.
        LibSsl.BIO_ctrl(_readBio, LibSsl.BioCtrlReset, default, 0);

        // 4. What libssl wrote becomes datagrams, and a timer if it waits for an answer.
        DrainWriteBio(now);
        LibSsl.TimeVal left;
        if (State != DtlsState.Handshaking || LibSsl.SSL_ctrl(_ssl, LibSsl.CtrlGetTimeout, 0, &left) != 1)
        {
            _timer.Stop();
        }
    }

    private void OnHandshakeDone()
    {
        State = DtlsState.Connected;
        LibSsl.SrtpProtectionProfile* agreed = LibSsl.SSL_get_selected_srtp_profile(_ssl);
        SrtpProfile? profile = agreed == null ? null : (SrtpProfile)agreed->Id.Value;

        // RFC 7627 §5.4: an exporter without the extended master secret binds nothing to this handshake
        // (and FIPS 140-3 IG D.Q allows no TLS 1.2 without it).
        if (profile is null || !_options.Srtp.Allows(profile.Value) ||
            LibSsl.SSL_ctrl(_ssl, LibSsl.CtrlGetExtendedMasterSecret, 0, null) != 1)
        {
            LibSsl.SSL_shutdown(_ssl);
            Fail(DtlsFailure.Policy, profile is null ? "no common SRTP profile" : "no extended master secret");
            return;
        }

        Profile = profile;
    }

    private void DiscardApplicationData()
    {
        const int Size = 2048;
        byte* buffer = stackalloc byte[Size];
        int length;
        while ((length = LibSsl.SSL_read(_ssl, buffer, Size)) > 0)
        {
            Counters.ApplicationBytes += length;
        }

        OnResult(length);
    }

    private void OnResult(int result)
    {
        switch (LibSsl.SSL_get_error(_ssl, result))
        {
            case LibSsl.ErrorWantRead or LibSsl.ErrorWantWrite:
                return;
            case LibSsl.ErrorSyscall when LibSsl.ERR_peek_error().Value == 0:
                // libssl says so after a record that it dropped silently; anybody can forge one of those.
                return;
            case LibSsl.ErrorZeroReturn: // close_notify from the peer; ours goes back (RFC 5246 §7.2.1)
                LibSsl.SSL_shutdown(_ssl);
                State = DtlsState.Closed;
                LibSsl.ERR_clear_error();
                return;
            default:
                Fail(State == DtlsState.Connected ? DtlsFailure.AfterHandshake : DtlsFailure.Handshake, OpenSslErrors.Take());
                return;
        }
    }

    private void Fail(DtlsFailure failure, string text)
    {
        State = DtlsState.Failed;
        Failure = Failure == DtlsFailure.None ? failure : Failure; // the certificate check has spoken first
        FailureText = text;
        Profile = null;
        _timer.Stop();
        LibSsl.ERR_clear_error();
    }

    /// <summary>Splits what libssl wrote into the flight itself, its prepared copies, and anything after them.</summary>
    private void DrainWriteBio(Instant now)
    {
        int pending = (int)LibSsl.BIO_ctrl(_writeBio, LibSsl.BioCtrlPending, default, 0).Value;
        if (pending == 0)
        {
            return;
        }

        byte[] all = ArrayPool<byte>.Shared.Rent(pending);
        fixed (byte* bytes = all)
        {
            pending = Math.Max(0, LibSsl.BIO_read(_writeBio, bytes, pending));
        }

        ReadOnlySpan<byte> written = all.AsSpan(0, pending);
        if (_newFlight && _copies == Copies)
        {
            // The copies are the same messages, so they are equally long: that tells where the last one ends.
            int first = _copyStart[0];
            int copyLength = _copyStart[1] - first;
            int end = first + copyLength * Copies;
            if (end <= written.Length && _copyStart[Copies - 1] == end - copyLength)
            {
                byte[] kept = written[first..end].ToArray();
                Enqueue(written[..first]);
                _timer.Start(Enumerable.Range(0, Copies).Select(i => (ReadOnlyMemory<byte>)kept.AsMemory(i * copyLength, copyLength)), now);
                written = written[end..];
            }
            else
            {
                // Not seen with any libssl so far; then everything goes at once, which is noisy but correct.
                Counters.UnevenFlights++;
            }
        }

        _newFlight = false;
        _copies = 0;
        Enqueue(written);
        ArrayPool<byte>.Shared.Return(all, clearArray: true);
    }

    private void Enqueue(ReadOnlySpan<byte> records)
    {
        while (!records.IsEmpty && _out.Count < MaxQueued)
        {
            int length = DtlsRecords.TakeDatagram(records, _options.MtuBytes);
            _out.Enqueue(records[..length].ToArray());
            records = records[length..];
        }
    }

    private bool AllowEarly(ReadOnlySpan<byte> datagram)
    {
        if (State == DtlsState.Connected)
        {
            return true;
        }

        _earlyRecords += DtlsRecords.CountProtected(datagram);
        return _earlyRecords <= MaxEarlyRecords;
    }
}
