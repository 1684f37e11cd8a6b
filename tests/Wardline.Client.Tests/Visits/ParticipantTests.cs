using System.Collections.Concurrent;
using Wardline.Client.Media;
using Wardline.Client.Signaling;
using Wardline.Client.Tests.Signaling;

namespace Wardline.Client.Tests.Visits;

/// <summary>Native participants in a real visit on the real server, end-to-end encrypted.</summary>
public sealed class ParticipantTests(RunningServer server) : IClassFixture<RunningServer>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_see_and_hear_each_other_under_one_code()
    {
        using ClientEngine engine = new();
        Seen atClinician = new(), atPatient = new();
        await using Participant clinician = await JoinAsync(server.Clinician, engine, atClinician);
        await clinician.InCallAsync(Cancel).WaitAsync(Patience, Cancel);
        await using Participant patient = await JoinAsync(server.Patient, engine, atPatient);
        Assert.NotEqual(ParticipantState.InCall, patient.State);
        await clinician.AdmitAsync(patient.You.Participant, Cancel);
        await patient.InCallAsync(Cancel).WaitAsync(Patience, Cancel);

        await UntilAsync(() => atClinician.Video > 50 && atPatient.Video > 50 && atClinician.Audio > 100 && atPatient.Audio > 100);
        await UntilAsync(() => clinician.ShortCode is not null && clinician.ShortCode == patient.ShortCode);
        foreach (Participant one in (Participant[])[clinician, patient])
        {
            ParticipantStats stats = (await one.StatsAsync())!;
            Assert.Equal("connected", stats.Transport);
            Assert.Contains("Aes256Gcm", stats.Ciphers, StringComparison.OrdinalIgnoreCase);
            Assert.InRange(stats.FramesRefused, 0, 50); // what was sent for others before the first key was here
            Assert.All(stats.Received, s => Assert.Equal(0, s.Lost));
        }

        // The view is large, so the largest layer comes in the end.
        await UntilAsync(() => atClinician.Layer == 2 && atPatient.Layer == 2);

        // From then on everything opens.
        long refused = (await patient.StatsAsync())!.FramesRefused;
        int video = atPatient.Video;
        await UntilAsync(() => atPatient.Video > video + 50);
        Assert.Equal(refused, (await patient.StatsAsync())!.FramesRefused);
    }

    private async Task<Participant> JoinAsync(string link, ClientEngine engine, Seen seen) => await Participant.JoinAsync(
        VisitLink.Parse(link),
        new ParticipantOptions
        {
            Trust = ServerTrust.PinnedTo(server.Certificate), Engine = engine, OnFrame = seen.Take,
            Publish = [new TestSource(MediaSource.Microphone), new TestSource(MediaSource.Camera, layers: 3)],
        },
        Cancel);

    private static async Task UntilAsync(Func<bool> holds)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(Patience);
        while (!holds())
        {
            await Task.Delay(20, patience.Token);
        }
    }

    private sealed class Seen
    {
        private int _video, _audio, _layer;

        public int Video => Volatile.Read(ref _video);

        public int Audio => Volatile.Read(ref _audio);

        public int Layer => Volatile.Read(ref _layer);

        public void Take(in ReceivedFrame frame, ReadOnlySpan<byte> bytes)
        {
            if (frame.Source == MediaSource.Microphone)
            {
                Assert.Equal(80, bytes.Length);
                Interlocked.Increment(ref _audio);
            }
            else
            {
                Volatile.Write(ref _layer, bytes[^1] - 0x40);
                Interlocked.Increment(ref _video);
            }
        }
    }
}
