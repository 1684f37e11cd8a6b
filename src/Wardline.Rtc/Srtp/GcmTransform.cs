using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Wardline.Rtc.Srtp;

/// <summary>RFC 7714: AEAD_AES_128_GCM and AEAD_AES_256_GCM.</summary>
/// <remarks>
/// Nonces, each XORed with the 96-bit session salt (RFC 7714 §8.1, §9.1):
/// <code>
/// RTP   | 00 00 |   SSRC (4)   |    ROC (4)    | SEQ (2) |
/// RTCP  | 00 00 |   SSRC (4)   | 00 00 |  0 | index (31) |
/// </code>
/// An SRTCP packet (RFC 7714 §9.2); header and last word are authenticated, the rest is encrypted:
/// <code>
/// | header, SSRC (8) |  encrypted …  |  tag (16)  |E| index (31) |
/// </code>
/// </remarks>
internal sealed unsafe class GcmTransform : SrtpTransform
{
    private const int IndexBytes = 4;

    private readonly GcmContext _rtp;
    private readonly GcmContext _rtcp;
    private readonly byte[] _rtpSalt;
    private readonly byte[] _rtcpSalt;

    /// <param name="rtpKey">Session key.</param>
    /// <param name="rtpSalt">Session salt, 12 bytes.</param>
    /// <param name="rtcpKey">Session key.</param>
    /// <param name="rtcpSalt">Session salt, 12 bytes.</param>
    /// <param name="encrypt">Sealing or opening.</param>
    internal GcmTransform(ReadOnlySpan<byte> rtpKey, ReadOnlySpan<byte> rtpSalt, ReadOnlySpan<byte> rtcpKey, ReadOnlySpan<byte> rtcpSalt, bool encrypt)
        : base(GcmContext.TagBytes, GcmContext.TagBytes + IndexBytes)
    {
        _rtp = new GcmContext(rtpKey, encrypt);
        _rtcp = new GcmContext(rtcpKey, encrypt);
        _rtpSalt = rtpSalt.ToArray();
        _rtcpSalt = rtcpSalt.ToArray();
    }

    internal static GcmTransform Derive(SrtpProfile profile, ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt, bool encrypt)
    {
        Span<byte> keys = stackalloc byte[2 * 32 + 2 * GcmContext.NonceBytes];
        Span<byte> rtpKey = keys[..profile.KeyBytes()];
        Span<byte> rtcpKey = keys.Slice(32, profile.KeyBytes());
        Span<byte> rtpSalt = keys.Slice(64, GcmContext.NonceBytes);
        Span<byte> rtcpSalt = keys[(64 + GcmContext.NonceBytes)..];
        SrtpKeyDerivation.Derive(masterKey, masterSalt, SrtpKeyDerivation.RtpEncryption, rtpKey);
        SrtpKeyDerivation.Derive(masterKey, masterSalt, SrtpKeyDerivation.RtpSalt, rtpSalt);
        SrtpKeyDerivation.Derive(masterKey, masterSalt, SrtpKeyDerivation.RtcpEncryption, rtcpKey);
        SrtpKeyDerivation.Derive(masterKey, masterSalt, SrtpKeyDerivation.RtcpSalt, rtcpSalt);
        GcmTransform transform = new(rtpKey, rtpSalt, rtcpKey, rtcpSalt, encrypt);
        CryptographicOperations.ZeroMemory(keys);
        return transform;
    }

    internal override bool SealRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, Span<byte> destination, uint ssrc, ulong index)
    {
        byte* nonce = stackalloc byte[GcmContext.NonceBytes];
        WriteRtpNonce(nonce, _rtpSalt, ssrc, index);
        header.CopyTo(destination);
        fixed (byte* to = destination, from = payload)
        {
            return _rtp.Seal(
                nonce, to, header.Length, null, 0, from, payload.Length, to + header.Length, to + header.Length + payload.Length);
        }
    }

    internal override bool OpenRtp(Span<byte> packet, int headerLength, uint ssrc, ulong index)
    {
        byte* nonce = stackalloc byte[GcmContext.NonceBytes];
        WriteRtpNonce(nonce, _rtpSalt, ssrc, index);
        int length = packet.Length - headerLength - GcmContext.TagBytes;
        fixed (byte* start = packet)
        {
            return _rtp.Open(nonce, start, headerLength, null, 0, start + headerLength, length, start + headerLength + length);
        }
    }

    internal override bool SealRtcp(Span<byte> buffer, int plainLength, uint ssrc, uint index)
    {
        byte* nonce = stackalloc byte[GcmContext.NonceBytes];
        WriteRtcpNonce(nonce, _rtcpSalt, ssrc, index);
        BinaryPrimitives.WriteUInt32BigEndian(buffer[(plainLength + GcmContext.TagBytes)..], index | SrtpReceiver.EncryptedBit);
        fixed (byte* start = buffer)
        {
            byte* body = start + SrtpHeader.RtcpFixed;
            return _rtcp.Seal(
                nonce, start, SrtpHeader.RtcpFixed, start + plainLength + GcmContext.TagBytes, IndexBytes,
                body, plainLength - SrtpHeader.RtcpFixed, body, start + plainLength);
        }
    }

    internal override bool OpenRtcp(Span<byte> packet, uint ssrc, uint index)
    {
        byte* nonce = stackalloc byte[GcmContext.NonceBytes];
        WriteRtcpNonce(nonce, _rtcpSalt, ssrc, index);
        int plainLength = packet.Length - RtcpTrailer;
        fixed (byte* start = packet)
        {
            return _rtcp.Open(
                nonce, start, SrtpHeader.RtcpFixed, start + packet.Length - IndexBytes, IndexBytes,
                start + SrtpHeader.RtcpFixed, plainLength - SrtpHeader.RtcpFixed, start + plainLength);
        }
    }

    internal override int IndexOffset(int packetLength) => packetLength - IndexBytes;

    public override void Dispose()
    {
        _rtp.Dispose();
        _rtcp.Dispose();
        CryptographicOperations.ZeroMemory(_rtpSalt);
        CryptographicOperations.ZeroMemory(_rtcpSalt);
    }

    private static void WriteRtpNonce(byte* nonce, ReadOnlySpan<byte> salt, uint ssrc, ulong index)
    {
        Span<byte> n = new(nonce, GcmContext.NonceBytes);
        n[0] = n[1] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(n[2..], ssrc);
        BinaryPrimitives.WriteUInt32BigEndian(n[6..], (uint)(index >> 16));
        BinaryPrimitives.WriteUInt16BigEndian(n[10..], (ushort)index);
        Xor(n, salt);
    }

    private static void WriteRtcpNonce(byte* nonce, ReadOnlySpan<byte> salt, uint ssrc, uint index)
    {
        Span<byte> n = new(nonce, GcmContext.NonceBytes);
        n[0] = n[1] = n[6] = n[7] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(n[2..], ssrc);
        BinaryPrimitives.WriteUInt32BigEndian(n[8..], index);
        Xor(n, salt);
    }

    private static void Xor(Span<byte> nonce, ReadOnlySpan<byte> salt)
    {
        for (int i = 0; i < GcmContext.NonceBytes; i++)
        {
            nonce[i] ^= salt[i];
        }
    }
}
