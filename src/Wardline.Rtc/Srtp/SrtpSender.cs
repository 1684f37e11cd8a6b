using System.Runtime.CompilerServices;

namespace Wardline.Rtc.Srtp;

/// <summary>
/// Seals what goes to one peer. Under GCM two packets with one nonce give away the authentication key, so the sender
/// remembers what it has sealed and refuses to seal a sequence number of a stream a second time: a retransmission
/// goes out as RTX with a number of its own, or as the bytes that were sealed before.
/// Not thread-safe; allocates only for a new SSRC.
/// </summary>
public sealed class SrtpSender : IDisposable
{
    public const int DefaultMaxStreams = 1024;

    private const ulong MaxRtpIndex = (1UL << 48) - 1;
    private const uint MaxRtcpIndex = (1u << 31) - 1;

    private readonly SrtpTransform _transform;
    private readonly SsrcTable<ReplayWindow> _streams;
    private bool _disposed;

    // One counter for all streams: the nonce holds the SSRC as well, and every stream sees rising numbers.
    private uint _nextRtcpIndex;

    /// <param name="profile">Decides cipher and lengths.</param>
    /// <param name="masterKey">Our write key.</param>
    /// <param name="masterSalt">Our write salt.</param>
    /// <param name="maxStreams">SSRCs that may be sent; further ones are refused.</param>
    public SrtpSender(SrtpProfile profile, ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt, int maxStreams = DefaultMaxStreams)
        : this(SrtpTransform.Create(profile, masterKey, masterSalt, encrypt: true), maxStreams)
    {
    }

    internal SrtpSender(SrtpTransform transform, int maxStreams = DefaultMaxStreams, uint firstRtcpIndex = 0)
    {
        _transform = transform;
        _streams = new SsrcTable<ReplayWindow>(maxStreams);
        _nextRtcpIndex = firstRtcpIndex;
    }

    public SrtpCounters Counters { get; } = new();

    /// <summary>What an RTP packet grows by, in bytes.</summary>
    public int RtpOverheadBytes => _transform.RtpTrailer;

    /// <summary>What an RTCP packet grows by, in bytes.</summary>
    public int RtcpOverheadBytes => _transform.RtcpTrailer;

    /// <summary>Seals the RTP packet in the first <paramref name="plainLength"/> bytes in place.</summary>
    public bool TryProtectRtp(Span<byte> buffer, int plainLength, out int length)
    {
        length = 0;
        if (!SrtpHeader.TryReadRtp(buffer[..plainLength], out int headerLength, out uint ssrc, out ushort sequence))
        {
            return Counters.Drop(SrtpDrop.Malformed);
        }

        return Protect(buffer[..headerLength], buffer[headerLength..plainLength], buffer, ssrc, sequence, out length);
    }

    /// <summary>
    /// Seals a packet whose header is at hand and whose payload lies elsewhere, so that forwarding one payload to many
    /// receivers costs no copy of it.
    /// </summary>
    /// <param name="header">The whole RTP header, with CSRCs and extensions, and nothing after it.</param>
    /// <param name="payload">With its padding, if the header says so.</param>
    /// <param name="destination">Room for both and <see cref="RtpOverheadBytes"/>; must not overlap unless it begins with both.</param>
    /// <param name="length">What was written.</param>
    public bool TryProtectRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, Span<byte> destination, out int length)
    {
        length = 0;
        if (!SrtpHeader.TryReadRtp(header, out int headerLength, out uint ssrc, out ushort sequence) || headerLength != header.Length)
        {
            return Counters.Drop(SrtpDrop.Malformed);
        }

        return Protect(header, payload, destination, ssrc, sequence, out length);
    }

    /// <summary>Seals the compound RTCP packet in the first <paramref name="plainLength"/> bytes in place.</summary>
    public bool TryProtectRtcp(Span<byte> buffer, int plainLength, out int length)
    {
        length = 0;
        if (!SrtpHeader.TryReadRtcp(buffer[..plainLength], out uint ssrc))
        {
            return Counters.Drop(SrtpDrop.Malformed);
        }

        if (buffer.Length < plainLength + _transform.RtcpTrailer)
        {
            return Counters.Drop(SrtpDrop.NoRoom);
        }

        if (_nextRtcpIndex > MaxRtcpIndex)
        {
            return Counters.Drop(SrtpDrop.Exhausted);
        }

        if (_disposed || !_transform.SealRtcp(buffer, plainLength, ssrc, _nextRtcpIndex++))
        {
            return Counters.Drop(SrtpDrop.Cipher);
        }

        Counters.Rtcp++;
        length = plainLength + _transform.RtcpTrailer;
        return true;
    }

    /// <summary>Wipes the keys; afterwards nothing is sealed any more.</summary>
    public void Dispose()
    {
        _disposed = true;
        _transform.Dispose();
    }

    private bool Protect(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, Span<byte> destination, uint ssrc, ushort sequence, out int length)
    {
        length = 0;
        if (destination.Length < header.Length + payload.Length + _transform.RtpTrailer)
        {
            return Counters.Drop(SrtpDrop.NoRoom);
        }

        ref ReplayWindow sent = ref _streams.Find(ssrc);
        if (Unsafe.IsNullRef(ref sent))
        {
            if (_streams.IsFull)
            {
                return Counters.Drop(SrtpDrop.TooManyStreams);
            }

            sent = ref _streams.Add(ssrc);
        }

        if (!sent.TryComplete(sequence, out ulong index))
        {
            return Counters.Drop(SrtpDrop.TooOld);
        }

        SrtpDrop verdict = index > MaxRtpIndex ? SrtpDrop.Exhausted : sent.Check(index);
        if (verdict != SrtpDrop.None)
        {
            return Counters.Drop(verdict);
        }

        sent.Accept(index); // before sealing: a nonce that may have been used counts as used
        if (_disposed || !_transform.SealRtp(header, payload, destination, ssrc, index))
        {
            return Counters.Drop(SrtpDrop.Cipher);
        }

        Counters.Rtp++;
        length = header.Length + payload.Length + _transform.RtpTrailer;
        return true;
    }
}
