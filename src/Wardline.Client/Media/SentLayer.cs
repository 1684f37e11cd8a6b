using System.Buffers.Binary;
using System.Text;
using Wardline.Client.Negotiation;
using Wardline.Rtc;
using Wardline.Rtc.Rtcp;
using Wardline.Rtc.Rtp;

namespace Wardline.Client.Media;

/// <summary>One encoding on its way out: packets with their header extensions, retransmissions, counts for the sender report.</summary>
internal sealed class SentLayer
{
    private const int AudioRate = 48_000;
    private const int VideoRate = 90_000;
    private const int HistoryPackets = 256;

    private readonly bool _audio;
    private readonly byte[] _mid;
    private readonly byte[] _rid;
    private readonly int _historyBytes;
    private readonly uint _firstTimestamp;
    private readonly Vp8Packetizer _packetizer;
    private SentHistory? _history;
    private ushort _sequence;
    private ushort _repairSequence;
    private uint _lastTimestamp;
    private Instant _lastSentAt;

    /// <param name="rid">Empty for a stream without simulcast.</param>
    public SentLayer(MediaSource source, string mid, string rid, IRandomSource random)
    {
        Span<byte> chance = stackalloc byte[20];
        random.Fill(chance);
        _audio = source == MediaSource.Microphone;
        _mid = Encoding.ASCII.GetBytes(mid);
        _rid = Encoding.ASCII.GetBytes(rid);
        _historyBytes = rid is "q" or "h" ? 48 * 1024 : 128 * 1024;
        Ssrc = new Ssrc(BinaryPrimitives.ReadUInt32LittleEndian(chance));
        RepairSsrc = new Ssrc(BinaryPrimitives.ReadUInt32LittleEndian(chance[4..]));
        // RFC 3550 §5.1: both begin anywhere. The upper half is left out so that the first rollover is not at once (RFC 3711 §3.3.1).
        _sequence = (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(chance[8..]) & 0x7FFF);
        _repairSequence = (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(chance[10..]) & 0x7FFF);
        _firstTimestamp = _lastTimestamp = BinaryPrimitives.ReadUInt32LittleEndian(chance[12..]);
        _packetizer = new Vp8Packetizer(BinaryPrimitives.ReadUInt16LittleEndian(chance[16..]), chance[18]);
    }

    public Ssrc Ssrc { get; }

    public Ssrc RepairSsrc { get; }

    public int ClockRate => _audio ? AudioRate : VideoRate;

    public uint Packets { get; private set; }

    public uint Octets { get; private set; }

    public long Frames { get; private set; }

    public long Repaired { get; private set; }

    /// <summary>Sends one frame, sealed or not.</summary>
    /// <param name="at">Media time since the layer began.</param>
    public void Send(ReadOnlySpan<byte> frame, TimeSpan at, Instant now, Uplink uplink, PacketTrains output)
    {
        _lastSentAt = now;
        _lastTimestamp = _firstTimestamp + (uint)(long)(at.TotalSeconds * ClockRate);
        int parts = _audio ? 1 : Vp8Packetizer.PartsOf(frame.Length);
        for (int part = 0; part < parts; part++)
        {
            SequenceNumber sequence = new(_sequence++);
            if (!uplink.TryReserve(output, out Span<byte> slot))
            {
                continue; // lost here as on any network; the number is used, so that the receiver asks for it
            }

            int header = WriteHeader(slot, sequence, marker: part == parts - 1, uplink.NextSequence);
            int payload = _audio ? Copy(frame, slot[header..]) : _packetizer.Write(frame, part, slot[header..]);
            if (!_audio)
            {
                (_history ??= new SentHistory(_historyBytes, HistoryPackets)).Add(sequence, slot[..(header + payload)]);
            }

            uplink.TryCommit(output, slot, header + payload, now);
            Packets++;
            Octets += (uint)payload;
        }

        Frames++;
        if (!_audio)
        {
            _packetizer.NextFrame();
        }
    }

    /// <summary>Answers a NACK when the packet is still known.</summary>
    public void Resend(SequenceNumber sequence, Uplink uplink, Instant now, PacketTrains output)
    {
        if (_history is not null && _history.TryFind(sequence, out ReadOnlySpan<byte> packet) && uplink.TakesRepair(packet.Length, now) &&
            TryRepeat(packet, uplink, now, output, probe: false))
        {
            Repaired++;
        }
    }

    /// <summary>Sends a recent packet once more, to measure the way.</summary>
    /// <param name="back">0: the newest.</param>
    public bool TrySendProbe(int back, Uplink uplink, Instant now, PacketTrains output) =>
        _history is not null && _history.TryFind(new SequenceNumber((ushort)(_sequence - 1 - back)), out ReadOnlySpan<byte> packet) &&
        TryRepeat(packet, uplink, now, output, probe: true);

    private bool TryRepeat(ReadOnlySpan<byte> packet, Uplink uplink, Instant now, PacketTrains output, bool probe)
    {
        if (uplink.TryReserve(output, out Span<byte> slot) && Rtx.TryWrap(packet, ClientOffer.Vp8Rtx, RepairSsrc, new SequenceNumber(_repairSequence++), slot, out int length))
        {
            Span<byte> repair = slot[..length];
            RtpExtensions.TrySetTransportSequence(repair, ClientOffer.TransportCcId, uplink.NextSequence);
            NameRepair(repair);
            return uplink.TryCommit(output, slot, length, now, probe);
        }

        return false;
    }

    /// <summary>RFC 3550 §6.4.1: when the last frame was sent, by both clocks.</summary>
    public SenderInfo Report() => new(Ntp(_lastSentAt), new RtpTimestamp(_lastTimestamp), Packets, Octets);

    // Counted from the loop's own clock: receivers only compare these times with each other.
    private static ulong Ntp(Instant at)
    {
        ulong us = (ulong)at.Microseconds;
        return 0xE000_0000UL + us / 1_000_000 << 32 | (us % 1_000_000 << 32) / 1_000_000;
    }

    private static int Copy(ReadOnlySpan<byte> frame, Span<byte> payload)
    {
        ReadOnlySpan<byte> fits = frame[..Math.Min(frame.Length, Vp8Packetizer.MaxPartBytes)];
        fits.CopyTo(payload);
        return fits.Length;
    }

    private int WriteHeader(Span<byte> slot, SequenceNumber sequence, bool marker, ushort transportSequence)
    {
        RtpHeader.Write(slot, _audio ? ClientOffer.Opus : ClientOffer.Vp8, marker, sequence, new RtpTimestamp(_lastTimestamp), Ssrc);
        RtpExtensionWriter extensions = new(slot[RtpHeader.FixedLength..], twoByte: false);
        Add(ref extensions, ClientOffer.MidId, _mid);
        if (_rid.Length > 0)
        {
            Add(ref extensions, ClientOffer.RidId, _rid);
        }

        if (extensions.TryAdd(ClientOffer.TransportCcId, 2, out Span<byte> number))
        {
            BinaryPrimitives.WriteUInt16BigEndian(number, transportSequence);
        }

        if (_audio && extensions.TryAdd(ClientOffer.AudioLevelId, 1, out Span<byte> level))
        {
            level[0] = 0x80 | 30; // RFC 6464: voice, −30 dBov. What is inside is sealed, so this is all the SFU learns.
        }

        slot[0] |= 0x10;
        return RtpHeader.FixedLength + (extensions.TryFinish(out int length) ? length : 0);
    }

    private static void Add(ref RtpExtensionWriter extensions, byte id, ReadOnlySpan<byte> value)
    {
        if (extensions.TryAdd(id, value.Length, out Span<byte> place))
        {
            value.CopyTo(place);
        }
    }

    /// <summary>A retransmission names its layer by another extension (RFC 8852 §3.2): the element's id is changed where it stands.</summary>
    private static void NameRepair(Span<byte> packet)
    {
        foreach (RtpExtensionEnumerator element in RtpExtensions.Enumerate(packet))
        {
            if (element.Id == ClientOffer.RidId)
            {
                ref byte head = ref packet[element.ValueOffset - 1];
                head = (byte)(ClientOffer.RepairedRidId << 4 | head & 0x0F);
                return;
            }
        }
    }
}
