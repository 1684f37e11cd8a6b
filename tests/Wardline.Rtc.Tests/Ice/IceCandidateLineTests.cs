using System.Net;
using Wardline.Rtc.Ice;

namespace Wardline.Rtc.Tests.Ice;

public sealed class IceCandidateLineTests
{
    [Fact]
    public void A_server_with_two_addresses_offers_udp_first_and_tcp_as_the_last_resort()
    {
        Assert.Equal(
            [
                "candidate:u0 1 udp 2130706431 192.0.2.1 7881 typ host",
                "candidate:u1 1 udp 2130706175 2001:db8::1 7881 typ host",
                "candidate:t0 1 tcp 1520435199 192.0.2.1 7882 typ host tcptype passive",
                "candidate:t1 1 tcp 1520434943 2001:db8::1 7882 typ host tcptype passive",
            ],
            IceCandidateLine.All([IPAddress.Parse("192.0.2.1"), IPAddress.Parse("2001:db8::1")], 7881, 7882));
    }

    [Fact]
    public void Without_a_tcp_port_there_is_no_tcp_candidate() =>
        Assert.Single(IceCandidateLine.All([IPAddress.Loopback], 7881, 0));

    [Fact]
    public void Mapped_addresses_and_zones_do_not_leave_the_machine()
    {
        Assert.Contains(" 192.0.2.1 ", IceCandidateLine.Udp(IPAddress.Parse("::ffff:192.0.2.1"), 1, 0));
        Assert.Contains(" fe80::1 ", IceCandidateLine.Udp(IPAddress.Parse("fe80::1%3"), 1, 0));
    }
}
