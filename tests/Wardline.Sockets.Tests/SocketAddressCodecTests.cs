using System.Net;
using Wardline.Rtc;

namespace Wardline.Sockets.Tests;

public sealed class SocketAddressCodecTests
{
    [Theory]
    [InlineData("192.0.2.7", Libc.AfInet)]
    [InlineData("192.0.2.7", Libc.AfInet6)]
    [InlineData("2001:db8::7", Libc.AfInet6)]
    public void An_address_survives_the_kernels_form(string address, int family)
    {
        TransportAddress to = TransportAddress.From(new IPEndPoint(IPAddress.Parse(address), 40_001));
        byte[] name = new byte[SocketAddressCodec.IPv6Bytes];
        Array.Fill(name, (byte)0xAA);
        int length = SocketAddressCodec.Write(to, family, name);
        Assert.True(SocketAddressCodec.TryRead(name.AsSpan(0, length), out ReadOnlySpan<byte> bytes, out ushort port));
        Assert.Equal(to, TransportAddress.Udp(bytes, port));
    }

    [Fact]
    public void It_is_the_form_that_the_framework_writes_too()
    {
        foreach (IPEndPoint end in (IPEndPoint[])[new(IPAddress.Parse("192.0.2.7"), 5), new(IPAddress.Parse("2001:db8::7"), 65535)])
        {
            byte[] name = new byte[SocketAddressCodec.IPv6Bytes];
            int length = SocketAddressCodec.Write(TransportAddress.From(end), SocketAddressCodec.FamilyOf(end.Address), name);
            Assert.Equal(end.Serialize().Buffer.ToArray(), name.AsSpan(0, length).ToArray());
        }
    }

    [Fact]
    public void IPv6_cannot_be_reached_by_an_IPv4_socket() =>
        Assert.Equal(0, SocketAddressCodec.Write(TransportAddress.From(new IPEndPoint(IPAddress.IPv6Loopback, 1)), Libc.AfInet, new byte[28]));

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 2 })]
    [InlineData(new byte[] { 2, 0, 0, 1 })]
    [InlineData(new byte[] { 1, 0, 47, 114, 117, 110, 0, 0, 0 })]
    public void A_name_of_another_family_or_cut_short_is_refused(byte[] name) =>
        Assert.False(SocketAddressCodec.TryRead(name, out _, out _));
}
