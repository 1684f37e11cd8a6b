using Wardline.Rtc;
using Wardline.Sfu.Tests.Harness;

namespace Wardline.Sfu.Tests.Sessions;

/// <summary>A publisher's camera, sent by hand: keeps the counters that a packetiser keeps.</summary>
internal sealed class TestStream(KitPeer publisher, uint ssrc, string? mid, string? rid = null, byte payloadType = Numbers.Vp8)
{
    private int _picture = 100;
    private int _tl0 = 50;
    private bool _introduced;

    public uint Ssrc => ssrc;

    public uint RtxSsrc => ssrc + 1;

    public int Sequence { get; set; } = 1000;

    public uint Timestamp { get; set; } = 90_000;

    public int RtxSequence { get; set; } = 30;

    /// <summary>Frames of one packet each, or more.</summary>
    public PacketSpec Frame(bool key = false, int packet = 0, int packets = 1, int bytes = 40)
    {
        if (packet == 0)
        {
            Timestamp += 3000;
            _picture = (_picture + 1) & 0x7FFF;
            _tl0 = (_tl0 + 1) & 0xFF;
        }

        return Make(Vp8Payload.Make(key, first: packet == 0, _picture, _tl0, bytes, filler: (byte)Sequence), packet == packets - 1);
    }

    public PacketSpec Voice(byte[]? payload = null)
    {
        Timestamp += 960;
        return Make(payload ?? [1, 2, 3, (byte)Sequence], marker: false);
    }

    public PacketSpec Padding(byte bytes) => Make([], marker: false) with { Padding = bytes };

    public void Send(PacketSpec packet) => publisher.Send(packet);

    public void Key(int packets = 1)
    {
        for (int i = 0; i < packets; i++)
        {
            Send(Frame(key: true, i, packets));
        }
    }

    public void Delta(int frames = 1)
    {
        for (int i = 0; i < frames; i++)
        {
            Send(Frame());
        }
    }

    /// <summary>The packet again, on the retransmission stream.</summary>
    public PacketSpec Rtx(PacketSpec original) => original with
    {
        PayloadType = Numbers.Rtx,
        Ssrc = RtxSsrc,
        Sequence = RtxSequence++,
        Mid = mid,
        Rid = null,
        RepairedRid = rid,
        Payload = [(byte)(original.Sequence >> 8), (byte)original.Sequence, .. original.Payload],
    };

    private PacketSpec Make(byte[] payload, bool marker)
    {
        PacketSpec packet = new()
        {
            PayloadType = payloadType,
            Ssrc = ssrc,
            Sequence = Sequence++,
            Timestamp = Timestamp,
            Marker = marker,
            Mid = _introduced ? null : mid,
            Rid = _introduced ? null : rid,
            Payload = payload,
        };
        _introduced = true;
        return packet;
    }
}

/// <summary>One clinician with a simulcast camera, one patient who watches, plenty of bandwidth unless a test says otherwise.</summary>
internal sealed class CameraKit : IDisposable
{
    public CameraKit(params string[] rids)
        : this(new SfuSessionOptions(), rids)
    {
    }

    public CameraKit(SfuSessionOptions options, params string[] rids)
    {
        Kit = new SfuKit(options);
        Publisher = Kit.Add();
        Publisher.Publish(TrackSource.Microphone).Publish(TrackSource.Camera, rids.Length == 0 ? ["q", "h", "f"] : rids);
        Watcher = Kit.Add();
        Audio = Watcher.Subscribe(Publisher, TrackSource.Microphone);
        Video = Watcher.Subscribe(Publisher, TrackSource.Camera);
        Publisher.Connect();
        Watcher.Connect();
        Voice = new TestStream(Publisher, 11, "0", payloadType: Numbers.Opus);
        Q = new TestStream(Publisher, 100, "1", "q");
        H = new TestStream(Publisher, 200, "1", "h");
        F = new TestStream(Publisher, 300, "1", "f");
        View(320, 180);
    }

    public SfuKit Kit { get; }

    public KitPeer Publisher { get; }

    public KitPeer Watcher { get; }

    public string Audio { get; }

    public string Video { get; }

    public TestStream Voice { get; }

    public TestStream Q { get; }

    public TestStream H { get; }

    public TestStream F { get; }

    public List<Got> Seen => Watcher.On(Video);

    public void View(int width, int height) => Kit.Session.SetView(Watcher.Id, [new ViewSlot(Video, width, height)], Kit.Now);

    public void Dispose() => Kit.Dispose();
}
