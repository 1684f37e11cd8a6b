using Wardline.Client.Media;
using Wardline.Client.Peer;
using Wardline.Client.Tests.Visits;
using Wardline.Netem;
using Wardline.Rtc;

namespace Wardline.Client.Tests.Peer;

/// <summary>Two peers of this client and the real SFU between them, over bad links, in virtual time.</summary>
public sealed class BadNetworkTests
{
    private static readonly LinkConditions s_good = new() { Delay = TimeSpan.FromMilliseconds(20) };
    private static readonly LinkConditions s_bad = new()
    {
        Delay = TimeSpan.FromMilliseconds(100), Jitter = TimeSpan.FromMilliseconds(15), Reorder = true, Loss = LossModel.Random(0.05),
    };

    private static readonly LinkConditions s_dead = new() { Loss = LossModel.Random(1) };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Every_picture_and_every_sound_comes_whole_once_and_in_order_or_is_counted_as_lost(int seed)
    {
        using VirtualCall call = new((ulong)seed);
        TestSource camera = new(MediaSource.Camera), microphone = new(MediaSource.Microphone);
        Seat publisher = call.Add(s_good, s_good, microphone, camera), receiver = call.Add(s_good, s_good);
        call.Begin();
        call.Run(TimeSpan.FromSeconds(5));
        (int firstPicture, int firstSound) = (receiver.Pictures[0].Number, receiver.Sounds[0]);

        foreach (Seat seat in call.Seats)
        {
            seat.Up.Change(s_bad, call.Now);
            seat.Down.Change(s_bad, call.Now);
            seat.Duplicates = 0.03;
        }

        call.Run(TimeSpan.FromSeconds(30));
        foreach (Seat seat in call.Seats)
        {
            seat.Up.Change(s_good, call.Now);
            seat.Down.Change(s_good, call.Now);
        }

        call.Run(TimeSpan.FromSeconds(5));
        publisher.Peer.Publications[0].Paused = publisher.Peer.Publications[1].Paused = true;
        (long pictures, long sounds) = (publisher.Peer.Publications[1].Layers[0].Frames, publisher.Peer.Publications[0].Layers[0].Frames);
        call.Run(TimeSpan.FromSeconds(2));

        // In order, each once.
        Assert.Equal(receiver.Pictures.Select(p => p.Number).Order().Distinct(), receiver.Pictures.Select(p => p.Number));
        Assert.Equal(receiver.Sounds.Distinct().Count(), receiver.Sounds.Count);

        // What was sent is what came and what is counted.
        ReceivedStream sound = receiver.Peer.Streams.Single(s => s.Source == MediaSource.Microphone);
        ReceivedStream picture = receiver.Peer.Streams.Single(s => s.Source == MediaSource.Camera);
        Assert.Equal(sounds - firstSound, receiver.Sounds.Count + sound.Lost);
        Assert.Equal(pictures - firstPicture, receiver.Pictures.Count + picture.FramesLost);

        // Sound is not sent again: what two links lose is lost. Pictures are, and nearly all of them come.
        Assert.InRange(sound.Lost, 90, 210); // 1,500 × (1 − 0.95²) = 146
        Assert.InRange(picture.FramesLost, 0, 75); // of about 875
        Assert.True(picture.Repaired > 50, $"{picture.Repaired} repaired on the way down");
        Assert.True(publisher.Peer.Publications[1].Layers[0].Repaired > 50, "nothing repaired on the way up");
        Assert.Equal(0, publisher.TimesLost + receiver.TimesLost);
    }

    [Fact]
    public void After_a_hole_that_nothing_repairs_a_key_frame_is_asked_for_and_pictures_go_on()
    {
        using VirtualCall call = new();
        TestSource camera = new(MediaSource.Camera);
        Seat publisher = call.Add(s_good, s_good, camera), receiver = call.Add(s_good, s_good);
        call.Begin();
        call.Run(TimeSpan.FromSeconds(5));
        int before = receiver.Pictures[^1].Number;
        long asked = publisher.Peer.KeyFramesAsked;

        receiver.Down.Change(s_dead, call.Now);
        call.Run(TimeSpan.FromSeconds(15)); // longer than the window in which holes are remembered
        receiver.Down.Change(s_good, call.Now);
        call.Run(TimeSpan.FromSeconds(4));
        (int Number, int Layer, bool KeyFrame)[] after = [.. receiver.Pictures.SkipWhile(p => p.Number <= before + 5)];
        Assert.True(publisher.Peer.KeyFramesAsked > asked, "nobody asked for a key frame");
        Assert.True(after[0].KeyFrame, "a picture that nothing stands under was delivered");
        Assert.True(after.Length > 50, $"{after.Length} pictures in 4 s");
        Assert.True(receiver.Peer.Streams[0].FramesLost > 50, $"{receiver.Peer.Streams[0].FramesLost} counted as lost");
    }

    [Fact]
    public void A_path_that_is_lost_for_longer_than_consent_holds_is_mended_by_an_ice_restart_without_a_new_handshake()
    {
        using VirtualCall call = new();
        TestSource camera = new(MediaSource.Camera), microphone = new(MediaSource.Microphone);
        Seat publisher = call.Add(s_good, s_good, microphone, camera), receiver = call.Add(s_good, s_good);
        call.Begin();
        call.Run(TimeSpan.FromSeconds(3));
        string ciphers = receiver.Peer.Transport.DtlsDescription;
        receiver.Up.Change(s_dead, call.Now);
        receiver.Down.Change(s_dead, call.Now);
        int offers = 0;
        void Mend()
        {
            if (receiver.TimesLost > offers)
            {
                offers = receiver.TimesLost;
                call.Negotiate(receiver, restart: true);
            }
        }

        // Nothing comes back: each round of checks that leads nowhere is told, and no oftener than every few seconds.
        call.Run(TimeSpan.FromSeconds(80), Mend);
        Assert.InRange(offers, 3, 10);
        Assert.Equal(TransportState.Failed, receiver.Peer.Transport.State);

        int heard = receiver.Sounds.Count, seen = receiver.Pictures.Count;
        receiver.Up.Change(s_good, call.Now);
        receiver.Down.Change(s_good, call.Now);
        call.Run(TimeSpan.FromSeconds(15), Mend);
        Assert.Equal(TransportState.Connected, receiver.Peer.Transport.State);
        Assert.Equal(ciphers, receiver.Peer.Transport.DtlsDescription);
        Assert.True(receiver.Sounds.Count > heard + 100, $"{receiver.Sounds.Count - heard} sounds after it was mended");
        Assert.True(receiver.Pictures.Count > seen + 50, $"{receiver.Pictures.Count - seen} pictures after it was mended");
        Assert.Equal(0, publisher.TimesLost);
    }
}
