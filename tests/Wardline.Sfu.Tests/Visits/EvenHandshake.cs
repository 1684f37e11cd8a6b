using System.Buffers.Binary;
using Wardline.Netem;
using Wardline.Rtc;
using Wardline.Rtc.Dtls;

namespace Wardline.Sfu.Tests.Visits;

/// <summary>
/// Carries every datagram of a DTLS handshake at one length. An ECDSA signature has 70, 71 or 72 bytes (RFC 3279 §2.2.3), drawn
/// by OpenSSL and from no seed; on a link with a rate that moved each connection, and all that follows it, by microseconds.
/// </summary>
internal static class EvenHandshake
{
    private static readonly int s_bytes = new DtlsOptions().MtuBytes + 2;

    public static void Enqueue(Link link, ReadOnlySpan<byte> datagram, Instant now)
    {
        if (!IsDtls(datagram))
        {
            link.Enqueue(datagram, now);
            return;
        }

        Span<byte> even = stackalloc byte[s_bytes];
        Assert.True(datagram.Length <= s_bytes - 2, "a handshake datagram beyond the MTU");
        even.Clear();
        datagram.CopyTo(even);
        BinaryPrimitives.WriteUInt16BigEndian(even[^2..], (ushort)datagram.Length);
        link.Enqueue(even, now);
    }

    /// <param name="destination">At least <see cref="Link.MaxDatagramBytes"/> bytes.</param>
    public static bool TryDequeue(Link link, Instant now, Span<byte> destination, out int length)
    {
        if (!link.TryDequeue(now, destination, out length))
        {
            return false;
        }

        if (IsDtls(destination[..length]))
        {
            length = BinaryPrimitives.ReadUInt16BigEndian(destination[(length - 2)..length]);
        }

        return true;
    }

    // RFC 7983 §7
    private static bool IsDtls(ReadOnlySpan<byte> datagram) => datagram.Length > 0 && datagram[0] is >= 20 and <= 63;
}
