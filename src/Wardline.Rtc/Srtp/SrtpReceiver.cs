using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Wardline.Rtc.Srtp;

/// <summary>
/// Opens what one peer sends. Per packet, in this order: header, index from sequence number, replay window, tag and
/// decryption, and only then anything is remembered; so whoever has no key can neither grow nor move any state.
/// Not thread-safe; allocates only when a new SSRC has proved genuine.
/// </summary>
public sealed class SrtpReceiver : IDisposable
{
    /// <summary>Far above what a participant sends (camera and screen, three layers and their RTX each, microphone).</summary>
    public const int DefaultMaxStreams = 128;

    /// <summary>RFC 3711 §3.4: the word before the end of an SRTCP packet is this bit and a 31-bit index.</summary>
    internal const uint EncryptedBit = 0x8000_0000;

    private const ulong MaxIndex = (1UL << 48) - 1;

    private readonly SrtpTransform _transform;
    private readonly SsrcTable<Stream> _streams;
    private bool _disposed;

    private struct Stream
    {
        internal ReplayWindow Rtp;
        internal ReplayWindow Rtcp;
    }

    /// <param name="profile">Decides cipher and lengths.</param>
    /// <param name="masterKey">The peer's write key.</param>
    /// <param name="masterSalt">The peer's write salt.</param>
    /// <param name="maxStreams">SSRCs whose state is kept; packets of further ones are dropped.</param>
    public SrtpReceiver(SrtpProfile profile, ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt, int maxStreams = DefaultMaxStreams)
        : this(SrtpTransform.Create(profile, masterKey, masterSalt, encrypt: false), maxStreams)
    {
    }

    internal SrtpReceiver(SrtpTransform transform, int maxStreams = DefaultMaxStreams)
    {
        _transform = transform;
        _streams = new SsrcTable<Stream>(maxStreams);
    }

    public SrtpCounters Counters { get; } = new();

    /// <summary>SSRCs of which at least one packet was genuine.</summary>
    public int StreamCount => _streams.Count;

    /// <summary>
    /// Opens an SRTP packet in place; its first <paramref name="length"/> bytes are then the RTP packet. After
    /// <c>false</c> (counted) its content is worthless.
    /// </summary>
    public bool TryUnprotectRtp(Span<byte> packet, out int length)
    {
        length = 0;

        // 1. Header.
        if (!SrtpHeader.TryReadRtp(packet, out int headerLength, out uint ssrc, out ushort sequence) ||
            packet.Length < headerLength + _transform.RtpTrailer)
        {
            return Counters.Drop(SrtpDrop.Malformed);
        }

        // 2. Index and replay window. An unknown stream begins with this packet.
        ref Stream stream = ref _streams.Find(ssrc);
        bool known = !Unsafe.IsNullRef(ref stream);
        ulong index = sequence;
        if (known)
        {
            if (!stream.Rtp.TryComplete(sequence, out index))
            {
                return Counters.Drop(SrtpDrop.TooOld);
            }

            SrtpDrop verdict = index > MaxIndex ? SrtpDrop.Exhausted : stream.Rtp.Check(index);
            if (verdict != SrtpDrop.None)
            {
                return Counters.Drop(verdict);
            }
        }
        else if (_streams.IsFull)
        {
            return Counters.Drop(SrtpDrop.TooManyStreams);
        }

        // 3. Tag and decryption.
        if (_disposed || !_transform.OpenRtp(packet, headerLength, ssrc, index))
        {
            return Counters.Drop(SrtpDrop.Authentication);
        }

        // 4. Genuine: remember.
        if (!known)
        {
            stream = ref _streams.Add(ssrc);
        }

        stream.Rtp.Accept(index);
        Counters.Rtp++;
        length = packet.Length - _transform.RtpTrailer;
        return true;
    }

    /// <summary>The same for SRTCP; a packet without the E bit is dropped.</summary>
    public bool TryUnprotectRtcp(Span<byte> packet, out int length)
    {
        length = 0;
        if (!SrtpHeader.TryReadRtcp(packet, out uint ssrc) || packet.Length < SrtpHeader.RtcpFixed + _transform.RtcpTrailer)
        {
            return Counters.Drop(SrtpDrop.Malformed);
        }

        uint word = BinaryPrimitives.ReadUInt32BigEndian(packet[_transform.IndexOffset(packet.Length)..]);
        if ((word & EncryptedBit) == 0)
        {
            return Counters.Drop(SrtpDrop.NotEncrypted);
        }

        uint index = word & ~EncryptedBit;
        ref Stream stream = ref _streams.Find(ssrc);
        bool known = !Unsafe.IsNullRef(ref stream);
        SrtpDrop verdict = known ? stream.Rtcp.Check(index) : _streams.IsFull ? SrtpDrop.TooManyStreams : SrtpDrop.None;
        if (verdict != SrtpDrop.None)
        {
            return Counters.Drop(verdict);
        }

        if (_disposed || !_transform.OpenRtcp(packet, ssrc, index))
        {
            return Counters.Drop(SrtpDrop.Authentication);
        }

        if (!known)
        {
            stream = ref _streams.Add(ssrc);
        }

        stream.Rtcp.Accept(index);
        Counters.Rtcp++;
        length = packet.Length - _transform.RtcpTrailer;
        return true;
    }

    /// <summary>Wipes the keys; afterwards every packet is dropped.</summary>
    public void Dispose()
    {
        _disposed = true;
        _transform.Dispose();
    }
}
