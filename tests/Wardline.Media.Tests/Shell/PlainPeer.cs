using System.Buffers.Binary;
using System.Net;
using Wardline.Media.Tests.Peers;
using Wardline.Rtc.Ice;
using Wardline.Sfu;

namespace Wardline.Media.Tests.Shell;

/// <summary>Somebody in a <see cref="PlainCore"/> session.</summary>
internal sealed class PlainPeer : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Long enough for a packet on the loopback that was wrongly sent.</summary>
    public static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);

    private int _sent;

    private PlainPeer(ParticipantId id, IceChecker ice, PeerSocket socket)
    {
        Id = id;
        Ice = ice;
        Socket = socket;
    }

    public ParticipantId Id { get; }

    public IceChecker Ice { get; }

    public PeerSocket Socket { get; private set; }

    /// <summary>Joins without sending anything yet.</summary>
    public static async Task<PlainPeer> InviteAsync(MediaEngine engine, MediaSession session, bool tcp = false, IPAddress? server = null)
    {
        IceCredentials local = new($"peer", "peer-password-of-22-chars".Replace('-', '+'));
        ParticipantId id = await session.AddParticipantAsync(default);
        NegotiationResult result = await session.NegotiateAsync(id, $"{local.Ufrag} {local.Password}", [], [], default);
        string[] words = result.Answer!.Split('\n')[0].Split(' ');
        (int udpPort, int tcpPort) = PortsOf(result.Answer);
        _ = engine;
        return new PlainPeer(id, new IceChecker(local, new IceCredentials(words[0], words[1])), tcp ? PeerSocket.Tcp(tcpPort) : PeerSocket.Udp(udpPort, server));
    }

    /// <summary>Joins and proves its address.</summary>
    public static async Task<PlainPeer> JoinAsync(MediaEngine engine, MediaSession session, bool tcp = false, IPAddress? server = null)
    {
        PlainPeer peer = await InviteAsync(engine, session, tcp, server);
        peer.Prove();
        return peer;
    }

    /// <summary>The person's network changes: another socket, the same credentials.</summary>
    public PeerSocket SwitchSocket(PeerSocket next)
    {
        PeerSocket old = Socket;
        Socket = next;
        return old;
    }

    public void Prove(bool nominate = true)
    {
        int before = Ice.Answers;
        Socket.Send(Ice.Check(nominate));
        Assert.True(Ice.Take(Socket.Receive(Patience)), "no STUN answer");
        Assert.Equal(before + 1, Ice.Answers);
    }

    /// <summary>A packet that looks like RTP and carries a number.</summary>
    public int Say(byte payloadType = 96)
    {
        Span<byte> packet = stackalloc byte[64];
        packet.Clear();
        packet[0] = 0x80;
        packet[1] = payloadType;
        BinaryPrimitives.WriteInt32BigEndian(packet[12..], ++_sent);
        Socket.Send(packet);
        return _sent;
    }

    /// <summary>The number in the next packet; null when none comes in time.</summary>
    public int? Hear(TimeSpan? patience = null)
    {
        ReadOnlySpan<byte> packet = Socket.Receive(patience ?? Patience);
        return packet.Length == 0 ? null : BinaryPrimitives.ReadInt32BigEndian(packet[12..]);
    }

    public void Dispose() => Socket.Dispose();

    private static (int Udp, int Tcp) PortsOf(string answer)
    {
        int Port(string protocol) => answer.Split('\n').Skip(1).Select(l => l.Split(' '))
            .Where(w => w.Length > 5 && w[2] == protocol).Select(w => int.Parse(w[5])).FirstOrDefault();
        return (Port("udp"), Port("tcp"));
    }
}
