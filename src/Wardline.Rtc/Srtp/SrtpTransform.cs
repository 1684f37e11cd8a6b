namespace Wardline.Rtc.Srtp;

/// <summary>
/// The cryptography of one direction under one profile: session keys in, packets sealed and opened. Knows nothing of
/// streams, windows or order; the index is an argument.
/// </summary>
internal abstract class SrtpTransform(int rtpTrailer, int rtcpTrailer) : IDisposable
{
    /// <summary>What an RTP packet grows by, in bytes.</summary>
    internal int RtpTrailer { get; } = rtpTrailer;

    /// <summary>What an RTCP packet grows by, in bytes: tag, E bit and index.</summary>
    internal int RtcpTrailer { get; } = rtcpTrailer;

    internal static SrtpTransform Create(SrtpProfile profile, ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt, bool encrypt) =>
        profile.IsAead() ? GcmTransform.Derive(profile, masterKey, masterSalt, encrypt) : AesCmSha1Transform.Derive(masterKey, masterSalt);

    /// <summary>
    /// Writes header, encrypted payload and tag to <paramref name="destination"/>, which has room for them and may be
    /// where header and payload already are.
    /// </summary>
    internal abstract bool SealRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, Span<byte> destination, uint ssrc, ulong index);

    /// <summary>Opens in place. After <c>false</c> the payload's bytes are worthless.</summary>
    internal abstract bool OpenRtp(Span<byte> packet, int headerLength, uint ssrc, ulong index);

    /// <summary>Seals the first <paramref name="plainLength"/> bytes in place and appends the trailer.</summary>
    internal abstract bool SealRtcp(Span<byte> buffer, int plainLength, uint ssrc, uint index);

    internal abstract bool OpenRtcp(Span<byte> packet, uint ssrc, uint index);

    /// <summary>Where the word with E bit and index stands in a received SRTCP packet.</summary>
    internal abstract int IndexOffset(int packetLength);

    public abstract void Dispose();
}
