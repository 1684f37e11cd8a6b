using System.Net;

namespace Wardline.Rtc.Ice;

/// <summary>
/// Host candidates of the server as SDP carries them (RFC 8839 §5.1, RFC 6544 §4.5), without the leading <c>a=</c>:
/// <c>candidate:u0 1 udp 2130706431 192.0.2.1 7881 typ host</c>.
/// </summary>
public static class IceCandidateLine
{
    // RFC 8445 §5.1.2.2: host is 126. RFC 6544 §4.2 wants TCP behind UDP, whatever the interface.
    private const uint UdpTypePreference = 126;
    private const uint TcpTypePreference = 90;

    // Below a relayed candidate of type preference 0, whose local preference (2⁸ and up) is never this small.
    private const uint FirstGeneration = 1 << 12;
    private const uint LastGeneration = 1 << 15;

    // RFC 6544 §4.2: for host candidates active 6, passive 4, simultaneous open 2.
    private const uint PassiveDirection = 4;

    /// <summary>All candidates of a server: every address by UDP, then every address by passive TCP.</summary>
    /// <param name="tcpPort">0: no ICE-TCP.</param>
    public static IReadOnlyList<string> All(IReadOnlyList<IPAddress> addresses, int udpPort, int tcpPort)
    {
        List<string> lines = [];
        for (int i = 0; i < addresses.Count; i++)
        {
            lines.Add(Udp(addresses[i], udpPort, i));
        }

        for (int i = 0; tcpPort != 0 && i < addresses.Count; i++)
        {
            lines.Add(PassiveTcp(addresses[i], tcpPort, i));
        }

        return lines;
    }

    /// <param name="index">Order of preference among the server's addresses, 0 is best; also tells foundations apart.</param>
    public static string Udp(IPAddress address, int port, int index) =>
        $"candidate:u{index} 1 udp {Priority(UdpTypePreference, 0xFFFF - (uint)index)} {Text(address)} {port} typ host";

    /// <inheritdoc cref="Udp"/>
    public static string PassiveTcp(IPAddress address, int port, int index) =>
        $"candidate:t{index} 1 tcp {Priority(TcpTypePreference, PassiveDirection << 13 | 0x1FFF - (uint)index)} {Text(address)} {port} typ host tcptype passive";

    /// <summary>
    /// The line with the priority that all candidates share in one ICE generation, higher in each. A pair's priority is
    /// above all the lower one of both ends (RFC 8445 §6.1.2.3), and ours is lower than any of a browser's, relayed ones
    /// included. So after an ICE restart every new pair ranks above every old one, and among the new ones the browser's
    /// own preferences decide: direct before relayed, UDP before TCP. Otherwise Chromium, whose old network has gone,
    /// holds on to the old pair for 2.5 s although the new one works, when it has learned to like that network more.
    /// </summary>
    /// <param name="generation">ICE restarts so far.</param>
    public static string InGeneration(string line, int generation)
    {
        string[] parts = line.Split(' ');
        parts[3] = Math.Min(FirstGeneration + (uint)generation, LastGeneration).ToString(System.Globalization.CultureInfo.InvariantCulture);
        return string.Join(' ', parts);
    }

    /// <summary>RFC 8445 §5.1.2.1: 2²⁴·type + 2⁸·local + (256 − component), component 1 as RTCP is multiplexed.</summary>
    private static uint Priority(uint type, uint local) => type << 24 | local << 8 | 255;

    private static string Text(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4().ToString();
        }

        // A zone ("%eth0") means something on this machine only.
        return new IPAddress(address.GetAddressBytes()).ToString();
    }
}
