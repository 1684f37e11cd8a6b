using Wardline.Rtc.Dtls;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Srtp;
using Wardline.Rtc.Tests.Dtls;
using Wardline.Rtc.Tests.Ice;

namespace Wardline.Rtc.Tests.Transport;

/// <summary>A transport and its peer: a browser's checks, a DTLS client, and SRTP in both directions.</summary>
internal sealed class TransportKit : IDisposable
{
    public static readonly TransportAddress Home = IceKit.Home;
    public static readonly TransportAddress Mobile = IceKit.Mobile;

    private readonly IceKit _ice = new(seed: 7);
    private readonly byte[] _buffer = new byte[2048];

    public TransportKit(RtcTransportOptions? options = null, DtlsOptions? server = null, DtlsOptions? client = null)
    {
        Factory = DtlsKit.CreateFactory(server);
        ClientFactory = DtlsKit.CreateFactory(client);
        Transport = new RtcTransport(IceCredentials.Create(_ice), Factory, options ?? new RtcTransportOptions());
        Client = ClientFactory.CreateClient();
        Local = Transport.Ice.Local;
    }

    public OpenSslDtls Factory { get; }

    public OpenSslDtls ClientFactory { get; }

    public RtcTransport Transport { get; }

    public IDtlsEngine Client { get; }

    public PacketTrains Output { get; } = new(64);

    public Instant Now { get; set; } = Instant.FromMilliseconds(1000);

    /// <summary>The transport's credentials as the peer knows them.</summary>
    public IceCredentials Local { get; set; }

    public IceCredentials Remote { get; set; } = IceKit.Peer;

    public SrtpSender PeerSender { get; private set; } = null!;

    public SrtpReceiver PeerReceiver { get; private set; } = null!;

    public bool SetRemote() => Transport.SetRemote(Remote, ClientFactory.Fingerprint);

    public IceCredentials NewCredentials() => IceCredentials.Create(_ice);

    public TransportInput Handle(byte[] datagram, in TransportAddress from, out int length) =>
        Transport.Handle(datagram, from, Now, Output, out length);

    public TransportInput Handle(byte[] datagram, in TransportAddress from) => Handle(datagram, from, out _);

    public byte[] MakeCheck(bool nominate = true, string? password = null) => _ice.Check(Local, Remote, nominate, password);

    public void Check(in TransportAddress from, bool nominate = true) => Handle(MakeCheck(nominate), from);

    /// <summary>What the transport wants sent, taken out.</summary>
    public List<(TransportAddress To, byte[] Bytes)> Take()
    {
        List<(TransportAddress, byte[])> taken = [];
        foreach (PacketTrains.Train train in Output.Trains)
        {
            for (int i = train.First; i < train.First + train.Count; i++)
            {
                taken.Add((train.To, Output.Bytes(Output.Packets[i]).ToArray()));
            }
        }

        Output.Clear();
        return taken;
    }

    /// <summary>Passes DTLS to and fro until neither side has more to say.</summary>
    public void ExchangeDtls(in TransportAddress from)
    {
        Client.Start(Now);
        bool moved = true;
        while (moved)
        {
            moved = false;
            while (Client.TryTake(_buffer, out int length))
            {
                Handle(_buffer[..length], from);
                moved = true;
            }

            foreach ((TransportAddress _, byte[] bytes) in Take().Where(p => p.Bytes[0] is >= 20 and <= 63))
            {
                Client.Handle(bytes, Now);
                moved = true;
            }
        }
    }

    public void InstallPeerKeys()
    {
        byte[] exported = new byte[Client.Profile!.Value.ExportedBytes()];
        Client.ExportKeyingMaterial(exported);
        using SrtpMasterKeys keys = new(Client.Profile.Value, exported);
        PeerSender = keys.CreateSender(asClient: true);
        PeerReceiver = keys.CreateReceiver(fromClient: false);
    }

    /// <summary>All the way to <see cref="TransportState.Connected"/>.</summary>
    public static TransportKit Connected(RtcTransportOptions? options = null)
    {
        TransportKit kit = new(options);
        Assert.True(kit.SetRemote());
        kit.Check(Home);
        kit.ExchangeDtls(Home);
        Assert.Equal(TransportState.Connected, kit.Transport.State);
        kit.InstallPeerKeys();
        return kit;
    }

    public void Wait(TimeSpan time)
    {
        Now += time;
        Transport.HandleTimeout(Now, Output);
    }

    public void Dispose()
    {
        PeerSender?.Dispose();
        PeerReceiver?.Dispose();
        Client.Dispose();
        Transport.Dispose();
        Factory.Dispose();
        ClientFactory.Dispose();
        Output.Dispose();
    }
}
