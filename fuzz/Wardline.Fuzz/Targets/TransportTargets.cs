using System.Text;
using Wardline.Fuzz.Running;
using Wardline.Rtc;
using Wardline.Rtc.Dtls;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Rtp;
using Wardline.Rtc.Srtp;

namespace Wardline.Fuzz.Targets;

internal delegate void Deliver(Span<byte> datagram);

/// <summary>The browser's end of a connection: goes through ICE and DTLS and keeps what seals its packets.</summary>
internal sealed class BrowserEnd
{
    private readonly byte[] _buffer = new byte[2048];

    /// <param name="server">The credentials that the server's answer named.</param>
    /// <param name="deliver">Hands a datagram to the server, from one address.</param>
    public BrowserEnd(OpenSslDtls factory, in DtlsFingerprint expected, in IceCredentials server, Instant now, PacketTrains output, Deliver deliver)
    {
        deliver(Checks.Make(true, Encoding.ASCII.GetBytes(server.Password), username: $"{server.Ufrag}:{Checks.Remote.Ufrag}"));
        using IDtlsEngine client = factory.CreateClient();
        client.ExpectPeer(expected);
        client.Start(now);
        for (int round = 0; round < 10 && client.State != DtlsState.Connected; round++)
        {
            Flush(client, deliver);
            foreach (PacketTrains.Packet packet in output.Packets)
            {
                if (output.Bytes(packet)[0] is >= 20 and <= 63)
                {
                    client.Handle(output.Bytes(packet), now);
                }
            }

            output.Clear();
        }

        Flush(client, deliver);
        output.Clear();
        Promise.Hold(client.State == DtlsState.Connected, "Both sides connect.");
        byte[] exported = new byte[client.Profile!.Value.ExportedBytes()];
        client.ExportKeyingMaterial(exported);
        using SrtpMasterKeys keys = new(client.Profile.Value, exported);
        Sender = keys.CreateSender(asClient: true, maxStreams: 64);
    }

    public SrtpSender Sender { get; }

    /// <summary>Seals a packet in place; false when it is none that can be sealed.</summary>
    public bool TrySeal(Span<byte> buffer, int plainLength, out int length) =>
        RtpHeader.LooksLikeRtcp(buffer[..plainLength])
            ? Sender.TryProtectRtcp(buffer, plainLength, out length)
            : Sender.TryProtectRtp(buffer, plainLength, out length);

    private void Flush(IDtlsEngine client, Deliver deliver)
    {
        while (client.TryTake(_buffer, out int length))
        {
            deliver(_buffer.AsSpan(0, length));
        }
    }
}

/// <summary>A connected transport and the peer that it is connected to.</summary>
internal sealed class Peer
{
    public Peer(OpenSslDtls servers, OpenSslDtls clients)
    {
        Transport = new RtcTransport(Checks.Local, servers, new RtcTransportOptions { MaxReceiveStreams = 16, MaxSendStreams = 16 });
        Promise.Hold(Transport.SetRemote(Checks.Remote, clients.Fingerprint), "A new transport takes its peer.");
        Browser = new BrowserEnd(
            clients, servers.Fingerprint, Checks.Local, Now, Output, d => _ = Transport.Handle(d, Checks.Home, Now, Output, out _));
        Promise.Hold(Transport.State == TransportState.Connected, "Both sides connect.");
    }

    public RtcTransport Transport { get; }

    public BrowserEnd Browser { get; }

    public PacketTrains Output { get; } = new(64);

    public Instant Now => Instant.FromMilliseconds(1000);
}

/// <summary>
/// A connected transport hears from a stranger, also from the address of its peer: it stays connected, on its path, and
/// takes nothing for media. The first byte of each datagram chooses the address.
/// </summary>
internal sealed class TransportTarget : IFuzzTarget
{
    private readonly OpenSslDtls _servers = Certificates.NewFactory();
    private readonly OpenSslDtls _clients = Certificates.NewFactory();
    private readonly byte[] _copy = new byte[4096];
    private Peer _peer;

    public TransportTarget() => _peer = new Peer(_servers, _clients);

    public string Name => "transport";

    public int MaxBytes => 4096;

    // OpenSSL's own reading of a DTLS record is native; the wrapper may keep a queue of what it answers.
    public long AllocationBudget => 16 * 1024;

    public IEnumerable<byte[]> Seeds
    {
        get
        {
            byte[][] one =
            [
                Checks.Make(true, "not the password"u8), Checks.Response(), .. Packets.All, Compounds.Reports(), Compounds.TransportCc(),
                [22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 1, 0, 12, 1, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0],
                [21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 2, 0, 2, 2, 40],
                [23, 254, 253, 0, 1, 0, 0, 0, 0, 0, 3, 0, 30, .. new byte[30]],
                [64, 1, 2, 3],
            ];
            return [Datagrams.Join(one.Select(d => (byte[])[0, .. d])), .. one.Select(d => Datagrams.Join([[0, .. d], [1, .. d]]))];
        }
    }

    public IEnumerable<byte[]> Dictionary => [.. Checks.Words, [20, 254, 253], [21, 254, 253], [22, 254, 253], [0x80, 200], [0xBE, 0xDE]];

    public void Run(ReadOnlySpan<byte> input)
    {
        for (Datagrams datagrams = new(input); datagrams.MoveNext();)
        {
            if (datagrams.Current.IsEmpty)
            {
                continue;
            }

            TransportAddress from = (datagrams.Current[0] & 1) == 0 ? Checks.Home : TransportAddress.Udp([203, 0, 113, 5], 7);
            Span<byte> datagram = _copy.AsSpan(0, datagrams.Current.Length - 1);
            datagrams.Current[1..].CopyTo(datagram);
            _peer.Output.Clear();
            (bool dtls, long before) = (datagram.Length > 0 && datagram[0] is >= 20 and <= 63 && from == Checks.Home, Accounted());
            TransportInput got = _peer.Transport.Handle(datagram, from, _peer.Now, _peer.Output, out int length);
            Promise.Hold(got == TransportInput.Nothing && length == 0, "A stranger's packet is not media.");
            Promise.Hold(!dtls || Accounted() > before, "DTLS of a stranger is counted as what became of it.");
        }

        _peer.Transport.HandleTimeout(_peer.Now, _peer.Output);
        _peer.Output.Clear();
        TransportState state = _peer.Transport.State;
        if (state != TransportState.Connected || _peer.Transport.Selected != Checks.Home)
        {
            // A new call, so that a smaller input can be tried.
            string why = $"{_peer.Transport.Failure} {_peer.Transport.DtlsFailure}";
            _peer = new Peer(_servers, _clients);
            throw new BrokenPromiseException($"The call goes on; now it is {state} ({why}).");
        }
    }

    private long Accounted() => _peer.Transport.Dtls is { } dtls ? dtls.Malformed + dtls.Refused + dtls.Discarded + dtls.DatagramsOut : 0;
}

/// <summary>The same transport and a hostile participant: packets are sealed with the right key, whatever they are.</summary>
internal sealed class TransportAuthenticatedTarget : IFuzzTarget
{
    private readonly OpenSslDtls _servers = Certificates.NewFactory();
    private readonly OpenSslDtls _clients = Certificates.NewFactory();
    private readonly byte[] _copy = new byte[2048];
    private readonly Peer _peer;

    public TransportAuthenticatedTarget() => _peer = new Peer(_servers, _clients);

    public string Name => "transport-authenticated";

    public long AllocationBudget => 4096;

    public IEnumerable<byte[]> Seeds => [.. Packets.All, Compounds.Reports(), Compounds.Feedback(), Compounds.TransportCc()];

    public void Run(ReadOnlySpan<byte> input)
    {
        input.CopyTo(_copy);
        if (!_peer.Browser.TrySeal(_copy, input.Length, out int length))
        {
            return;
        }

        TransportInput got = _peer.Transport.Handle(_copy.AsSpan(0, length), Checks.Home, _peer.Now, _peer.Output, out int plain);
        Promise.Hold(got == TransportInput.Nothing || _copy.AsSpan(0, plain).SequenceEqual(input), "What comes out is what was sealed.");
        Promise.Hold(_peer.Transport.State == TransportState.Connected, "The call goes on.");

        // What we send back over the same transport stays possible.
        if (_peer.Transport.TryReserve(_peer.Output, out Span<byte> slot))
        {
            RtpHeader.Write(slot, 96, false, new(1), new(2), new Ssrc(3));
            _ = _peer.Transport.TryCommitRtp(_peer.Output, slot, 100);
        }

        _peer.Output.Clear();
    }
}
