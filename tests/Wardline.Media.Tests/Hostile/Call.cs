using System.Net;
using System.Net.Sockets;
using Wardline.Media.Tests.Peers;
using Wardline.Media.Tests.Shell;

namespace Wardline.Media.Tests.Hostile;

/// <summary>
/// Ada talks to Ben over a running engine while somebody attacks. What she says meanwhile has to arrive: every packet,
/// once, unchanged.
/// </summary>
internal sealed class Call : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly string _audio;
    private readonly string _video;
    private readonly string _audioBack;

    private Call(MediaEngine engine, Insight inside, NativePeer ada, NativePeer ben, (string Audio, string Video) heardByBen, string heardByAda)
    {
        (Engine, Inside, Ada, Ben) = (engine, inside, ada, ben);
        (_audio, _video) = heardByBen;
        _audioBack = heardByAda;
    }

    public MediaEngine Engine { get; }

    public Insight Inside { get; }

    public NativePeer Ada { get; }

    public NativePeer Ben { get; }

    public int Port => Engine.Ports[0].UdpPort;

    public Reception BenHears => Ben.Received[_audio];

    public Reception BenSees => Ben.Received[_video];

    public Reception AdaHears => Ada.Received[_audioBack];

    public static async Task<Call> StartAsync(Func<MediaOptions, MediaOptions>? options = null, bool benByTcp = false, ushort? firstSequence = null)
    {
        MediaEngine engine = Engines.Start(options);
        Insight inside = new(engine);
        NativePeer ada = await NativePeer.JoinAsync(inside.Session, 101, firstSequence: firstSequence);
        NativePeer ben = await NativePeer.JoinAsync(inside.Session, 102, benByTcp);
        ada.Wiretap = [];
        Call call = new(engine, inside, ada, ben, await ben.SubscribeAsync(ada), (await ada.SubscribeAsync(ben)).Audio);
        call.Until(() => call.BenHears.Packets > 10 && call.AdaHears.Packets > 10 && call.BenSees.KeyFrames > 0, "the call runs");
        return call;
    }

    /// <summary>Lets the attack happen between packets of the call until it says that it is over; then counts what arrived.</summary>
    public void Survives(Func<bool> attack)
    {
        Settle();
        (int said, int heard) = (Ada.Sources[0].FramesSent, BenHears.Packets);
        (int saidBack, int heardBack) = (Ben.Sources[0].FramesSent, AdaHears.Packets);
        (Ada.Publishing, Ben.Publishing) = (true, true);
        Until(() => attack() && Ada.Sources[0].FramesSent >= said + 50, "the attack ends");
        (Ada.Publishing, Ben.Publishing) = (false, false);
        Until(() => BenHears.Packets - heard >= Ada.Sources[0].FramesSent - said && AdaHears.Packets - heardBack >= Ben.Sources[0].FramesSent - saidBack, "everything said is heard");
        Settle();
        Assert.Equal(Ada.Sources[0].FramesSent - said, BenHears.Packets - heard);
        Assert.Equal(Ben.Sources[0].FramesSent - saidBack, AdaHears.Packets - heardBack);
        foreach (Reception reception in (Reception[])[BenHears, BenSees, AdaHears])
        {
            Assert.Equal((0, 0, 0), (reception.Damaged, reception.Duplicates, reception.PictureGaps));
        }

        Assert.Equal(0, Inside.Sfu.Duplicates);
        Assert.Equal((0, 2), (Engine.Snapshot().SessionsFaulted, Engine.Snapshot().Participants));
    }

    public void Until(Func<bool> condition, string what) =>
        Assert.True(NativePeer.Run(condition, Patience, Ada, Ben), $"{what}: {Ada.Sources[0].FramesSent} said, {BenHears.Packets} heard; {Ben.Sources[0].FramesSent} said back, {AdaHears.Packets} heard; {Engine.Snapshot()}");

    /// <summary>Nobody speaks, and what is on its way arrives.</summary>
    public void Settle()
    {
        (Ada.Publishing, Ben.Publishing) = (false, false);
        NativePeer.Run(() => false, TimeSpan.FromMilliseconds(150), Ada, Ben);
    }

    /// <summary>A socket of somebody else on this machine.</summary>
    public Socket Stranger(string address = "127.0.0.1")
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
        socket.Connect(IPAddress.Loopback, Port);
        return socket;
    }

    public async ValueTask DisposeAsync()
    {
        Ada.Dispose();
        Ben.Dispose();
        await Engine.DisposeAsync();
        Inside.Dispose();
    }
}
