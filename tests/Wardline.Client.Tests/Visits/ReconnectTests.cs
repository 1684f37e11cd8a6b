using Wardline.Client.Media;
using Wardline.Client.Signaling;
using Wardline.Client.Tests.Signaling;

namespace Wardline.Client.Tests.Visits;

/// <summary>What comes back by itself, on the real server.</summary>
public sealed class ReconnectTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(25);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_that_restarts_gets_new_transports_and_media_goes_on_without_what_was_switched_off()
    {
        await using RunningServer server = new();
        await server.InitializeAsync();
        await using Visit visit = await Visit.BeginAsync(server);
        await visit.FlowsAsync();
        await visit.Patient.SwitchAsync(microphone: true, camera: false, Cancel);

        await server.RestartAsync();
        await visit.UntilAsync(() => visit.Clinician.State == ParticipantState.InCall && visit.Patient.State == ParticipantState.InCall);
        (int audio, int video) = (visit.AtClinician.Audio, visit.AtClinician.Video);
        (int backAudio, int backVideo) = (visit.AtPatient.Audio, visit.AtPatient.Video);
        await visit.UntilAsync(() => visit.AtClinician.Audio > audio + 100 && visit.AtPatient.Audio > backAudio + 100 && visit.AtPatient.Video > backVideo + 50);

        // A switched-off camera stays off, for the server too.
        Assert.Equal(video, visit.AtClinician.Video);
        await visit.UntilAsync(() => visit.Clinician.Roster.Single(r => r.Participant == visit.Patient.You.Participant).Tracks!.Single(t => t.Source == "camera") is { On: false });
        await visit.Patient.SwitchAsync(microphone: true, camera: true, Cancel);
        await visit.UntilAsync(() => visit.AtClinician.Video > video + 50);
        await visit.UntilAsync(() => visit.Clinician.ShortCode is not null && visit.Clinician.ShortCode == visit.Patient.ShortCode);
    }

    [Fact]
    public async Task Somebody_who_was_held_and_admitted_again_sends_and_receives_again()
    {
        await using RunningServer server = new();
        await server.InitializeAsync();
        await using Visit visit = await Visit.BeginAsync(server);
        await visit.FlowsAsync();
        for (int round = 0; round < 2; round++)
        {
            await visit.Clinician.HoldAsync(visit.Patient.You.Participant, Cancel);
            await visit.UntilAsync(() => visit.Patient.State == ParticipantState.Waiting);
            await visit.Clinician.AdmitAsync(visit.Patient.You.Participant, Cancel);
            await visit.UntilAsync(() => visit.Patient.State == ParticipantState.InCall);
            await visit.FlowsAsync();
            Assert.Equal("connected", (await visit.Patient.StatsAsync())!.Transport);
        }
    }

    [Fact]
    public async Task Where_only_a_relay_is_wanted_and_there_is_none_the_visit_ends_by_name()
    {
        await using RunningServer server = new();
        await server.InitializeAsync();
        await using Participant clinician = await Participant.JoinAsync(
            VisitLink.Parse(server.Clinician),
            new ParticipantOptions { Trust = ServerTrust.PinnedTo(server.Certificate), RelayOnly = true, Publish = [new TestSource(MediaSource.Microphone)] },
            Cancel);
        ParticipantEnding ending = await clinician.Ending.WaitAsync(Patience, Cancel);
        Assert.Equal("client.relay", ending.Error?.Code);
    }

    /// <summary>Clinician and patient in the call, both with microphone and camera.</summary>
    private sealed class Visit : IAsyncDisposable
    {
        public required Participant Clinician { get; init; }

        public required Participant Patient { get; init; }

        public required Seen AtClinician { get; init; }

        public required Seen AtPatient { get; init; }

        public static async Task<Visit> BeginAsync(RunningServer server)
        {
            Seen atClinician = new(), atPatient = new();
            Participant clinician = await JoinAsync(server, server.Clinician, atClinician);
            await clinician.InCallAsync(Cancel).WaitAsync(Patience, Cancel);
            Participant patient = await JoinAsync(server, server.Patient, atPatient);
            await clinician.AdmitAsync(patient.You.Participant, Cancel);
            await patient.InCallAsync(Cancel).WaitAsync(Patience, Cancel);
            return new Visit { Clinician = clinician, Patient = patient, AtClinician = atClinician, AtPatient = atPatient };
        }

        /// <summary>From now on, both ways.</summary>
        public async Task FlowsAsync()
        {
            int[] before = [AtClinician.Audio, AtClinician.Video, AtPatient.Audio, AtPatient.Video];
            await UntilAsync(() => AtClinician.Audio > before[0] + 50 && AtClinician.Video > before[1] + 25 && AtPatient.Audio > before[2] + 50 && AtPatient.Video > before[3] + 25);
        }

        public async Task UntilAsync(Func<bool> holds)
        {
            using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            patience.CancelAfter(Patience);
            try
            {
                while (!holds())
                {
                    await Task.Delay(20, patience.Token);
                }
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"clinician {Clinician.State} {AtClinician} {await Clinician.StatsAsync()}, patient {Patient.State} {AtPatient} {await Patient.StatsAsync()}");
            }
        }

        public async ValueTask DisposeAsync()
        {
            await Patient.DisposeAsync();
            await Clinician.DisposeAsync();
        }

        private static Task<Participant> JoinAsync(RunningServer server, string link, Seen seen) => Participant.JoinAsync(
            VisitLink.Parse(link),
            new ParticipantOptions
            {
                Trust = ServerTrust.PinnedTo(server.Certificate), OnFrame = seen.Take,
                Publish = [new TestSource(MediaSource.Microphone), new TestSource(MediaSource.Camera, layers: 3)],
            },
            Cancel);
    }

    private sealed class Seen
    {
        private int _video, _audio;

        public int Video => Volatile.Read(ref _video);

        public int Audio => Volatile.Read(ref _audio);

        public void Take(in ReceivedFrame frame, ReadOnlySpan<byte> bytes) => Interlocked.Increment(ref frame.Source == MediaSource.Microphone ? ref _audio : ref _video);

        public override string ToString() => $"{Video} pictures, {Audio} sounds";
    }
}
