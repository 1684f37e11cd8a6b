using System.Buffers.Binary;
using System.Text;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Srtp;
using Wardline.Rtc.Stun;
using Wardline.Rtc;

namespace Wardline.Bench.Load;

/// <summary>How a peer's packets are sealed and opened, and how it comes to its keys.</summary>
internal abstract class LoadTransport : IDisposable
{
    public abstract bool IsReady { get; }

    /// <summary>Why it will never be ready; null while it may.</summary>
    public abstract string? Failure { get; }

    public abstract string Profile { get; }

    public abstract Instant NextTimeout { get; }

    public abstract TransportInput Handle(Span<byte> datagram, in TransportAddress from, Instant now, PacketTrains output, out int length);

    public abstract void HandleTimeout(Instant now, PacketTrains output);

    public abstract bool TryReserve(PacketTrains output, out Span<byte> slot);

    public abstract bool TryCommit(PacketTrains output, Span<byte> slot, int plainLength, bool rtcp);

    public abstract void Dispose();
}

/// <summary>ICE, DTLS and SRTP as a browser does them.</summary>
internal sealed class RtcLoadTransport(ClientTransport rtc) : LoadTransport
{
    private readonly byte[] _localKey = Encoding.ASCII.GetBytes(rtc.Ice.Local.Password);

    public override bool IsReady => rtc.State == TransportState.Connected;

    public override string? Failure => rtc.State is TransportState.Failed or TransportState.Closed ? $"{rtc.State} ({rtc.Failure}, DTLS: {rtc.DtlsFailure})" : null;

    public override string Profile => $"{rtc.Profile} {rtc.DtlsDescription}";

    public override Instant NextTimeout => rtc.NextTimeout;

    public override TransportInput Handle(Span<byte> datagram, in TransportAddress from, Instant now, PacketTrains output, out int length)
    {
        if (StunMessage.LooksLikeStun(datagram) && StunMessage.TryParse(datagram, out StunMessage message) == StunParse.Ok && message.Class == StunClass.Request)
        {
            length = 0;
            Answer(message, from, output);
            return TransportInput.Nothing;
        }

        return rtc.Handle(datagram, from, now, output, out length);
    }

    public override void HandleTimeout(Instant now, PacketTrains output) => rtc.HandleTimeout(now, output);

    public override bool TryReserve(PacketTrains output, out Span<byte> slot) => rtc.TryReserve(output, out slot);

    public override bool TryCommit(PacketTrains output, Span<byte> slot, int plainLength, bool rtcp) =>
        rtcp ? rtc.TryCommitRtcp(output, slot, plainLength) : rtc.TryCommitRtp(output, slot, plainLength);

    public override void Dispose() => rtc.Dispose();

    // Our servers are ICE-lite and never ask; a full agent does, and waits for the answer (RFC 8445 §7.3). One that made
    // the offer begins as the controlling one, as we do: it gives way, since our tie-breaker is the highest (§7.3.1.1).
    private void Answer(in StunMessage request, in TransportAddress from, PacketTrains output)
    {
        if (request.VerifyIntegrity(_localKey) && output.TryReserve(from, out Span<byte> slot))
        {
            bool conflict = request.IceControlling is not null;
            StunWriter answer = new(slot, conflict ? StunClass.Error : StunClass.Success, StunMethod.Binding, request.TransactionId);
            if (conflict)
            {
                answer.AddErrorCode(487, "Role Conflict"u8);
            }
            else
            {
                answer.AddXorMappedAddress(from);
            }

            answer.AddMessageIntegrity(_localKey);
            answer.AddFingerprint();
            output.Commit(answer.Length);
        }
    }
}

/// <summary>Random, but for what an ICE agent draws as its tie-breaker (RFC 8445 §16.1: 64 bits): always the highest.</summary>
internal sealed class AlwaysControlling(IRandomSource random) : IRandomSource
{
    public void Fill(Span<byte> destination)
    {
        if (destination.Length == sizeof(ulong))
        {
            destination.Fill(byte.MaxValue);
        }
        else
        {
            random.Fill(destination);
        }
    }
}

/// <summary>SRTP with keys that both ends are told, for the yardstick.</summary>
internal sealed class FixedKeyTransport : LoadTransport
{
    private const int KeyBytes = 32;
    private const int SaltBytes = 12;
    private readonly TransportAddress _server;
    private readonly SrtpSender _sender;
    private readonly SrtpReceiver _receiver;

    /// <param name="keys">88 hex digits: master key and master salt.</param>
    /// <param name="number">The peer's, mixed into both directions' keys as the yardstick does.</param>
    public FixedKeyTransport(in TransportAddress server, string keys, int number)
    {
        _server = server;
        _sender = new SrtpSender(SrtpProfile.AeadAes256Gcm, Master(keys, number, 0)[..KeyBytes], Master(keys, number, 0)[KeyBytes..]);
        _receiver = new SrtpReceiver(SrtpProfile.AeadAes256Gcm, Master(keys, number, 1)[..KeyBytes], Master(keys, number, 1)[KeyBytes..]);
    }

    public override bool IsReady => true;

    public override string? Failure => null;

    public override string Profile => "AeadAes256Gcm, keys by command line";

    public override Instant NextTimeout => Instant.Never;

    public override TransportInput Handle(Span<byte> datagram, in TransportAddress from, Instant now, PacketTrains output, out int length) =>
        _receiver.TryUnprotectRtp(datagram, out length) ? TransportInput.Rtp : TransportInput.Nothing;

    public override void HandleTimeout(Instant now, PacketTrains output)
    {
        // Keys do not age here.
    }

    public override bool TryReserve(PacketTrains output, out Span<byte> slot) => output.TryReserve(_server, out slot);

    public override bool TryCommit(PacketTrains output, Span<byte> slot, int plainLength, bool rtcp)
    {
        if (rtcp || !_sender.TryProtectRtp(slot, plainLength, out int length))
        {
            return false;
        }

        output.Commit(length);
        return true;
    }

    public override void Dispose()
    {
        _sender.Dispose();
        _receiver.Dispose();
    }

    private static ReadOnlySpan<byte> Master(string keys, int number, byte direction)
    {
        byte[] bytes = Convert.FromHexString(keys);
        if (bytes.Length != KeyBytes + SaltBytes)
        {
            throw new ArgumentException("Master key and salt are 88 hex digits.", nameof(keys));
        }

        bytes[0] ^= direction;
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(1), (ushort)(BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(1)) ^ number));
        return bytes;
    }
}
