using Wardline.Rtc;
using Wardline.Rtc.Rtp;
using Wardline.Sfu;

namespace Wardline.Media.Tests.Peers;

/// <summary>Makes the packets of one published encoding: Opus-looking, or VP8-looking frames of several packets.</summary>
internal sealed class PublishedSource
{
    /// <summary>What every payload ends with, so that a tap or a receiver can find it.</summary>
    public static ReadOnlySpan<byte> Mark => "sealed by the peer, opaque to the server"u8;

    private readonly byte[] _packet = new byte[PacketTrains.SlotBytes];
    private readonly string _mid;
    private readonly string? _rid;
    private readonly int _packetsPerFrame;
    private readonly bool _audio;
    private readonly int _width;
    private ushort _sequence;
    private ushort _pictureId;
    private byte _tl0;
    private uint _timestamp;
    private bool _keyFrameDue = true;

    public PublishedSource(string mid, TrackSource source, string? rid, Random random, ushort? firstSequence = null)
    {
        _mid = mid;
        _rid = rid;
        _audio = source == TrackSource.Microphone;
        (_packetsPerFrame, _width) = rid switch { "q" => (1, 320), "h" => (2, 640), "f" => (4, 1280), _ => (1, 640) };
        Ssrc = new Ssrc((uint)random.NextInt64(1, uint.MaxValue));
        _sequence = firstSequence ?? (ushort)random.Next(ushort.MaxValue);
        _timestamp = (uint)random.NextInt64(uint.MaxValue);
        _pictureId = (ushort)random.Next(0x8000);
    }

    public Ssrc Ssrc { get; }

    public TimeSpan Interval => Pace ?? TimeSpan.FromMilliseconds(_audio ? 20 : 33);

    /// <summary>Sends at another rate than a camera or a microphone would.</summary>
    public TimeSpan? Pace { get; set; }

    public Instant Due { get; private set; }

    public int KeyFramesAsked { get; private set; }

    public int FramesSent { get; private set; }

    public void AskKeyFrame()
    {
        KeyFramesAsked++;
        _keyFrameDue = true;
    }

    /// <summary>Hands over the packets of the frame that is due now.</summary>
    public void Frame(Instant now, Func<ushort> nextTransportSequence, PacketSink send)
    {
        Due = now + Interval;
        FramesSent++;
        _timestamp += _audio ? 960u : 2970u;
        _pictureId = (ushort)(_pictureId + 1 & 0x7FFF);
        _tl0++;
        for (int i = 0; i < _packetsPerFrame; i++)
        {
            int length = Header(nextTransportSequence(), marker: _audio || i == _packetsPerFrame - 1);
            length += Payload(_packet.AsSpan(length), first: i == 0);
            send(_packet, length);
            _sequence++;
        }

        _keyFrameDue = false;
    }

    public delegate void PacketSink(Span<byte> buffer, int plainLength);

    private int Header(ushort transportSequence, bool marker)
    {
        RtpHeader.Write(_packet, _audio ? PeerSdp.Opus : PeerSdp.Vp8, marker, new SequenceNumber(_sequence), new RtpTimestamp(_timestamp), Ssrc);
        RtpExtensionWriter extensions = new(_packet.AsSpan(RtpHeader.FixedLength), twoByte: false);
        Text(ref extensions, PeerSdp.MidId, _mid);
        Must(extensions.TryAdd(PeerSdp.TransportCcId, 2, out Span<byte> number));
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(number, transportSequence);
        if (_rid is not null)
        {
            Text(ref extensions, PeerSdp.RidId, _rid);
        }

        if (_audio)
        {
            Must(extensions.TryAdd(PeerSdp.AudioLevelId, 1, out Span<byte> level));
            level[0] = 0x80 | 30;
        }

        Must(extensions.TryFinish(out int length));
        _packet[0] |= 0x10;
        return RtpHeader.FixedLength + length;

        static void Text(ref RtpExtensionWriter writer, byte id, string text)
        {
            Must(writer.TryAdd(id, text.Length, out Span<byte> place));
            System.Text.Encoding.ASCII.GetBytes(text, place);
        }
    }

    private int Payload(Span<byte> payload, bool first)
    {
        if (_audio)
        {
            payload[..80].Fill(0x5A);
            Mark.CopyTo(payload[80..]);
            return 80 + Mark.Length;
        }

        // RFC 7741 §4.2: S on the first packet; PictureID of 15 bits, TL0PICIDX and TID.
        payload[0] = (byte)(0x80 | (first ? 0x10 : 0));
        payload[1] = 0xE0;
        payload[2] = (byte)(0x80 | _pictureId >> 8);
        payload[3] = (byte)_pictureId;
        payload[4] = _tl0;
        payload[5] = 0;
        const int Bytes = 1000;
        Span<byte> frame = payload[6..Bytes];
        frame.Fill(0xA5);
        if (first)
        {
            // RFC 7741 §4.3: the payload header's P bit is 0 in a key frame, then start code and size.
            frame[0] = (byte)(_keyFrameDue ? 0x10 : 0x11);
            if (_keyFrameDue)
            {
                ((ReadOnlySpan<byte>)[0x9D, 0x01, 0x2A, (byte)_width, (byte)(_width >> 8), 0xF0, 0x00]).CopyTo(frame[3..]);
            }
        }

        Mark.CopyTo(payload[(Bytes - Mark.Length)..]);
        payload[Bytes - Mark.Length - 1] = (byte)(_rid is null ? '-' : _rid[0]);
        return Bytes;
    }

    // This file is also part of the allocation budgets, where there is no xunit.
    private static void Must(bool holds)
    {
        if (!holds)
        {
            throw new InvalidOperationException("The extension does not fit.");
        }
    }
}
