using Wardline.Rtc;
using Wardline.Rtc.Rtp;
using Wardline.Sfu.Forwarding;
using Wardline.Sfu.Layers;
using Wardline.Sfu.Sessions;
using Wardline.Sfu.Tests.Harness;

namespace Wardline.Sfu.Tests.Forwarding;

/// <summary>Plays the tables of docs/design/forwarding.md: layers of one camera into one switcher.</summary>
internal sealed class SwitcherKit
{
    private const int FirstOut = 100;

    private readonly PublishedTrack _track;

    public SwitcherKit(bool video = true)
    {
        _track = NewTrack(1, video);
        Q = NewLayer(_track, 0);
        H = NewLayer(_track, 1);
        F = NewLayer(_track, 2);
        Switcher = new Switcher(video, video ? 90_000 : 48_000, new SequenceNumber(FirstOut));
    }

    public Switcher Switcher { get; }

    public InboundLayer Q { get; }

    public InboundLayer H { get; }

    public InboundLayer F { get; }

    public Instant Now { get; set; } = Instant.FromMilliseconds(10_000);

    public static PublishedTrack NewTrack(int publisher, bool video = true) => new(
        new ParticipantId(publisher), video ? TrackSource.Camera : TrackSource.Microphone, "1", default, video ? ["q", "h", "f"] : [], new PublisherClock());

    public static InboundLayer NewLayer(PublishedTrack track, int index) =>
        new(track, index, new Ssrc((uint)(1000 + index)), 64 * 1024, TimeSpan.FromMilliseconds(500), new Deadline());

    /// <summary>A packet arrives: what goes out, as "sequence/timestamp/picture/tl0", or null.</summary>
    public string? In(InboundLayer layer, int sequence, uint timestamp, int picture = 0, int tl0 = 0, bool key = false, bool padding = false)
    {
        PacketInfo packet = Packet(sequence, timestamp, picture, tl0, key, padding);
        if (!Switcher.TryForward(layer, packet, Now, out OutNumbers numbers, out bool begins))
        {
            return null;
        }

        Began = begins;
        return $"{numbers.Wire}/{numbers.Timestamp}/{numbers.PictureId}/{numbers.Tl0PicIdx}";
    }

    public bool Began { get; private set; }

    public void Wait(double milliseconds) => Now += TimeSpan.FromMilliseconds(milliseconds);

    public static PacketInfo Packet(int sequence, uint timestamp, int picture, int tl0, bool key, bool padding = false)
    {
        Vp8DescriptorView view = new() { PictureId = -1, Tl0PicIdx = -1 };
        if (!padding)
        {
            Assert.True(Vp8Descriptor.TryRead(Vp8Payload.Make(key, first: key, picture, tl0), out view));
        }

        return new PacketInfo { Sequence = 0x10000 + sequence, Timestamp = new RtpTimestamp(timestamp), Vp8 = view, PaddingOnly = padding };
    }
}
