using Wardline.Sfu.Tests.Harness;

namespace Wardline.Sfu.Tests.Sessions;

public sealed class RedTests
{
    [Fact]
    public void Red_comes_first_while_everybody_offers_it()
    {
        using SfuKit kit = new();
        Assert.True(PrefersRed(Join(kit, red: true)));
        Assert.True(PrefersRed(Join(kit, red: true)));
        Assert.DoesNotContain(kit.Events, e => e is RenegotiationWanted);
    }

    [Fact]
    public void Somebody_without_red_turns_it_off_for_all_and_their_leaving_on_again()
    {
        using SfuKit kit = new();
        KitPeer first = Join(kit, red: true);
        KitPeer second = Join(kit, red: false);
        Assert.False(PrefersRed(second));
        Assert.Equal([new RenegotiationWanted(first.Id, "red")], kit.Events.OfType<RenegotiationWanted>());
        Assert.False(PrefersRed(first.Negotiate()));
        kit.Events.Clear();
        kit.Remove(second);
        Assert.Equal([new RenegotiationWanted(first.Id, "red")], kit.Events.OfType<RenegotiationWanted>());
        Assert.True(PrefersRed(first.Negotiate()));
    }

    [Fact]
    public void Another_number_for_opus_rules_red_out_because_its_headers_are_sealed()
    {
        using SfuKit kit = new();
        Join(kit, red: true);
        Assert.False(PrefersRed(Join(kit, red: true, opus: 109)));
    }

    [Fact]
    public void Red_is_never_sent_to_somebody_who_did_not_offer_it()
    {
        using SfuKit kit = new();
        KitPeer speaker = Join(kit, red: true);
        KitPeer listener = kit.Add(new OfferBuilder { OffersRed = false });
        string mid = listener.Subscribe(speaker, TrackSource.Microphone);
        listener.Connect();
        TestStream red = new(speaker, 11, "0", payloadType: Numbers.Red);
        red.Send(red.Voice());
        Assert.Empty(listener.On(mid));
        Assert.Equal(1, kit.Counters.NoPayloadType);
        red.Send(red.Voice() with { PayloadType = Numbers.Opus });
        Assert.Equal(Numbers.Opus, Assert.Single(listener.On(mid)).PayloadType);
    }

    [Fact]
    public void Everybody_receives_opus_under_their_own_number()
    {
        using SfuKit kit = new();
        KitPeer speaker = Join(kit, red: false);
        KitPeer listener = kit.Add(new OfferBuilder { OpusPt = 109, OffersRed = false });
        string mid = listener.Subscribe(speaker, TrackSource.Microphone);
        listener.Connect();
        TestStream voice = new(speaker, 11, "0", payloadType: Numbers.Opus);
        voice.Send(voice.Voice());
        Assert.Equal(109, Assert.Single(listener.On(mid)).PayloadType);
    }

    private static KitPeer Join(SfuKit kit, bool red, byte opus = Numbers.Opus)
    {
        KitPeer peer = kit.Add(new OfferBuilder { OffersRed = red, OpusPt = opus });
        return peer.Publish(TrackSource.Microphone).Connect();
    }

    private static bool PrefersRed(KitPeer peer) => peer.Answer.Contains($"SAVPF {Numbers.Red} ", StringComparison.Ordinal);
}
