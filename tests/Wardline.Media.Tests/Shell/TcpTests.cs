using System.Net;
using System.Net.Sockets;
using Wardline.Media.Tests.Peers;

namespace Wardline.Media.Tests.Shell;

/// <summary>Passive ICE-TCP: what a connection must do to stay, and what it cannot do to others.</summary>
public sealed class TcpTests
{
    private static readonly MediaOptions Impatient = Engines.Options with { TcpFirstFrame = TimeSpan.FromMilliseconds(200), TcpProof = TimeSpan.FromMilliseconds(700) };

    [Fact]
    public async Task A_connection_that_says_nothing_is_closed()
    {
        await using MediaEngine engine = Engines.Start(_ => Impatient);
        using Socket silent = Connect(engine);
        Assert.True(ClosedByPeer(silent));
        Assert.Equal(1, engine.Snapshot().TcpTimedOut);
    }

    [Fact]
    public async Task A_connection_whose_first_frame_is_no_check_for_anybody_here_is_closed()
    {
        await using MediaEngine engine = Engines.Start();
        using PeerSocket http = PeerSocket.Tcp(engine.Ports[0].TcpPort);
        http.Send("GET / HTTP/1.1\r\n\r\n"u8);
        Assert.True(ClosedByPeer(http.Socket));
        Assert.Equal(1, engine.Snapshot().TcpUnexpected);
    }

    [Fact]
    public async Task A_length_that_no_packet_has_closes_the_connection()
    {
        await using MediaEngine engine = Engines.Start();
        using Socket raw = Connect(engine);
        raw.Send([0xFF, 0xFF, 0, 1]);
        Assert.True(ClosedByPeer(raw));
        Assert.Equal(1, engine.Snapshot().TcpBadFrame);
    }

    [Fact]
    public async Task A_connection_that_knows_a_ufrag_but_not_the_password_is_closed()
    {
        await using MediaEngine engine = Engines.Start(_ => Impatient);
        MediaSession session = engine.OpenSession(() => new PlainCore());
        using PlainPeer forger = await PlainPeer.InviteAsync(engine, session, tcp: true);
        forger.Socket.Send(forger.Ice.Check(password: "not+the+password+of+this+server"));
        Assert.True(forger.Ice.Take(forger.Socket.Receive(PlainPeer.Patience)));
        Assert.Equal(1, forger.Ice.Refusals);
        Assert.True(ClosedByPeer(forger.Socket.Socket));
        Assert.Equal(1, engine.Snapshot().TcpTimedOut);
    }

    [Fact]
    public async Task A_proven_connection_that_speaks_stays_while_unproven_ones_go()
    {
        await using MediaEngine engine = Engines.Start(_ => Impatient);
        MediaSession session = engine.OpenSession(() => new PlainCore());
        using PlainPeer a = await PlainPeer.JoinAsync(engine, session, tcp: true);
        using PlainPeer b = await PlainPeer.JoinAsync(engine, session);
        using Socket silent = Connect(engine);
        Assert.True(ClosedByPeer(silent));
        Assert.Equal(a.Say(), b.Hear());
        Assert.Equal(b.Say(), a.Hear());
    }

    [Fact]
    public async Task A_frame_may_come_byte_by_byte()
    {
        await using MediaEngine engine = Engines.Start();
        MediaSession session = engine.OpenSession(() => new PlainCore());
        using PlainPeer a = await PlainPeer.InviteAsync(engine, session, tcp: true);
        byte[] check = a.Ice.Check();
        foreach (byte one in (byte[])[(byte)(check.Length >> 8), (byte)check.Length, .. check])
        {
            a.Socket.Socket.Send([one]);
        }

        Assert.True(a.Ice.Take(a.Socket.Receive(PlainPeer.Patience)));
        Assert.Equal(1, a.Ice.Answers);
    }

    [Fact]
    public async Task Many_frames_may_come_in_one_segment()
    {
        await using MediaEngine engine = Engines.Start();
        MediaSession session = engine.OpenSession(() => new PlainCore());
        using PlainPeer a = await PlainPeer.JoinAsync(engine, session, tcp: true);
        using PlainPeer b = await PlainPeer.JoinAsync(engine, session);
        byte[] frame = new byte[66];
        (frame[1], frame[2], frame[3]) = (64, 0x80, 96);
        a.Socket.Socket.Send(Enumerable.Repeat(frame, 200).SelectMany(f => f).ToArray());
        for (int i = 0; i < 200; i++)
        {
            Assert.Equal(0, b.Hear());
        }
    }

    [Fact]
    public async Task Connections_are_bounded_for_all_and_for_one_address()
    {
        await using MediaEngine engine = Engines.Start(o => o with { MaxTcpConnections = 6, MaxTcpConnectionsPerAddress = 4 });
        List<Socket> first = [.. Enumerable.Range(0, 5).Select(_ => Connect(engine))];
        Assert.True(ClosedByPeer(first[4]));
        List<Socket> second = [.. Enumerable.Range(0, 3).Select(_ => Connect(engine, "127.0.0.2"))];
        Assert.True(ClosedByPeer(second[2]));
        Engines.Eventually(() => engine.Snapshot() is { TcpConnections: 6, TcpRefused: 2, TcpAccepted: 6 }, engine.Snapshot().ToString());

        // Room that somebody leaves is room again.
        first[0].Dispose();
        Engines.Eventually(() => engine.Snapshot().TcpConnections == 5, "the closed one is gone");
        using Socket third = Connect(engine, "127.0.0.2");
        Engines.Eventually(() => engine.Snapshot().TcpConnections == 6, "the freed place is taken");
        first.Concat(second).ToList().ForEach(s => s.Dispose());
    }

    [Fact]
    public async Task A_reader_that_never_reads_loses_its_own_packets_and_nobody_elses()
    {
        await using MediaEngine engine = Engines.Start(o => o with { TcpSendQueueBytes = 16 << 10 });
        MediaSession session = engine.OpenSession(() => new PlainCore());
        using PlainPeer speaker = await PlainPeer.JoinAsync(engine, session);
        using PlainPeer listener = await PlainPeer.JoinAsync(engine, session);
        using PlainPeer deaf = await PlainPeer.InviteAsync(engine, session, tcp: true);
        deaf.Socket.Socket.ReceiveBufferSize = 4096;
        deaf.Prove();

        byte[] packet = new byte[1200];
        (packet[0], packet[1]) = (0x80, 96);
        for (int i = 0; i < 20_000 && engine.Snapshot().TcpQueueFull < 100; i++)
        {
            speaker.Socket.Send(packet);
            Assert.Equal(1200, listener.Socket.Receive(PlainPeer.Patience).Length);
        }

        Assert.InRange(engine.Snapshot().TcpQueueFull, 100, long.MaxValue);

        // It wakes up: what it still gets are whole frames, and then new ones again.
        int said = 0;
        for (int i = 0; i < 100; i++)
        {
            said = speaker.Say();
            Assert.Equal(said, listener.Hear());
        }

        int? heard = 0;
        int frames = 0;
        while (heard != said)
        {
            ReadOnlySpan<byte> frame = deaf.Socket.Receive(PlainPeer.Patience);
            Assert.True(frame.Length is 1200 or 64, $"{frame.Length} bytes after {frames} frames");
            heard = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(frame[12..]);
            if (++frames % 20 == 0 && heard != said)
            {
                said = speaker.Say();
                Assert.Equal(said, listener.Hear());
            }
        }
    }

    [Fact]
    public async Task A_connection_that_breaks_is_forgotten_and_its_packets_are_counted()
    {
        await using MediaEngine engine = Engines.Start();
        MediaSession session = engine.OpenSession(() => new PlainCore());
        using PlainPeer a = await PlainPeer.JoinAsync(engine, session, tcp: true);
        using PlainPeer b = await PlainPeer.JoinAsync(engine, session);
        a.Socket.Socket.LingerState = new LingerOption(true, 0);
        a.Dispose();
        Engines.Eventually(() => engine.Snapshot() is { TcpConnections: 0, Addresses: 1 }, "the connection is gone");
        b.Say();
        Engines.Eventually(() => engine.Snapshot().PacketsWithoutConnection == 1, "counted");
    }

    [Fact]
    public async Task Removing_a_participant_closes_its_connection()
    {
        await using MediaEngine engine = Engines.Start();
        MediaSession session = engine.OpenSession(() => new PlainCore());
        using PlainPeer a = await PlainPeer.JoinAsync(engine, session, tcp: true);
        await session.RemoveParticipantAsync(a.Id, default);
        Assert.True(ClosedByPeer(a.Socket.Socket));
    }

    private static Socket Connect(MediaEngine engine, string from = "127.0.0.1")
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        socket.Connect(IPAddress.Loopback, engine.Ports[0].TcpPort);
        return socket;
    }

    private static bool ClosedByPeer(Socket socket)
    {
        byte[] rest = new byte[4096];
        while (socket.Poll(PlainPeer.Patience, SelectMode.SelectRead))
        {
            try
            {
                if (socket.Receive(rest) == 0)
                {
                    return true;
                }
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset)
            {
                return true;
            }
        }

        return false;
    }
}
