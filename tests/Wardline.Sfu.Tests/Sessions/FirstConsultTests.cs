using Wardline.Rtc;
using Wardline.Sfu.Tests.Harness;

namespace Wardline.Sfu.Tests.Sessions;

public sealed class FirstConsultTests
{
    [Fact]
    public void Two_people_hear_and_see_each_other()
    {
        using SfuKit kit = new();
        KitPeer clinician = kit.Add();
        KitPeer patient = kit.Add();
        clinician.Publish(TrackSource.Microphone).Publish(TrackSource.Camera, "q", "h", "f");
        patient.Publish(TrackSource.Microphone).Publish(TrackSource.Camera);
        string audio = patient.Subscribe(clinician, TrackSource.Microphone);
        string video = patient.Subscribe(clinician, TrackSource.Camera);
        clinician.Connect();
        patient.Connect();

        byte[] sealedVoice = [7, 7, 7, 9];
        clinician.Send(new PacketSpec { PayloadType = Numbers.Opus, Ssrc = 11, Sequence = 500, Timestamp = 1, Mid = "0", Payload = sealedVoice });
        clinician.Send(new PacketSpec
        {
            Ssrc = 21, Sequence = 900, Timestamp = 5, Mid = "1", Rid = "q", Payload = Vp8Payload.Make(key: true, first: true, 3, 1),
        });

        Got heard = Assert.Single(patient.On(audio));
        Assert.Equal(sealedVoice, heard.Payload);
        Got seen = Assert.Single(patient.On(video));
        Assert.Equal(3, seen.Vp8.PictureId);
        Assert.Empty(clinician.Rtp);
        Assert.Contains(kit.Events, e => e is TrackStarted { Source: TrackSource.Camera } started && started.Participant == clinician.Id);
        Assert.Contains(kit.Events, e => e is TransportStateChanged { State: TransportState.Connected } changed && changed.Participant == patient.Id);
        Assert.Equal(kit.Now, kit.Session.LastMediaAt);
    }
}
