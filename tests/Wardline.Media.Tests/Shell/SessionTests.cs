using System.Net;
using Microsoft.Extensions.Logging;
using Wardline.Media.Taps;
using Wardline.Media.Tests.Peers;
using Wardline.Rtc;
using Wardline.Rtc.Stun;

namespace Wardline.Media.Tests.Shell;

/// <summary>Sessions and the worker under them: timers, commands, faults, the end.</summary>
public sealed class SessionTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_session_that_throws_is_closed_alone(bool byPacket)
    {
        await using MediaEngine engine = Engines.Start();
        PlainCore bad = new() { NextTimeout = byPacket ? Instant.Never : new Instant(1), ThrowInTimeout = true };
        MediaSession faulty = engine.OpenSession(() => bad);
        MediaSession healthy = engine.OpenSession(() => new PlainCore());
        using PlainPeer a = await PlainPeer.JoinAsync(engine, healthy);
        using PlainPeer b = await PlainPeer.JoinAsync(engine, healthy);
        if (byPacket)
        {
            using PlainPeer victim = await PlainPeer.JoinAsync(engine, faulty);
            victim.Say(PlainCore.Poison);
        }

        List<MediaEvent> told = await ReadToEndAsync(faulty);
        Assert.IsType<MediaFaulted>(told[^1]);
        Assert.True(bad.Disposed);
        Assert.Equal(1, engine.Snapshot().SessionsFaulted);
        Assert.Equal(1, engine.Snapshot().Sessions);
        Assert.Equal(2, engine.Snapshot().Participants);
        await Assert.ThrowsAsync<MediaSessionClosedException>(() => faulty.AddParticipantAsync(default));
        await faulty.DisposeAsync();
        Assert.Equal(a.Say(), b.Hear());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_session_that_throws_while_somebody_leaves_is_closed_alone_and_they_are_gone(bool byClosing)
    {
        await using MediaEngine engine = Engines.Start();
        PlainCore bad = new() { ThrowInRemove = true };
        MediaSession faulty = engine.OpenSession(() => bad);
        MediaSession healthy = engine.OpenSession(() => new PlainCore());
        using PlainPeer a = await PlainPeer.JoinAsync(engine, healthy);
        using PlainPeer b = await PlainPeer.JoinAsync(engine, healthy);
        using PlainPeer leaving = await PlainPeer.JoinAsync(engine, faulty);
        await (byClosing ? faulty.DisposeAsync().AsTask() : faulty.RemoveParticipantAsync(leaving.Id, default));
        Assert.IsType<MediaFaulted>((await ReadToEndAsync(faulty))[^1]);
        Assert.True(bad.Disposed);
        MediaCounters counters = engine.Snapshot();
        Assert.Equal((1, 1, 2), (counters.SessionsFaulted, counters.Sessions, counters.Participants));
        Assert.Equal(a.Say(), b.Hear());
    }

    [Fact]
    public async Task A_refused_offer_comes_back_as_its_error_and_harms_nothing()
    {
        await using MediaEngine engine = Engines.Start();
        MediaSession session = engine.OpenSession(() => new PlainCore());
        Sfu.ParticipantId id = await session.AddParticipantAsync(default);
        NegotiationResult refused = await session.NegotiateAsync(id, "nonsense", [], [], default);
        Assert.Null(refused.Answer);
        Assert.Equal("sdp.malformed", refused.Error!.Code);
        await Assert.ThrowsAsync<InvalidOperationException>(() => session.NegotiateAsync(new Sfu.ParticipantId(99), "a b", [], [], default));
        Assert.Equal(1, engine.Snapshot().Sessions);
    }

    [Fact]
    public async Task A_session_is_woken_when_it_asked_for_it()
    {
        await using MediaEngine engine = Engines.Start();
        PlainCore core = new() { NextTimeout = new Instant(1), TimeoutEvery = TimeSpan.FromMilliseconds(5) };
        await using MediaSession session = engine.OpenSession(() => core);
        Engines.Eventually(() => core.Timeouts >= 20, "woken twenty times");
    }

    [Fact]
    public async Task A_session_that_is_always_due_does_not_keep_the_worker_to_itself()
    {
        await using MediaEngine engine = Engines.Start();
        PlainCore greedy = new() { NextTimeout = new Instant(1), TimeoutEvery = TimeSpan.Zero };
        await using MediaSession one = engine.OpenSession(() => greedy);
        MediaSession two = engine.OpenSession(() => new PlainCore());
        using PlainPeer a = await PlainPeer.JoinAsync(engine, two);
        using PlainPeer b = await PlainPeer.JoinAsync(engine, two);
        Assert.Equal(a.Say(), b.Hear());
        Assert.True(greedy.Timeouts > 0);
    }

    [Fact]
    public async Task Media_and_paths_are_told_as_events_and_the_events_end_with_the_session()
    {
        await using MediaEngine engine = Engines.Start();
        MediaSession session = engine.OpenSession(() => new PlainCore());
        using PlainPeer a = await PlainPeer.JoinAsync(engine, session);
        using PlainPeer b = await PlainPeer.JoinAsync(engine, session, tcp: true);
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(a.Say(), b.Hear());
        }

        await session.DisposeAsync();
        List<MediaEvent> told = await ReadToEndAsync(session);
        Assert.Equal(
            [new MediaPathChanged(a.Id, TransportProtocol.Udp), new MediaPathChanged(b.Id, TransportProtocol.Tcp)],
            told.OfType<MediaPathChanged>());
        Assert.InRange(told.OfType<MediaActive>().Count(), 1, 10);
        Engines.Eventually(() => engine.Snapshot() is { Sessions: 0, Participants: 0, Addresses: 0, TcpConnections: 0 }, "nothing is left");
    }

    [Fact]
    public async Task Commands_from_many_threads_all_get_done()
    {
        await using MediaEngine engine = Engines.Start(o => o with { Workers = 2 });
        MediaSession[] sessions = [.. Enumerable.Range(0, 4).Select(_ => engine.OpenSession(() => new PlainCore()))];
        Sfu.ParticipantId[][] ids = await Task.WhenAll(sessions.Select(s =>
            Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => s.AddParticipantAsync(default))))));
        Assert.All(ids, perSession => Assert.Equal(50, perSession.Distinct().Count()));
        Assert.Equal(200, engine.Snapshot().Participants);
        await Task.WhenAll(sessions.Select(s => s.DisposeAsync().AsTask()));
        Assert.Equal(0, engine.Snapshot().Participants);
    }

    [Fact]
    public async Task After_the_engine_has_stopped_every_call_says_so()
    {
        MediaEngine engine = Engines.Start();
        MediaSession session = engine.OpenSession(() => new PlainCore());
        await engine.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => session.AddParticipantAsync(default));
        Assert.Throws<ObjectDisposedException>(() => engine.OpenSession(() => new PlainCore()));
        await session.DisposeAsync();
        await engine.DisposeAsync();
        Assert.Empty(await ReadToEndAsync(session));
    }

    [Fact]
    public async Task Stopping_leaves_neither_a_thread_nor_a_descriptor_behind()
    {
        await StartCallAndStop();
        int before = OpenSockets();
        for (int i = 0; i < 10; i++)
        {
            await StartCallAndStop();
        }

        // A thread that has been joined leaves the kernel's list a moment later.
        Engines.Eventually(() => MediaThreads() == 0, "all threads have ended");
        Assert.Equal(before, OpenSockets());

        static async Task StartCallAndStop()
        {
            await using MediaEngine engine = Engines.Start(o => o with { Workers = 2 });
            MediaSession session = engine.OpenSession(() => new PlainCore());
            using PlainPeer a = await PlainPeer.JoinAsync(engine, session, tcp: true);
            using PlainPeer b = await PlainPeer.JoinAsync(engine, session);
            Assert.Equal(a.Say(), b.Hear());
            Assert.InRange(MediaThreads(), 2, 4);
        }
    }

    [Fact]
    public async Task A_port_that_is_taken_fails_the_start_with_its_number_and_leaves_nothing_open()
    {
        await using MediaEngine engine = Engines.Start();
        int before = OpenSockets();
        IOException error = Assert.Throws<IOException>(() => Engines.Start(o => o with { UdpPort = engine.Ports[0].UdpPort }));
        Assert.Contains($"{engine.Ports[0].UdpPort}", error.Message, StringComparison.Ordinal);
        Assert.Throws<IOException>(() => Engines.Start(o => o with { TcpPort = engine.Ports[0].TcpPort }));
        Assert.Equal(before, OpenSockets());
    }

    [Fact]
    public void Options_are_refused_with_every_fault_at_once()
    {
        MediaOptions wrong = Engines.Options with { AdvertisedAddresses = [IPAddress.Any], Workers = 0, UdpPort = 70000 };
        string message = Assert.Throws<InvalidOperationException>(wrong.Validate).Message;
        Assert.Contains("wildcard", message, StringComparison.Ordinal);
        Assert.Contains("Workers is 0", message, StringComparison.Ordinal);
        Assert.Contains("UdpPort is 70000", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tap_writes_what_the_session_saw_and_says_loudly_that_it_is_on()
    {
        string path = Path.Combine(Path.GetTempPath(), $"wardline-tap-{Guid.NewGuid():N}.pcap");
        try
        {
            RecordingLog log = new();
            using (PacketTap tap = new(path))
            {
                await using MediaEngine engine = Engines.Start(log: log, tap: tap);
                MediaSession session = engine.OpenSession(() => new PlainCore());
                using PlainPeer a = await PlainPeer.JoinAsync(engine, session);
                using PlainPeer b = await PlainPeer.JoinAsync(engine, session);
                a.Say();
                Assert.Equal(1, b.Hear());
                Assert.Equal(a.Say(), b.Hear());
            }

            byte[] written = await File.ReadAllBytesAsync(path);

            // File header; per packet its own, IPv4, UDP, and the 64 bytes that were said less the 16 of a tag. STUN is not in it.
            Assert.Equal(24 + 2 * (16 + 20 + 8 + 48), written.Length);
            Assert.Contains(log.Lines, l => l.Level == LogLevel.Critical && l.Text.Contains("TAP IS ON", StringComparison.Ordinal));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task Without_a_tap_nothing_is_said_of_one()
    {
        RecordingLog log = new();
        await using MediaEngine engine = Engines.Start(log: log);
        Assert.DoesNotContain(log.Lines, l => l.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task A_garbled_check_costs_nothing_but_a_count()
    {
        await using MediaEngine engine = Engines.Start();
        MediaSession session = engine.OpenSession(() => new PlainCore());
        using PlainPeer a = await PlainPeer.JoinAsync(engine, session);
        using PlainPeer b = await PlainPeer.JoinAsync(engine, session);
        Random random = new(7);
        byte[] good = a.Ice.Check();
        for (int i = 0; i < 2000; i++)
        {
            byte[] bad = [.. good];
            for (int flips = random.Next(1, 4); flips > 0; flips--)
            {
                bad[random.Next(bad.Length)] ^= (byte)(1 << random.Next(8));
            }

            a.Socket.Send(bad.AsSpan(0, random.Next(2) == 0 ? bad.Length : random.Next(1, StunMessage.HeaderBytes + 40)));
        }

        Assert.Equal(b.Say(), HearPastStun(a));
        Assert.Equal(0, engine.Snapshot().SessionsFaulted);

        static int? HearPastStun(PlainPeer peer)
        {
            ReadOnlySpan<byte> packet;
            do
            {
                packet = peer.Socket.Receive(PlainPeer.Patience);
            }
            while (packet.Length > 0 && packet[0] < 4);
            return packet.Length == 0 ? null : System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(packet[12..]);
        }
    }

    private static async Task<List<MediaEvent>> ReadToEndAsync(MediaSession session)
    {
        List<MediaEvent> events = [];
        using CancellationTokenSource patience = new(PlainPeer.Patience);
        await foreach (MediaEvent e in session.Events.ReadAllAsync(patience.Token))
        {
            events.Add(e);
        }

        return events;
    }

    private static int MediaThreads() => Directory.EnumerateDirectories("/proc/self/task").Count(t =>
    {
        try
        {
            return File.ReadAllText(Path.Combine(t, "comm")).StartsWith("wardline-media", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false; // that thread ended meanwhile
        }
    });

    private static int OpenSockets() => Directory.EnumerateFiles("/proc/self/fd").Count(f =>
        File.ResolveLinkTarget(f, returnFinalTarget: false)?.Name is { } name && (name.StartsWith("socket:", StringComparison.Ordinal) || name.Contains("eventpoll", StringComparison.Ordinal) || name.Contains("eventfd", StringComparison.Ordinal)));
}
