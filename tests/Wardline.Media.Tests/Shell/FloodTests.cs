using System.Net;
using System.Net.Sockets;
using Wardline.Media.Tests.Peers;
using Wardline.Rtc.Ice;
using Wardline.Rtc;
using Wardline.Sockets;

namespace Wardline.Media.Tests.Shell;

/// <summary>Strangers who know the port.</summary>
public sealed class FloodTests
{
    [Theory]
    [InlineData(5000)]
    [InlineData(100)]
    public async Task Forgeries_under_a_participants_address_leave_it_its_own_share_until_they_are_too_many(int allowed)
    {
        await using MediaEngine engine = Engines.Start(o => o with { PacketsPerParticipantPerSecond = 100, ForgedPerParticipantPerSecond = allowed });
        MediaSession session = engine.OpenSession(() => new PlainCore());
        using PlainPeer a = await PlainPeer.JoinAsync(engine, session);
        using PlainPeer b = await PlainPeer.JoinAsync(engine, session);
        byte[] forgery = new byte[100];
        (forgery[0], forgery[1]) = (0x80, PlainCore.Forgery);
        for (int i = 0; i < 400; i++)
        {
            a.Socket.Send(forgery);
        }

        int said = a.Say();
        Engines.Eventually(() => engine.Snapshot().DatagramsReceived >= 402, "the forgeries were never seen");
        bool bearable = allowed > 400;
        Assert.Equal(bearable, engine.Snapshot().OverRate == 0);
        if (bearable)
        {
            Assert.Equal(said, b.Hear());
        }
    }

    [Fact]
    public async Task A_flood_of_strangers_leaves_no_memory_behind_and_no_packet_of_a_call_is_lost()
    {
        await using MediaEngine engine = Engines.Start();
        MediaSession session = engine.OpenSession(() => new PlainCore());
        using PlainPeer a = await PlainPeer.JoinAsync(engine, session);
        using PlainPeer b = await PlainPeer.JoinAsync(engine, session);
        Random random = new(20);
        IPEndPoint server = new(IPAddress.Loopback, engine.Ports[0].UdpPort);
        Socket[] strangers = [.. Enumerable.Range(0, 64).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp))];
        IceCredentials nobody = new("peer", "peer+password+of+22+chars");
        byte[] junk = new byte[300];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        int sent = 0;
        for (int round = 0; round < 200; round++)
        {
            for (int i = 0; i < 100; i++, sent++)
            {
                Socket stranger = strangers[random.Next(strangers.Length)];
                if (i % 4 == 0)
                {
                    // A check in good form for somebody who is not here.
                    IceChecker checker = new(nobody, new IceCredentials($"{random.Next(10_000_000, 99_999_999)}", "some+password+of+22+chars"));
                    stranger.SendTo(checker.Check(), server);
                }
                else
                {
                    random.NextBytes(junk);
                    junk[0] = (byte)random.Next(256);
                    stranger.SendTo(junk.AsSpan(0, random.Next(0, junk.Length)), SocketFlags.None, server);
                }
            }

            Assert.Equal(a.Say(), b.Hear());
        }

        MediaCounters counters = engine.Snapshot();
        Assert.Equal(2, counters.Addresses);
        Assert.Equal(0, counters.SessionsFaulted);
        Assert.Equal(sent, counters.UnknownAddress + counters.UnknownUfrag);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 2 << 20);
        Assert.All(strangers, s => Assert.Equal(0, s.Available));
        Array.ForEach(strangers, s => s.Dispose());
    }

    [Fact]
    public async Task Forged_checks_for_somebody_are_rationed_and_do_not_keep_others_from_joining()
    {
        await using MediaEngine engine = Engines.Start(o => o with { UnprovenChecksPerParticipantPerSecond = 20 });
        PlainCore core = new();
        MediaSession session = engine.OpenSession(() => core);
        using PlainPeer victim = await PlainPeer.InviteAsync(engine, session);
        using PlainPeer other = await PlainPeer.InviteAsync(engine, session);
        using PeerSocket forger = PeerSocket.Udp(engine.Ports[0].UdpPort);
        for (int i = 0; i < 500; i++)
        {
            forger.Send(victim.Ice.Check(password: "not+the+password+of+this+server"));
        }

        other.Prove();
        Assert.InRange(engine.Snapshot().ChecksOverBudget, 300, 500);
        Assert.Equal(1, engine.Snapshot().Addresses);
    }

    [Fact]
    public async Task The_workers_budget_for_unproven_checks_bounds_all_of_them_together()
    {
        await using MediaEngine engine = Engines.Start(o => o with { UnprovenChecksPerMillisecond = 1, UnprovenChecksPerParticipantPerSecond = 1_000_000 });
        MediaSession session = engine.OpenSession(() => new PlainCore());
        using PlainPeer a = await PlainPeer.JoinAsync(engine, session);
        using PlainPeer b = await PlainPeer.JoinAsync(engine, session);
        using PeerSocket forger = PeerSocket.Udp(engine.Ports[0].UdpPort);
        byte[] forged = a.Ice.Check(password: "not+the+password+of+this+server");
        for (int i = 0; i < 2000; i++)
        {
            forger.Send(forged);
        }

        // Proven addresses are outside the ration: consent goes on in the middle of it.
        a.Prove();
        Assert.Equal(b.Say(), a.Hear());
        Assert.True(engine.Snapshot().ChecksOverBudget > 0);
    }

    [Fact]
    public async Task A_flood_of_200_000_strange_packets_a_second_beside_20_sessions_takes_nothing_from_them()
    {
        await using MediaEngine engine = Engines.Start();
        List<(PlainPeer A, PlainPeer B)> calls = [];
        for (int i = 0; i < 20; i++)
        {
            MediaSession session = engine.OpenSession(() => new PlainCore());
            calls.Add((await PlainPeer.JoinAsync(engine, session), await PlainPeer.JoinAsync(engine, session)));
        }

        Flood flood = new(engine.Ports[0].UdpPort, packetsPerSecond: 200_000);
        int said = 0;
        while (flood.IsRunning)
        {
            foreach ((PlainPeer a, PlainPeer b) in calls)
            {
                said = a.Say();
                b.Say();
            }

            foreach ((PlainPeer a, PlainPeer b) in calls)
            {
                Assert.Equal(said, b.Hear());
                Assert.Equal(said, a.Hear());
            }
        }

        long sent = flood.Join();
        Assert.True(said > 20, $"only {said} rounds beside the flood");
        Assert.True(sent >= 150_000, $"only {sent} strange packets were sent");
        Engines.Eventually(() => engine.Snapshot().UnknownAddress > 0, "the flood was never seen");
        Assert.Equal(40, engine.Snapshot().Addresses);
        foreach ((PlainPeer a, PlainPeer b) in calls)
        {
            a.Dispose();
            b.Dispose();
        }
    }

    [Fact]
    public async Task One_participant_cannot_send_more_than_its_share_and_nobody_else_pays_for_it()
    {
        await using MediaEngine engine = Engines.Start(o => o with { PacketsPerParticipantPerSecond = 100 });
        PlainCore core = new();
        MediaSession loud = engine.OpenSession(() => core);
        using PlainPeer shouter = await PlainPeer.JoinAsync(engine, loud);
        MediaSession quiet = engine.OpenSession(() => new PlainCore());
        using PlainPeer a = await PlainPeer.JoinAsync(engine, quiet);
        using PlainPeer b = await PlainPeer.JoinAsync(engine, quiet);
        for (int i = 0; i < 2000; i++)
        {
            shouter.Say();
        }

        Assert.Equal(a.Say(), b.Hear());
        Engines.Eventually(() => core.Handled + engine.Snapshot().OverRate >= 2000, "not every datagram was either taken or counted");
        Assert.InRange(core.Handled, 40, 500);
    }

    /// <summary>A second's worth of garbage from eight sockets, evenly spread over it, in trains as a fast attacker sends.</summary>
    private sealed class Flood
    {
        private const int Train = 32;
        private static readonly TimeSpan Duration = TimeSpan.FromSeconds(1);

        private readonly Thread _thread;
        private long _sent;

        public Flood(int port, int packetsPerSecond)
        {
            _thread = new Thread(() => Run(port, packetsPerSecond)) { IsBackground = true };
            _thread.Start();
        }

        public bool IsRunning => _thread.IsAlive;

        public long Join()
        {
            _thread.Join();
            return _sent;
        }

        private void Run(int port, int packetsPerSecond)
        {
            Random random = new(4);
            BoundSocket[] sockets = [.. Enumerable.Range(0, 8).Select(_ => BoundSocket.Udp(IPAddress.Loopback, 0, 1 << 20))];
            TrainSender[] senders = [.. sockets.Select(s => new TrainSender(s, segments: true))];
            using PacketTrains trains = new(Train);
            for (int i = 0; i < Train; i++)
            {
                trains.TryReserve(TransportAddress.From(new IPEndPoint(IPAddress.Loopback, port)), out Span<byte> slot);
                random.NextBytes(slot[..200]);
                slot[0] = 0x80;
                trains.Commit(200);
            }

            long start = TimeProvider.System.GetTimestamp();
            for (TimeSpan at = TimeSpan.Zero; at < Duration; at = TimeProvider.System.GetElapsedTime(start))
            {
                while (_sent < at.TotalSeconds * packetsPerSecond)
                {
                    TrainSender sender = senders[_sent / Train % senders.Length];
                    sender.Append(trains, trains.Trains[0]);
                    sender.Flush();
                    _sent += Train;
                }

                CurrentThread.Sleep(TimeSpan.FromMicroseconds(100));
            }

            Array.ForEach(senders, s => s.Dispose());
            Array.ForEach(sockets, s => s.Dispose());
        }
    }
}
