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
    public void Every_restart_ranks_all_pairs_above_those_of_before_and_below_what_a_browser_prefers()
    {
        const uint LowestRelayed = 1 << 15; // type preference 0, and the least local preference that browsers give
        string[] lines = [.. IceCandidateLine.All([IPAddress.Parse("192.0.2.1"), IPAddress.Parse("2001:db8::1")], 7881, 7882)];
        uint before = 0;
        foreach (int generation in new[] { 0, 1, 2, 1_000 })
        {
            uint[] priorities = [.. lines.Select(line => uint.Parse(IceCandidateLine.InGeneration(line, generation).Split(' ')[3])).Distinct()];
            Assert.InRange(Assert.Single(priorities), before + 1, LowestRelayed - 1);
            before = priorities[0];
        }

        Assert.Equal("candidate:t0 1 tcp 4097 192.0.2.1 7882 typ host tcptype passive", IceCandidateLine.InGeneration(lines[2], 1));
        Assert.EndsWith(" 32768 192.0.2.1 7881 typ host", IceCandidateLine.InGeneration(lines[0], int.MaxValue), StringComparison.Ordinal);
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
