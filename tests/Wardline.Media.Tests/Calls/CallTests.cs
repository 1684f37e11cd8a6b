using Wardline.Media.Taps;
using Wardline.Media.Tests.Peers;
using Wardline.Media.Tests.Shell;
using Wardline.Rtc;
using Wardline.Rtc.Dtls;
using Wardline.Rtc.Srtp;
using Wardline.Sfu;

namespace Wardline.Media.Tests.Calls;

/// <summary>Whole calls: real sockets, real ICE, DTLS and SRTP, the real SFU in the middle.</summary>
public sealed class CallTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Two_people_see_and_hear_each_other(bool firstByTcp, bool secondByTcp)
    {
        await using MediaEngine engine = Engines.Start();
        await using MediaSession session = engine.OpenSession(new SfuSessionOptions());
        using NativePeer a = await NativePeer.JoinAsync(session, 1, firstByTcp);
        using NativePeer b = await NativePeer.JoinAsync(session, 2, secondByTcp);
        (string audioOfA, string videoOfA) = await b.SubscribeAsync(a);
        (string audioOfB, string videoOfB) = await a.SubscribeAsync(b);

        Reception[] all = [b.Received[audioOfA], b.Received[videoOfA], a.Received[audioOfB], a.Received[videoOfB]];
        Assert.True(NativePeer.Run(() => all.All(r => r.Packets >= 50), Patience, a, b), Describe(a, b));
        Assert.All(all, r => Assert.Equal((0, 0), (r.Damaged, r.Duplicates)));
        Assert.All((Reception[])[b.Received[videoOfA], a.Received[videoOfB]], r => Assert.True(r.KeyFrames > 0));
        Assert.Equal((0, 0), (a.Unexpected, b.Unexpected));
        Assert.Equal(SrtpProfile.AeadAes256Gcm, a.Profile);
        Assert.True(a.TransportFeedbacks > 0);
    }

    [Fact]
    public async Task The_layer_rises_to_the_full_one_and_the_stream_looks_unbroken()
    {
        await using MediaEngine engine = Engines.Start();
        await using MediaSession session = engine.OpenSession(new SfuSessionOptions());
        using NativePeer a = await NativePeer.JoinAsync(session, 3);
        using NativePeer b = await NativePeer.JoinAsync(session, 4);
        b.Publishing = false;
        (_, string video) = await b.SubscribeAsync(a);
        Reception seen = b.Received[video];
        Assert.True(NativePeer.Run(() => seen.ByLayer.GetValueOrDefault('f') >= 40, TimeSpan.FromSeconds(25), a, b), Describe(a, b));
        Assert.Equal(0, seen.PictureGaps);
        Assert.Equal(0, seen.Damaged);
    }

    [Fact]
    public async Task Three_people_each_receive_two_cameras_and_two_microphones()
    {
        await using MediaEngine engine = Engines.Start();
        await using MediaSession session = engine.OpenSession(new SfuSessionOptions());
        using NativePeer a = await NativePeer.JoinAsync(session, 5);
        using NativePeer b = await NativePeer.JoinAsync(session, 6, tcp: true);
        using NativePeer c = await NativePeer.JoinAsync(session, 7);
        NativePeer[] everybody = [a, b, c];
        foreach (NativePeer receiver in everybody)
        {
            foreach (NativePeer publisher in everybody.Where(p => p != receiver))
            {
                await receiver.SubscribeAsync(publisher);
            }
        }

        Assert.True(NativePeer.Run(() => everybody.All(p => p.Received.Values.All(r => r.Packets >= 30)), Patience, everybody), Describe(everybody));
        Assert.All(everybody, p => Assert.Equal(4, p.Received.Count));
        Assert.Equal(12, everybody.SelectMany(p => p.Received.Values).Select(r => r.Ssrc).Distinct().Count());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_network_switch_in_the_middle_needs_no_new_handshake(bool toTcp)
    {
        await using MediaEngine engine = Engines.Start();
        await using MediaSession session = engine.OpenSession(new SfuSessionOptions());
        using NativePeer a = await NativePeer.JoinAsync(session, 8);
        using NativePeer b = await NativePeer.JoinAsync(session, 9);
        (string audio, _) = await b.SubscribeAsync(a);
        (string back, _) = await a.SubscribeAsync(b);
        Assert.True(NativePeer.Run(() => a.Received[back].Packets > 20 && b.Received[audio].Packets > 20, Patience, a, b), Describe(a, b));

        using PeerSocket old = a.SwitchSocket(toTcp);
        int heardByA = a.Received[back].Packets;
        int heardByB = b.Received[audio].Packets;
        Assert.True(NativePeer.Run(() => a.Received[back].Packets > heardByA + 30 && b.Received[audio].Packets > heardByB + 30, TimeSpan.FromSeconds(5), a, b), Describe(a, b));
        Assert.Equal(DtlsState.Connected, a.Dtls);
        Assert.Equal(0, b.Received[audio].Damaged);
    }

    [Fact]
    public async Task A_removed_person_who_keeps_sending_is_not_heard_and_hears_nothing()
    {
        await using MediaEngine engine = Engines.Start();
        await using MediaSession session = engine.OpenSession(new SfuSessionOptions());
        using NativePeer a = await NativePeer.JoinAsync(session, 10);
        using NativePeer b = await NativePeer.JoinAsync(session, 11);
        using NativePeer c = await NativePeer.JoinAsync(session, 12);
        (string audioOfA, _) = await b.SubscribeAsync(a);
        (string audioOfC, _) = await b.SubscribeAsync(c);
        await a.SubscribeAsync(b);
        Assert.True(NativePeer.Run(() => b.Received[audioOfA].Packets > 20 && b.Received[audioOfC].Packets > 20 && a.Received.Values.All(r => r.Packets > 0), Patience, a, b, c), Describe(a, b, c));

        await session.RemoveParticipantAsync(a.Id, default);
        NativePeer.Run(() => false, TimeSpan.FromMilliseconds(200), a, b, c); // what was on its way arrives
        int heardByB = b.Received[audioOfA].Packets;
        int heardByA = a.Datagrams;
        int others = b.Received[audioOfC].Packets;
        long strangers = engine.Snapshot().UnknownAddress;
        Assert.True(NativePeer.Run(() => b.Received[audioOfC].Packets > others + 50, Patience, a, b, c), Describe(a, b, c));
        Assert.Equal(heardByB, b.Received[audioOfA].Packets);
        Assert.Equal(heardByA, a.Datagrams);
        Assert.Equal(2, engine.Snapshot().Participants);
        // It said goodbye to its DTLS, so a does not even try; what it did send counts as a stranger's.
        Assert.True(engine.Snapshot().UnknownAddress >= strangers);
    }

    [Fact]
    public async Task Closing_a_session_says_goodbye()
    {
        await using MediaEngine engine = Engines.Start();
        MediaSession session = engine.OpenSession(new SfuSessionOptions());
        using NativePeer a = await NativePeer.JoinAsync(session, 13);
        Assert.True(NativePeer.Run(() => a.IsConnected && a.TransportFeedbacks > 0, Patience, a), Describe(a));
        await session.DisposeAsync();
        Assert.True(NativePeer.Run(() => a.Dtls == DtlsState.Closed, Patience, a), Describe(a));
    }

    [Fact]
    public async Task The_server_hears_of_paths_transports_tracks_and_activity()
    {
        await using MediaEngine engine = Engines.Start();
        MediaSession session = engine.OpenSession(new SfuSessionOptions());
        using NativePeer a = await NativePeer.JoinAsync(session, 14);
        using NativePeer b = await NativePeer.JoinAsync(session, 15);
        (string audio, _) = await b.SubscribeAsync(a);
        Assert.True(NativePeer.Run(() => b.Received[audio].Packets > 100, Patience, a, b), Describe(a, b));
        await session.DisposeAsync();
        List<MediaEvent> events = [];
        await foreach (MediaEvent e in session.Events.ReadAllAsync())
        {
            events.Add(e);
        }

        Assert.Contains(new MediaPathChanged(a.Id, TransportProtocol.Udp), events);
        Assert.Contains(new MediaTransportChanged(a.Id, TransportState.Connected), events);
        Assert.Contains(new MediaTrackStarted(a.Id, TrackSource.Microphone), events);
        Assert.Contains(new MediaTrackStarted(a.Id, TrackSource.Camera), events);
        Assert.Contains(events, e => e is MediaActive);
        Assert.Contains(events, e => e is MediaDownlinkQuality { Quality: var q } && q.Participant == b.Id);
    }

    [Fact]
    public async Task The_tap_shows_the_plain_packets_that_the_sfu_works_on()
    {
        string path = Path.Combine(Path.GetTempPath(), $"wardline-call-{Guid.NewGuid():N}.pcap");
        try
        {
            using (PacketTap tap = new(path))
            {
                await using MediaEngine engine = Engines.Start(tap: tap);
                await using MediaSession session = engine.OpenSession(new SfuSessionOptions());
                using NativePeer a = await NativePeer.JoinAsync(session, 16);
                using NativePeer b = await NativePeer.JoinAsync(session, 17);
                (string audio, _) = await b.SubscribeAsync(a);
                Assert.True(NativePeer.Run(() => b.Received[audio].Packets > 20, Patience, a, b), Describe(a, b));
            }

            // What these peers "seal" is a plain text, so that decryption by the SFU can be told from none: frames of a
            // real browser are as unreadable here as on the wire.
            byte[] dump = await File.ReadAllBytesAsync(path);
            int found = 0;
            for (int at = dump.AsSpan().IndexOf(PublishedSource.Mark); at >= 0; found++)
            {
                int next = dump.AsSpan(at + 1).IndexOf(PublishedSource.Mark);
                at = next < 0 ? -1 : at + 1 + next;
            }

            Assert.InRange(found, 40, int.MaxValue);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string Describe(params ReadOnlySpan<NativePeer> peers)
    {
        System.Text.StringBuilder text = new();
        foreach (NativePeer p in peers)
        {
            text.Append($"{p.Id}: {p.Checker.Answers} answers, {p.Checker.Refusals} refusals, DTLS {p.Dtls}, {p.Datagrams} datagrams, {p.Unexpected} unexpected, {p.TransportFeedbacks} feedbacks; ");
            foreach ((string mid, Reception r) in p.Received)
            {
                text.Append($"[{mid}: {r.Packets} packets, {r.KeyFrames} key, {string.Join(',', r.ByLayer.Select(l => $"{l.Key}={l.Value}"))}, gaps {r.PictureGaps}, damaged {r.Damaged}] ");
            }
        }

        return text.ToString();
    }
}
