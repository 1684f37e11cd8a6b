using System.Net;
using System.Net.Sockets;
using Wardline.Media.Tests.Peers;

namespace Wardline.Media.Tests.Hostile;

public sealed class SilentConnectionsTests
{
    [Fact]
    public async Task Connections_that_say_nothing_are_bounded_end_soon_and_keep_nobody_out()
    {
        await using Call call = await Call.StartAsync(
            o => o with { TcpFirstFrame = TimeSpan.FromSeconds(1), MaxTcpConnections = 200, MaxTcpConnectionsPerAddress = 20 }, benByTcp: true);
        List<Socket> silent = [];
        try
        {
            // Twenty addresses of the attacker's; fifteen connections each are more than all that the worker takes.
            call.Survives(() =>
            {
                for (int i = 0; i < 10 && silent.Count < 300; i++)
                {
                    Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
                    silent.Add(socket);
                    socket.Bind(new IPEndPoint(IPAddress.Parse($"127.9.9.{1 + silent.Count % 20}"), 0));
                    try
                    {
                        socket.Connect(IPAddress.Loopback, call.Engine.Ports[0].TcpPort);
                    }
                    catch (SocketException underWay) when (underWay.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
                    {
                        // It goes on by itself.
                    }
                }

                return silent.Count == 300;
            });
            Assert.InRange(call.Engine.Snapshot().TcpConnections, 1, 200);

            // All are gone but Ben's, each with its reason, and there is room for the next honest one.
            (call.Ada.Publishing, call.Ben.Publishing) = (true, true);
            call.Until(() => call.Engine.Snapshot().TcpConnections == 1, "the silent ones are closed");
            MediaCounters counters = call.Engine.Snapshot();
            Assert.Equal(300, counters.TcpTimedOut + counters.TcpRefused);
            Assert.True(counters.TcpTimedOut >= 150, $"{counters}");
            using NativePeer newcomer = await NativePeer.JoinAsync(call.Inside.Session, 104, tcp: true);
            Assert.True(NativePeer.Run(() => newcomer.IsConnected, TimeSpan.FromSeconds(15), call.Ada, call.Ben, newcomer));
        }
        finally
        {
            silent.ForEach(s => s.Dispose());
        }
    }
}
