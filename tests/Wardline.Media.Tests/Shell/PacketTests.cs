using System.Net;
using Wardline.Media.Tests.Peers;

namespace Wardline.Media.Tests.Shell;

/// <summary>Whose packet is it, and who gets it.</summary>
public sealed class PacketTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Packets_flow_both_ways_whatever_each_side_comes_by(bool firstByTcp, bool secondByTcp)
    {
        await using MediaEngine engine = Engines.Start();
        MediaSession session = engine.OpenSession(() => new PlainCore());
        using PlainPeer a = await PlainPeer.JoinAsync(engine, session, firstByTcp);
        using PlainPeer b = await PlainPeer.JoinAsync(engine, session, secondByTcp);
        for (int i = 0; i < 50; i++)
        {
            Assert.Equal(a.Say(), b.Hear());
            Assert.Equal(b.Say(), a.Hear());
        }

        Assert.Equal(2, engine.Snapshot().Addresses);
    }

    [Fact]
    public async Task A_dual_stack_worker_serves_IPv4_and_IPv6()
    {
        await using MediaEngine engine = Engines.Start(o => o with { BindAddress = IPAddress.IPv6Any });
        MediaSession session = engine.OpenSession(() => new PlainCore());
        using PlainPeer four = await PlainPeer.JoinAsync(engine, session, server: IPAddress.Loopback);
        using PlainPeer six = await PlainPeer.JoinAsync(engine, session, server: IPAddress.IPv6Loopback);
        Assert.Equal(four.Say(), six.Hear());
        Assert.Equal(six.Say(), four.Hear());
    }

    [Fact]
    public async Task Sessions_do_not_hear_each_other()
    {
        await using MediaEngine engine = Engines.Start();
        MediaSession one = engine.OpenSession(() => new PlainCore());
        MediaSession two = engine.OpenSession(() => new PlainCore());
        using PlainPeer a = await PlainPeer.JoinAsync(engine, one);
        using PlainPeer b = await PlainPeer.JoinAsync(engine, one);
        using PlainPeer stranger = await PlainPeer.JoinAsync(engine, two);
        Assert.Equal(a.Say(), b.Hear());
        Assert.Null(stranger.Hear(PlainPeer.Moment));
    }

    [Fact]
    public async Task A_session_lives_on_one_worker_and_the_next_one_on_the_least_loaded()
    {
        await using MediaEngine engine = Engines.Start(o => o with { Workers = 2 });
        MediaSession one = engine.OpenSession(() => new PlainCore());
        MediaSession two = engine.OpenSession(() => new PlainCore());
        using PlainPeer a = await PlainPeer.JoinAsync(engine, one);
        using PlainPeer b = await PlainPeer.JoinAsync(engine, one);
        using PlainPeer c = await PlainPeer.JoinAsync(engine, two);
        Assert.Equal(a.Socket.Server.Port, b.Socket.Server.Port);
        Assert.NotEqual(a.Socket.Server.Port, c.Socket.Server.Port);
    }

    [Fact]
    public async Task Media_from_an_address_that_proved_nothing_is_dropped()
    {
        await using MediaEngine engine = Engines.Start();
        PlainCore core = new();
        MediaSession session = engine.OpenSession(() => core);
        using PlainPeer a = await PlainPeer.JoinAsync(engine, session);
        using PlainPeer b = await PlainPeer.InviteAsync(engine, session);
        b.Say();
        Assert.Null(a.Hear(PlainPeer.Moment));
        Assert.Equal(0, core.Handled);
        Assert.Equal(1, engine.Snapshot().UnknownAddress);
    }

    [Fact]
    public async Task A_check_with_the_wrong_password_proves_nothing()
    {
        await using MediaEngine engine = Engines.Start();
        PlainCore core = new();
        MediaSession session = engine.OpenSession(() => core);
        using PlainPeer a = await PlainPeer.InviteAsync(engine, session);
        a.Socket.Send(a.Ice.Check(password: "not+the+password+of+this+server"));
        Assert.True(a.Ice.Take(a.Socket.Receive(PlainPeer.Patience)));
        Assert.Equal(1, a.Ice.Refusals);
        a.Say();
        a.Prove();
        Assert.Equal(0, core.Handled);
        Assert.Equal(1, engine.Snapshot().UnknownAddress);
    }

    [Fact]
    public async Task Media_is_taken_from_a_proven_path_before_it_is_nominated()
    {
        await using MediaEngine engine = Engines.Start();
        MediaSession session = engine.OpenSession(() => new PlainCore());
        using PlainPeer a = await PlainPeer.InviteAsync(engine, session);
        using PlainPeer b = await PlainPeer.JoinAsync(engine, session);
        a.Prove(nominate: false);
        Assert.Equal(a.Say(), b.Hear());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_person_who_changes_networks_is_followed(bool toTcp)
    {
        await using MediaEngine engine = Engines.Start();
        MediaSession session = engine.OpenSession(() => new PlainCore());
        using PlainPeer a = await PlainPeer.JoinAsync(engine, session);
        using PlainPeer b = await PlainPeer.JoinAsync(engine, session);
        Assert.Equal(b.Say(), a.Hear());

        (int udp, int tcp) = engine.Ports[0];
        using PeerSocket old = a.SwitchSocket(toTcp ? PeerSocket.Tcp(tcp) : PeerSocket.Udp(udp));
        a.Prove();
        Assert.Equal(b.Say(), a.Hear());
        Assert.Equal(a.Say(), b.Hear());
        Assert.Equal(0, old.Receive(PlainPeer.Moment).Length);
    }

    [Fact]
    public async Task A_removed_participant_who_keeps_sending_reaches_nobody_and_hears_nothing()
    {
        await using MediaEngine engine = Engines.Start();
        PlainCore core = new();
        MediaSession session = engine.OpenSession(() => core);
        using PlainPeer a = await PlainPeer.JoinAsync(engine, session);
        using PlainPeer b = await PlainPeer.JoinAsync(engine, session);
        using PlainPeer c = await PlainPeer.JoinAsync(engine, session);
        Assert.Equal(a.Say(), b.Hear());
        Assert.NotNull(c.Hear());
        int before = core.Handled;

        await session.RemoveParticipantAsync(a.Id, default);
        for (int i = 0; i < 20; i++)
        {
            a.Say();
            a.Socket.Send(a.Ice.Check());
        }

        // The loop takes packets in order, so after c's own packet every one of the removed participant has been seen.
        Assert.Equal(c.Say(), b.Hear());
        Assert.Equal(before + 1, core.Handled);
        Assert.Equal(0, a.Socket.Receive(PlainPeer.Moment).Length);
        Assert.Null(c.Hear(PlainPeer.Moment));
        MediaCounters counters = engine.Snapshot();
        Assert.Equal(20, counters.UnknownAddress);
        Assert.Equal(20, counters.UnknownUfrag);
        Assert.Equal(2, counters.Participants);
    }

    [Fact]
    public async Task An_address_that_an_address_translator_gives_to_somebody_else_goes_over_to_them()
    {
        await using MediaEngine engine = Engines.Start();
        PlainCore first = new();
        PlainCore second = new();
        MediaSession one = engine.OpenSession(() => first);
        MediaSession two = engine.OpenSession(() => second);
        using PlainPeer old = await PlainPeer.JoinAsync(engine, one);
        using PlainPeer heir = await PlainPeer.InviteAsync(engine, two);
        using PlainPeer witness = await PlainPeer.JoinAsync(engine, two);

        using PeerSocket unused = heir.SwitchSocket(old.Socket);
        heir.Prove();
        Assert.Equal(heir.Say(), witness.Hear());
        Assert.Equal(0, first.Handled);
        Assert.Equal(2, engine.Snapshot().Addresses);
    }

    [Fact]
    public async Task The_address_that_media_flows_on_stays_known_however_many_others_are_proven_meanwhile()
    {
        await using MediaEngine engine = Engines.Start(o => o with { MaxAddressesPerParticipant = 2 });
        MediaSession session = engine.OpenSession(() => new PlainCore());
        using PlainPeer a = await PlainPeer.JoinAsync(engine, session);
        using PlainPeer b = await PlainPeer.JoinAsync(engine, session);
        PeerSocket selected = a.Socket;
        for (int i = 0; i < 12; i++)
        {
            using PeerSocket other = PeerSocket.Udp(engine.Ports[0].UdpPort);
            a.SwitchSocket(other);
            a.Prove(nominate: false);
            a.SwitchSocket(selected);

            // In both directions, without a check from there.
            Assert.Equal(a.Say(), b.Hear());
            Assert.Equal(b.Say(), a.Hear());
        }

        Assert.Equal((3, 11), (engine.Snapshot().Addresses, engine.Snapshot().AddressesForgotten));
        Assert.Equal(0, engine.Snapshot().UnknownAddress);
    }

    [Fact]
    public async Task Of_the_other_addresses_the_longest_silent_one_gives_way()
    {
        await using MediaEngine engine = Engines.Start(o => o with { MaxAddressesPerParticipant = 3 });
        MediaSession session = engine.OpenSession(() => new PlainCore());
        using PlainPeer a = await PlainPeer.JoinAsync(engine, session);
        using PlainPeer b = await PlainPeer.JoinAsync(engine, session);
        PeerSocket selected = a.Socket;
        PeerSocket[] others = [.. Enumerable.Range(0, 3).Select(_ => PeerSocket.Udp(engine.Ports[0].UdpPort))];
        foreach (int i in (int[])[0, 1, 0, 2])
        {
            a.SwitchSocket(others[i]);
            a.Prove(nominate: false);
        }

        a.SwitchSocket(others[1]);
        a.Say();
        Engines.Eventually(() => engine.Snapshot().UnknownAddress == 1, "the second was silent longest");
        a.SwitchSocket(others[0]);
        Assert.Equal(a.Say(), b.Hear());
        a.SwitchSocket(selected);
        Array.ForEach(others, o => o.Dispose());
    }

    [Fact]
    public async Task One_participant_is_known_by_a_bounded_number_of_addresses()
    {
        await using MediaEngine engine = Engines.Start(o => o with { MaxAddressesPerParticipant = 4 });
        MediaSession session = engine.OpenSession(() => new PlainCore());
        using PlainPeer a = await PlainPeer.JoinAsync(engine, session);
        using PlainPeer b = await PlainPeer.JoinAsync(engine, session);
        List<PeerSocket> used = [];
        for (int i = 0; i < 20; i++)
        {
            used.Add(a.SwitchSocket(PeerSocket.Udp(engine.Ports[0].UdpPort)));
            a.Prove();
        }

        Assert.Equal(a.Say(), b.Hear());
        Engines.Eventually(() => engine.Snapshot().Addresses == 5, "4 of one, 1 of the other");
        Assert.Equal(17, engine.Snapshot().AddressesForgotten);
        used.ForEach(s => s.Dispose());
    }

    [Fact]
    public async Task A_datagram_that_is_too_long_is_dropped_and_counted()
    {
        await using MediaEngine engine = Engines.Start();
        PlainCore core = new();
        MediaSession session = engine.OpenSession(() => core);
        using PlainPeer a = await PlainPeer.JoinAsync(engine, session);
        using PlainPeer b = await PlainPeer.JoinAsync(engine, session);
        a.Socket.Send(new byte[4000]);
        Assert.Equal(a.Say(), b.Hear());
        Assert.Equal(1, engine.Snapshot().Truncated);
        Assert.Equal(1, core.Handled);
    }

    [Fact]
    public async Task The_packet_path_allocates_nothing_after_warm_up()
    {
        await using MediaEngine engine = Engines.Start();
        PlainCore core = new();
        MediaSession session = engine.OpenSession(() => core);
        using PlainPeer a = await PlainPeer.JoinAsync(engine, session);
        using PlainPeer b = await PlainPeer.JoinAsync(engine, session);
        using PlainPeer c = await PlainPeer.JoinAsync(engine, session, tcp: true);
        for (int i = 0; i < 3000; i++)
        {
            int said = a.Say();
            Assert.Equal(said, b.Hear());
            Assert.Equal(said, c.Hear());
        }

        // Once a second the session tells that it is active: an event of 24 bytes and the channel's segment for it, not a packet's cost.
        Assert.InRange(core.AllocatedSinceWarm, 0, 16 * 1024);
        Assert.True(core.AllocatedSinceWarm / (double)(core.Handled - 1000) < 8, $"{core.AllocatedSinceWarm} bytes");
    }
}
