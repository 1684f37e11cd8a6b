using Wardline.Client.Media;
using Wardline.Client.Signaling;
using Wardline.Client.Tests.Visits;

namespace Wardline.Client.Tests.Relay;

/// <summary>Native participants whose media goes through coturn, over UDP.</summary>
public sealed class UdpRelayedVisitTests(UdpRelayedServer server) : IClassFixture<UdpRelayedServer>
{
    [Fact]
    public async Task Media_goes_through_the_relay_alone_when_only_that_is_wanted() => await RelayedVisit.TakePlaceAsync(server, "relay/udp");
}

/// <summary>A relay that refuses.</summary>
public sealed class RefusedRelayTests(EstrangedRelayedServer server) : IClassFixture<EstrangedRelayedServer>
{
    [Fact]
    public async Task Credentials_that_the_relay_refuses_end_the_visit_by_name()
    {
        await using Participant clinician = await Participant.JoinAsync(
            VisitLink.Parse(server.Clinician),
            new ParticipantOptions { Trust = ServerTrust.PinnedTo(server.Certificate), RelayOnly = true, Publish = [new TestSource(MediaSource.Microphone)] },
            TestContext.Current.CancellationToken);
        ParticipantEnding ending = await clinician.Ending.WaitAsync(RelayedVisit.Patience, TestContext.Current.CancellationToken);
        Assert.Equal("client.relay", ending.Error?.Code);
        Assert.Contains("refused the credentials (401)", ending.Error!.Message, StringComparison.Ordinal);
    }
}

/// <summary>The same over TLS, where networks let nothing else through.</summary>
public sealed class TlsRelayedVisitTests(TlsRelayedServer server) : IClassFixture<TlsRelayedServer>
{
    [Fact]
    public async Task Media_goes_through_the_relay_alone_when_only_that_is_wanted() => await RelayedVisit.TakePlaceAsync(server, "relay/stream");

    [Fact]
    public async Task A_connection_to_the_relay_that_breaks_is_replaced_and_media_goes_on()
    {
        int passed = 0;
        await RelayedVisit.TakePlaceAsync(server, "relay/stream", async flows =>
        {
            for (int round = 0; round < 2; round++)
            {
                passed = server.Door!.Passed;
                server.Door.Slam();
                await flows();
                Assert.True(server.Door.Passed > passed, "media goes on by nothing");
            }
        });
    }

    [Fact]
    public async Task A_relay_with_another_key_than_the_pinned_one_ends_the_visit_by_name()
    {
        await using Participant clinician = await Participant.JoinAsync(
            VisitLink.Parse(server.Clinician),
            new ParticipantOptions
            {
                Trust = ServerTrust.PinnedTo(server.Certificate), RelayTrust = ServerTrust.Pinned(new byte[32]), RelayOnly = true,
                Publish = [new TestSource(MediaSource.Microphone)],
            },
            TestContext.Current.CancellationToken);
        ParticipantEnding ending = await clinician.Ending.WaitAsync(RelayedVisit.Patience, TestContext.Current.CancellationToken);
        Assert.Equal("client.pin", ending.Error?.Code);
        Assert.Equal(ParticipantState.Ended, clinician.State);
    }
}

internal static class RelayedVisit
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <param name="then">What happens once media flows; what it is given waits for media that flows anew.</param>
    public static async Task TakePlaceAsync(RelayedServer server, string path, Func<Func<Task>, Task>? then = null)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        using ClientEngine engine = new();
        int video = 0, audio = 0;
        await using Participant clinician = await JoinAsync(server, server.Clinician, engine, relayOnly: true, null);
        await clinician.InCallAsync(cancel).WaitAsync(Patience, cancel);
        await using Participant patient = await JoinAsync(server, server.Patient, engine, relayOnly: false, (in ReceivedFrame frame, ReadOnlySpan<byte> _) =>
            Interlocked.Increment(ref frame.Source == MediaSource.Microphone ? ref audio : ref video));
        await clinician.AdmitAsync(patient.You.Participant, cancel);
        await patient.InCallAsync(cancel).WaitAsync(Patience, cancel);

        await FlowsAsync();
        if (then is not null)
        {
            await then(FlowsAsync);
        }

        ParticipantStats relayed = (await clinician.StatsAsync())!;
        Assert.Equal(path, relayed.Path);
        Assert.Equal("connected", relayed.Transport);
        Assert.Contains(relayed.Received, s => s.Frames > 50);
        Assert.Equal("direct", (await patient.StatsAsync())!.Path);

        async Task FlowsAsync()
        {
            (int videoBefore, int audioBefore) = (Volatile.Read(ref video), Volatile.Read(ref audio));
            long back = (await clinician.StatsAsync())!.FramesOpened;
            using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            patience.CancelAfter(Patience);
            while (Volatile.Read(ref video) < videoBefore + 50 || Volatile.Read(ref audio) < audioBefore + 100 || (await clinician.StatsAsync())!.FramesOpened < back + 100)
            {
                await Task.Delay(20, patience.Token);
            }
        }
    }

    private static Task<Participant> JoinAsync(RelayedServer server, string link, ClientEngine engine, bool relayOnly, FrameReceiver? onFrame) => Participant.JoinAsync(
        VisitLink.Parse(link),
        new ParticipantOptions
        {
            Trust = ServerTrust.PinnedTo(server.Certificate), RelayTrust = ServerTrust.PinnedTo(server.RelayCertificate), RelayOnly = relayOnly,
            Engine = engine, OnFrame = onFrame, Publish = [new TestSource(MediaSource.Microphone), new TestSource(MediaSource.Camera, layers: 3)],
        },
        TestContext.Current.CancellationToken);
}
