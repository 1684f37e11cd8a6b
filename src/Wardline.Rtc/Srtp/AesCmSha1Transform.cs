using System.Buffers.Binary;
using System.Security.Cryptography;
using Wardline.Rtc.Dtls;

namespace Wardline.Rtc.Srtp;

/// <summary>
/// RFC 3711's default: AES in counter mode, and HMAC-SHA1 cut to 80 bits. Only behind
/// <see cref="SrtpPolicy.AllowAes128CmSha1_80"/>; the tag is compared before anything is decrypted.
/// </summary>
/// <remarks>
/// RFC 3711 §3.1 and §3.4. The tag covers everything before it, and for RTP the rollover counter after it:
/// <code>
/// RTP   | header |  encrypted …  | tag (10) |
/// RTCP  | header, SSRC (8) |  encrypted …  |E| index (31) | tag (10) |
/// </code>
/// </remarks>
internal sealed unsafe class AesCmSha1Transform : SrtpTransform
{
    private const int TagBytes = 10;
    private const int IndexBytes = 4;
    private const int SaltBytes = 14;
    private const int AuthKeyBytes = 20;

    private readonly IncrementalHash _rtpHmac;
    private readonly IncrementalHash _rtcpHmac;
    private readonly byte[] _rtpSalt;
    private readonly byte[] _rtcpSalt;
    private nint _rtp;
    private nint _rtcp;

    internal AesCmSha1Transform(
        ReadOnlySpan<byte> rtpKey, ReadOnlySpan<byte> rtpSalt, ReadOnlySpan<byte> rtpAuth,
        ReadOnlySpan<byte> rtcpKey, ReadOnlySpan<byte> rtcpSalt, ReadOnlySpan<byte> rtcpAuth)
        : base(TagBytes, IndexBytes + TagBytes)
    {
        _rtp = CreateCounter(rtpKey);
        _rtcp = CreateCounter(rtcpKey);
        _rtpSalt = rtpSalt.ToArray();
        _rtcpSalt = rtcpSalt.ToArray();
        _rtpHmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA1, rtpAuth);
        _rtcpHmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA1, rtcpAuth);
    }

    internal static AesCmSha1Transform Derive(ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt)
    {
        const int Key = 16;
        Span<byte> keys = stackalloc byte[2 * (Key + SaltBytes + AuthKeyBytes)];
        Span<byte> rtp = keys[..(keys.Length / 2)];
        Span<byte> rtcp = keys[(keys.Length / 2)..];
        SrtpKeyDerivation.Derive(masterKey, masterSalt, SrtpKeyDerivation.RtpEncryption, rtp[..Key]);
        SrtpKeyDerivation.Derive(masterKey, masterSalt, SrtpKeyDerivation.RtpSalt, rtp.Slice(Key, SaltBytes));
        SrtpKeyDerivation.Derive(masterKey, masterSalt, SrtpKeyDerivation.RtpAuthentication, rtp[(Key + SaltBytes)..]);
        SrtpKeyDerivation.Derive(masterKey, masterSalt, SrtpKeyDerivation.RtcpEncryption, rtcp[..Key]);
        SrtpKeyDerivation.Derive(masterKey, masterSalt, SrtpKeyDerivation.RtcpSalt, rtcp.Slice(Key, SaltBytes));
        SrtpKeyDerivation.Derive(masterKey, masterSalt, SrtpKeyDerivation.RtcpAuthentication, rtcp[(Key + SaltBytes)..]);
        AesCmSha1Transform transform = new(
            rtp[..Key], rtp.Slice(Key, SaltBytes), rtp[(Key + SaltBytes)..],
            rtcp[..Key], rtcp.Slice(Key, SaltBytes), rtcp[(Key + SaltBytes)..]);
        CryptographicOperations.ZeroMemory(keys);
        return transform;
    }

    internal override bool SealRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, Span<byte> destination, uint ssrc, ulong index)
    {
        header.CopyTo(destination);
        payload.CopyTo(destination[header.Length..]);
        int length = header.Length + payload.Length;
        if (!Crypt(_rtp, _rtpSalt, destination[header.Length..length], ssrc, index))
        {
            return false;
        }

        Tag(_rtpHmac, destination[..length], (uint)(index >> 16), withRollover: true, destination.Slice(length, TagBytes));
        return true;
    }

    internal override bool OpenRtp(Span<byte> packet, int headerLength, uint ssrc, ulong index)
    {
        Span<byte> tag = stackalloc byte[TagBytes];
        Span<byte> covered = packet[..^TagBytes];
        Tag(_rtpHmac, covered, (uint)(index >> 16), withRollover: true, tag);
        return CryptographicOperations.FixedTimeEquals(tag, packet[^TagBytes..]) &&
            Crypt(_rtp, _rtpSalt, covered[headerLength..], ssrc, index);
    }

    internal override bool SealRtcp(Span<byte> buffer, int plainLength, uint ssrc, uint index)
    {
        if (!Crypt(_rtcp, _rtcpSalt, buffer[SrtpHeader.RtcpFixed..plainLength], ssrc, index))
        {
            return false;
        }

        BinaryPrimitives.WriteUInt32BigEndian(buffer[plainLength..], index | SrtpReceiver.EncryptedBit);
        int covered = plainLength + IndexBytes;
        Tag(_rtcpHmac, buffer[..covered], 0, withRollover: false, buffer.Slice(covered, TagBytes));
        return true;
    }

    internal override bool OpenRtcp(Span<byte> packet, uint ssrc, uint index)
    {
        Span<byte> tag = stackalloc byte[TagBytes];
        Tag(_rtcpHmac, packet[..^TagBytes], 0, withRollover: false, tag);
        return CryptographicOperations.FixedTimeEquals(tag, packet[^TagBytes..]) &&
            Crypt(_rtcp, _rtcpSalt, packet[SrtpHeader.RtcpFixed..^RtcpTrailer], ssrc, index);
    }

    internal override int IndexOffset(int packetLength) => packetLength - TagBytes - IndexBytes;

    public override void Dispose()
    {
        LibCrypto.EVP_CIPHER_CTX_free(_rtp);
        LibCrypto.EVP_CIPHER_CTX_free(_rtcp);
        _rtp = _rtcp = 0;
        _rtpHmac.Dispose();
        _rtcpHmac.Dispose();
        CryptographicOperations.ZeroMemory(_rtpSalt);
        CryptographicOperations.ZeroMemory(_rtcpSalt);
    }

    private static nint CreateCounter(ReadOnlySpan<byte> key)
    {
        nint context = LibCrypto.EVP_CIPHER_CTX_new();
        fixed (byte* bytes = key)
        {
            OpenSslErrors.Require(LibCrypto.EVP_CipherInit_ex(context, LibCrypto.EVP_aes_128_ctr(), 0, bytes, null, 1) == 1, "AES-CTR");
        }

        return context;
    }

    /// <summary>RFC 3711 §4.1.1: IV = (salt · 2¹⁶) XOR (SSRC · 2⁶⁴) XOR (index · 2¹⁶); the same operation both ways.</summary>
    private static bool Crypt(nint context, ReadOnlySpan<byte> salt, Span<byte> data, uint ssrc, ulong index)
    {
        Span<byte> iv = stackalloc byte[16];
        salt.CopyTo(iv);
        BinaryPrimitives.WriteUInt32BigEndian(iv[4..], BinaryPrimitives.ReadUInt32BigEndian(iv[4..]) ^ ssrc);
        BinaryPrimitives.WriteUInt64BigEndian(iv[8..], BinaryPrimitives.ReadUInt64BigEndian(iv[8..]) ^ index << 16);
        int written;
        fixed (byte* start = iv, bytes = data)
        {
            if (context != 0 && LibCrypto.EVP_CipherInit_ex(context, 0, 0, null, start, -1) == 1 &&
                (data.IsEmpty || LibCrypto.EVP_CipherUpdate(context, bytes, &written, bytes, data.Length) == 1))
            {
                return true;
            }
        }

        LibCrypto.ERR_clear_error();
        return false;
    }

    private static void Tag(IncrementalHash hmac, ReadOnlySpan<byte> covered, uint rollover, bool withRollover, Span<byte> tag)
    {
        Span<byte> full = stackalloc byte[SHA1.HashSizeInBytes];
        hmac.AppendData(covered);
        if (withRollover)
        {
            BinaryPrimitives.WriteUInt32BigEndian(full, rollover);
            hmac.AppendData(full[..4]);
        }

        hmac.GetHashAndReset(full);
        full[..TagBytes].CopyTo(tag);
    }
}
