using Wardline.Rtc.Rtp;

namespace Wardline.Rtc.Tests.Rtp;

/// <summary>Packets that tests write by hand, and a measure of what a piece of code allocates.</summary>
internal static class RtpPackets
{
    /// <summary>A packet with the given elements in the given form and a payload.</summary>
    public static byte[] Make(
        byte payloadType = 96, ushort sequence = 1, uint timestamp = 1000, uint ssrc = 0x11223344, bool marker = false,
        bool twoByte = false, (byte Id, byte[] Value)[]? extensions = null, byte[]? payload = null, int padding = 0, uint[]? csrcs = null)
    {
        byte[] buffer = new byte[2000];
        RtpHeader.Write(buffer, payloadType, marker, new(sequence), new(timestamp), new(ssrc));
        int at = RtpHeader.FixedLength;
        foreach (uint csrc in csrcs ?? [])
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(buffer.AsSpan(at), csrc);
            buffer[0]++;
            at += 4;
        }

        RtpExtensionWriter writer = new(buffer.AsSpan(at), twoByte);
        foreach ((byte id, byte[] value) in extensions ?? [])
        {
            Assert.True(writer.TryAdd(id, value.Length, out Span<byte> place));
            value.CopyTo(place);
        }

        Assert.True(writer.TryFinish(out int extensionLength));
        buffer[0] |= (byte)(extensionLength > 0 ? 0x10 : 0);
        at += extensionLength;
        payload ??= [1, 2, 3, 4, 5];
        payload.CopyTo(buffer, at);
        at += payload.Length;
        if (padding > 0)
        {
            buffer[0] |= 0x20;
            at += padding;
            buffer[at - 1] = (byte)padding;
        }

        return buffer[..at];
    }

    /// <summary>Bytes that the current thread allocates while it runs the action often, after one run to warm up: the least of three rounds.</summary>
    public static long Allocated(Action action, int times = 1000)
    {
        action();
        long least = long.MaxValue;
        for (int round = 0; round < 3; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < times; i++)
            {
                action();
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
