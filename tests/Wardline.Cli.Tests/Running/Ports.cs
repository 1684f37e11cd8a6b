using System.Net;
using System.Net.Sockets;

namespace Wardline.Cli.Tests.Running;

internal static class Ports
{
    /// <summary>A number that is free for TCP and UDP on this machine.</summary>
    public static int Free()
    {
        while (true)
        {
            using Socket tcp = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            tcp.Bind(new IPEndPoint(IPAddress.Any, 0));
            int port = ((IPEndPoint)tcp.LocalEndPoint!).Port;
            using Socket udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            try
            {
                udp.Bind(new IPEndPoint(IPAddress.Any, port));
                return port;
            }
            catch (SocketException)
            {
                // taken for UDP: the next one
            }
        }
    }
}
