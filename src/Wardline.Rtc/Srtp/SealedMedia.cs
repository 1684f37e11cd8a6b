using System.Security.Cryptography;
using Wardline.Rtc.Dtls;

namespace Wardline.Rtc.Srtp;

/// <summary>What both ends of a transport do with media once DTLS has keys: open what comes, seal what leaves, count both.</summary>
internal sealed class SealedMedia(TransportCounters counters, RtcTransportOptions options)
{
    public SrtpReceiver? Receiver { get; private set; }

    public SrtpSender? Sender { get; private set; }

    /// <summary>Takes the keys of a finished handshake; false when the peer is not who the signaling named.</summary>
    public bool TryInstall(IDtlsEngine dtls, in DtlsFingerprint? peer, bool asClient)
    {
        // The engine has refused any other certificate already; keys are not made on its word alone.
        if (peer is not { } fingerprint || !dtls.PeerMatches(fingerprint) || dtls.Profile is not { } profile)
        {
            return false;
        }

        Span<byte> exported = stackalloc byte[profile.ExportedBytes()];
        dtls.ExportKeyingMaterial(exported);
        using SrtpMasterKeys keys = new(profile, exported);
        CryptographicOperations.ZeroMemory(exported);
        Receiver = keys.CreateReceiver(fromClient: !asClient, options.MaxReceiveStreams);
        Sender = keys.CreateSender(asClient, options.MaxSendStreams);
        return true;
    }

    /// <summary>A datagram from a proven address; its first <paramref name="length"/> bytes are the plain packet afterwards.</summary>
    public TransportInput Open(Span<byte> datagram, out int length)
    {
        length = 0;
        if (Receiver is not { } receiver)
        {
            return counters.Drop(TransportDrop.MediaBeforeKeys);
        }

        // RFC 5761 §4: RTCP packet types 192 … 223 are RTP payload types 64 … 95 with the marker bit, which nobody uses.
        if (datagram.Length >= 2 && datagram[1] is >= 192 and <= 223)
        {
            if (!receiver.TryUnprotectRtcp(datagram, out length))
            {
                return counters.Drop(TransportDrop.MediaRefused);
            }

            counters.RtcpIn++;
            return TransportInput.Rtcp;
        }

        if (!receiver.TryUnprotectRtp(datagram, out length))
        {
            return counters.Drop(TransportDrop.MediaRefused);
        }

        counters.RtpIn++;
        return TransportInput.Rtp;
    }

    /// <summary>Seals the RTP packet in the first <paramref name="plainLength"/> bytes of the reserved slot and commits it.</summary>
    public bool TryCommitRtp(PacketTrains output, Span<byte> slot, int plainLength)
    {
        if (Sender is null || !Sender.TryProtectRtp(slot, plainLength, out int length))
        {
            return Refuse();
        }

        counters.RtpOut++;
        Commit(output, length);
        return true;
    }

    /// <summary>The same for a compound RTCP packet.</summary>
    public bool TryCommitRtcp(PacketTrains output, Span<byte> slot, int plainLength)
    {
        if (Sender is null || !Sender.TryProtectRtcp(slot, plainLength, out int length))
        {
            return Refuse();
        }

        counters.RtcpOut++;
        Commit(output, length);
        return true;
    }

    /// <summary>Header and payload from two places, sealed into the reserved slot in one pass.</summary>
    public bool TryCommitRtp(PacketTrains output, Span<byte> slot, ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload)
    {
        if (Sender is null || !Sender.TryProtectRtp(header, payload, slot, out int length))
        {
            return Refuse();
        }

        counters.RtpOut++;
        Commit(output, length);
        return true;
    }

    /// <summary>The counters of both stay readable.</summary>
    public void Wipe()
    {
        Receiver?.Dispose();
        Sender?.Dispose();
    }

    private void Commit(PacketTrains output, int length)
    {
        counters.BytesOut += length;
        output.Commit(length);
    }

    private bool Refuse()
    {
        counters.Drop(TransportDrop.SendRefused);
        return false;
    }
}
