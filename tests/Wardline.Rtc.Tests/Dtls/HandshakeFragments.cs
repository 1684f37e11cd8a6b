using System.Buffers.Binary;

namespace Wardline.Rtc.Tests.Dtls;

/// <summary>Cuts a plaintext handshake message into fragments, one a datagram (RFC 6347 §4.2.3).</summary>
/// <remarks>
/// Behind the 13 bytes of the record header:
/// <code>
/// | type (1) | length (3) | message_seq (2) | fragment_offset (3) | fragment_length (3) | fragment … |
/// </code>
/// </remarks>
internal static class HandshakeFragments
{
    private const int Record = 13;
    private const int Handshake = 12;

    public static List<byte[]> Split(ReadOnlySpan<byte> datagram, int parts, int firstRecord = 0)
    {
        ReadOnlySpan<byte> body = datagram[(Record + Handshake)..];
        List<byte[]> fragments = [];
        for (int i = 0; i < parts; i++)
        {
            int from = body.Length * i / parts;
            int length = body.Length * (i + 1) / parts - from;
            byte[] part = new byte[Record + Handshake + length];
            datagram[..(Record + Handshake)].CopyTo(part);
            BinaryPrimitives.WriteUInt32BigEndian(part.AsSpan(7), (uint)(firstRecord + i));
            BinaryPrimitives.WriteUInt16BigEndian(part.AsSpan(11), (ushort)(Handshake + length));
            WriteUInt24(part.AsSpan(Record + 6), from);
            WriteUInt24(part.AsSpan(Record + 9), length);
            body.Slice(from, length).CopyTo(part.AsSpan(Record + Handshake));
            fragments.Add(part);
        }

        return fragments;
    }

    private static void WriteUInt24(Span<byte> at, int value)
    {
        at[0] = (byte)(value >> 16);
        at[1] = (byte)(value >> 8);
        at[2] = (byte)value;
    }
}
