using Wardline.Rtc;
using Wardline.Sfu.Tests.Harness;

namespace Wardline.Sfu.Tests.Visits;

/// <summary>A microphone (50 packets a second) or one layer of a camera (30 frames a second).</summary>
internal sealed class SimSource
{
    private const int MaxPayload = 1100;
    private const int KeyFrameFactor = 4;

    private readonly Dictionary<ushort, PacketSpec> _sent = [];
    private readonly Queue<ushort> _order = new();
    private readonly string _mid;
    private readonly string _rid;
    private readonly int _layer;
    private readonly int _frameBytes;
    private readonly bool _video;
    private bool _keyWanted = true;
    private int _sequence = 2000;
    private int _rtxSequence = 10;
    private uint _timestamp = 77_000;
    private int _picture = 500;
    private int _packets;
    private long _frames;

    private SimSource(uint ssrc, string mid, string rid, int layer, int frameBytes, bool video)
    {
        Ssrc = ssrc;
        _mid = mid;
        _rid = rid;
        _layer = layer;
        _frameBytes = frameBytes;
        _video = video;
    }

    public uint Ssrc { get; }

    /// <summary>A layer that the publisher does not send now.</summary>
    public bool Off { get; set; }

    public int KeyFrames { get; private set; }

    public Instant NextFrame { get; private set; }

    private TimeSpan Interval => _video ? TimeSpan.FromSeconds(1 / 30.0) : TimeSpan.FromMilliseconds(20);

    public static SimSource Microphone(uint ssrc, string mid) => new(ssrc, mid, "", 0, 80, video: false);

    public static SimSource Camera(uint ssrc, string mid, string rid, int layer, int kilobits) =>
        new(ssrc, mid, rid, layer, kilobits * 1000 / 8 / 30, video: true);

    public void WantKeyFrame() => _keyWanted = true;

    public void Produce(Instant now, Action<PacketSpec> send)
    {
        if (now < NextFrame)
        {
            return;
        }

        NextFrame = now + Interval;
        _timestamp += (uint)(_video ? 3000 : 960);
        if (Off)
        {
            return;
        }

        if (!_video)
        {
            Emit(new byte[_frameBytes], marker: false, send);
            return;
        }

        bool key = _keyWanted;
        _keyWanted = false;
        KeyFrames += key ? 1 : 0;
        _picture = (_picture + 1) & 0x7FFF;
        _frames++;
        int left = key ? _frameBytes * KeyFrameFactor : _frameBytes;
        for (bool first = true; left > 0; first = false)
        {
            int bytes = Math.Min(left, MaxPayload);
            left -= bytes;
            byte[] payload = Vp8Payload.Make(key, first, _picture, (int)(_frames & 0xFF), Math.Max(bytes, 8));
            // Behind the descriptor and the frame's first byte: which layer this is, for the tests.
            payload[Vp8Payload.DescriptorBytes + 1] = (byte)_layer;
            Emit(payload, marker: left == 0, send);
        }
    }

    public void Resend(SequenceNumber lost, Action<PacketSpec> send)
    {
        if (_sent.TryGetValue(lost.Value, out PacketSpec? original))
        {
            send(original with
            {
                PayloadType = Numbers.Rtx,
                Ssrc = Ssrc + 1,
                Sequence = _rtxSequence++,
                Mid = _mid,
                Rid = null,
                RepairedRid = _rid.Length > 0 ? _rid : null,
                Payload = [(byte)(lost.Value >> 8), (byte)lost.Value, .. original.Payload],
            });
        }
    }

    private void Emit(byte[] payload, bool marker, Action<PacketSpec> send)
    {
        // As browsers do: who the stream is stands on its first packets only.
        bool introduce = _packets++ < 100;
        PacketSpec packet = new()
        {
            PayloadType = _video ? Numbers.Vp8 : Numbers.Opus,
            Ssrc = Ssrc,
            Sequence = _sequence & 0xFFFF,
            Timestamp = _timestamp,
            Marker = marker,
            Mid = introduce ? _mid : null,
            Rid = introduce && _rid.Length > 0 ? _rid : null,
            Payload = payload,
        };
        _sequence++;
        send(packet);
        if (_video)
        {
            _sent[(ushort)packet.Sequence] = packet;
            _order.Enqueue((ushort)packet.Sequence);
            if (_order.Count > 1000)
            {
                _sent.Remove(_order.Dequeue());
            }
        }
    }
}
