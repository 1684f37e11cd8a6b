using System.Buffers.Binary;
using Wardline.Rtc.Rtp;
using Wardline.Rtc;

namespace Wardline.Bench.Load;

/// <summary>Numbers that an offer or answer agreed on; 0: not agreed on.</summary>
internal sealed record MediaNumbers(string Mid, byte PayloadType, byte MidId = 0, byte TransportCcId = 0);

/// <summary>
/// Makes a camera's or a microphone's packets: VP8-looking frames of several packets of one size, or Opus-looking
/// ones. Each packet ends with a stamp: when it left, who sent it, and a mark.
/// </summary>
internal sealed class PacedMedia
{
    /// <summary>Time in microseconds (8), participant (4), mark (4).</summary>
    public const int StampBytes = 16;
    private const uint Mark = 0x57_4C_42_4E;

    private readonly int _participant;
    private readonly bool _video;
    private readonly int _packets;
    private readonly int _plainBytes;
    private readonly uint _ticksPerFrame;
    private ushort _sequence;
    private ushort _picture;
    private byte _tl0;
    private uint _timestamp;
    private bool _keyFrameDue = true;

    public PacedMedia(int participant, bool video, LoadPlan plan, MediaNumbers numbers, uint ssrc, double phase)
    {
        _participant = participant;
        _video = video;
        Numbers = numbers;
        Ssrc = new Ssrc(ssrc);
        _packets = video ? plan.VideoBurst : 1;
        double perSecond = video ? plan.VideoPacketsPerSecond / plan.VideoBurst : plan.AudioPacketsPerSecond;
        Interval = TimeSpan.FromSeconds(1 / perSecond);
        _ticksPerFrame = (uint)((video ? 90000 : 48000) / perSecond);
        _plainBytes = video ? plan.VideoBytes - 16 : 120;
        Phase = Interval * phase;
    }

    public MediaNumbers Numbers { get; }

    public Ssrc Ssrc { get; }

    public TimeSpan Interval { get; }

    public TimeSpan Phase { get; }

    public Instant Due { get; set; }

    public int PacketsPerFrame => _packets;

    public void AskKeyFrame() => _keyFrameDue = true;

    /// <summary>Begins the next frame; then <see cref="Write"/> once for each of its packets.</summary>
    public void NextFrame()
    {
        _timestamp += _ticksPerFrame;
        _picture = (ushort)((_picture + 1) & 0x7FFF);
        _tl0++;
    }

    public void EndFrame() => _keyFrameDue = false;

    /// <summary>Writes one plain RTP packet and returns its length.</summary>
    public int Write(Span<byte> packet, int index, Instant now, ref ushort transportSequence)
    {
        RtpHeader.Write(packet, Numbers.PayloadType, marker: !_video || index == _packets - 1, new SequenceNumber(_sequence++), new RtpTimestamp(_timestamp), Ssrc);
        int at = RtpHeader.FixedLength;
        if (Numbers.MidId != 0)
        {
            at += WriteExtensions(packet[at..], ref transportSequence);
            packet[0] |= 0x10;
        }

        packet[at.._plainBytes].Fill(0xA5);
        if (_video)
        {
            WriteVp8(packet[at..], index == 0);
        }

        Span<byte> stamp = packet[(_plainBytes - StampBytes).._plainBytes];
        BinaryPrimitives.WriteInt64BigEndian(stamp, now.Microseconds);
        BinaryPrimitives.WriteInt32BigEndian(stamp[8..], _participant);
        BinaryPrimitives.WriteUInt32BigEndian(stamp[12..], Mark);
        return _plainBytes;
    }

    /// <summary>Reads the stamp of a packet that has been opened.</summary>
    public static bool TryReadStamp(ReadOnlySpan<byte> packet, out Instant sent, out int participant)
    {
        sent = default;
        participant = 0;

        // A server may pad a frame's packets to one length (RFC 3550 §5.1): the padding is no part of what was sent.
        ReadOnlySpan<byte> payload = RtpHeader.IsValid(packet) ? RtpHeader.Payload(packet) : default;
        if (payload.Length < StampBytes || BinaryPrimitives.ReadUInt32BigEndian(payload[^4..]) != Mark)
        {
            return false;
        }

        sent = new Instant(BinaryPrimitives.ReadInt64BigEndian(payload[^StampBytes..]));
        participant = BinaryPrimitives.ReadInt32BigEndian(payload[^8..]);
        return true;
    }

    private int WriteExtensions(Span<byte> place, ref ushort transportSequence)
    {
        RtpExtensionWriter extensions = new(place, twoByte: false);
        bool fits = extensions.TryAdd(Numbers.MidId, Numbers.Mid.Length, out Span<byte> mid);
        System.Text.Encoding.ASCII.GetBytes(Numbers.Mid, mid);
        fits &= extensions.TryAdd(Numbers.TransportCcId, 2, out Span<byte> number);
        BinaryPrimitives.WriteUInt16BigEndian(number, transportSequence++);
        return fits & extensions.TryFinish(out int length) ? length : throw new InvalidOperationException("The extensions do not fit.");
    }

    // RFC 7741 §4.2 and §4.3: picture id of 15 bits, TL0PICIDX and TID; a key frame's first packet names its size.
    private void WriteVp8(Span<byte> payload, bool first)
    {
        payload[0] = (byte)(0x80 | (first ? 0x10 : 0));
        payload[1] = 0xE0;
        BinaryPrimitives.WriteUInt16BigEndian(payload[2..], (ushort)(0x8000 | _picture));
        payload[4] = _tl0;
        payload[5] = 0;
        if (first)
        {
            payload[6] = (byte)(_keyFrameDue ? 0x10 : 0x11);
            if (_keyFrameDue)
            {
                ((ReadOnlySpan<byte>)[0x9D, 0x01, 0x2A, 0x00, 0x05, 0xD0, 0x02]).CopyTo(payload[9..]);
            }
        }
    }
}
