using System.Buffers.Binary;
using Wardline.Rtc.Srtp;

namespace Wardline.Rtc.Tests.Srtp;

/// <summary>Packets and keys for tests of SRTP.</summary>
internal static class SrtpKit
{
    public const uint Ssrc = 0xCAFE0001;

    public static readonly SrtpProfile[] Profiles = [SrtpProfile.AeadAes256Gcm, SrtpProfile.AeadAes128Gcm, SrtpProfile.Aes128CmSha1_80];

    /// <summary>A plain RTP packet with a one-byte extension and <paramref name="payload"/> bytes, and room for any trailer (16 bytes) behind it.</summary>
    public static byte[] Rtp(ushort sequence, int payload, uint ssrc = Ssrc)
    {
        byte[] packet = new byte[12 + 8 + payload + 16];
        packet[0] = 0x90;
        packet[1] = 96;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), sequence);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(8), ssrc);
        new byte[] { 0xBE, 0xDE, 0, 1, 0x30, 0x55, 0, 0 }.CopyTo(packet, 12);
        packet.AsSpan(20, payload).Fill((byte)sequence);
        return packet;
    }

    /// <summary>A plain receiver report without blocks and a filler, and 20 bytes of room behind it.</summary>
    public static byte[] Rtcp(uint ssrc = Ssrc)
    {
        byte[] packet = new byte[16 + 20];
        packet[0] = 0x80;
        packet[1] = 201;
        packet[3] = 1;
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), ssrc);
        return packet;
    }

    public static (SrtpSender Sender, SrtpReceiver Receiver) Pair(SrtpProfile profile, int maxStreams = SrtpReceiver.DefaultMaxStreams)
    {
        byte[] exported = [.. Enumerable.Range(1, profile.ExportedBytes()).Select(i => (byte)(i * 7))];
        using SrtpMasterKeys keys = new(profile, exported);
        return (keys.CreateSender(asClient: true), keys.CreateReceiver(fromClient: true, maxStreams));
    }

    public static byte[] Seal(SrtpSender sender, ushort sequence, int payload = 50, uint ssrc = Ssrc)
    {
        byte[] packet = Rtp(sequence, payload, ssrc);
        Assert.True(sender.TryProtectRtp(packet, packet.Length - 16, out int length));
        return packet[..length];
    }

    public static byte[] SealRtcp(SrtpSender sender, uint ssrc = Ssrc)
    {
        byte[] packet = Rtcp(ssrc);
        Assert.True(sender.TryProtectRtcp(packet, packet.Length - 20, out int length));
        return packet[..length];
    }
}
