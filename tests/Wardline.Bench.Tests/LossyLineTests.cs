using System.Net;
using System.Net.Sockets;
using Wardline.Bench.Soak;

namespace Wardline.Bench.Tests;

public sealed class LossyLineTests
{
    [Fact]
    public void It_tells_people_apart_takes_answers_back_and_loses_the_share()
    {
        using Socket server = Bound(IPAddress.Loopback);
        using LossyLine line = new(((IPEndPoint)server.LocalEndPoint!).Port, loss: 0.25, seed: 7);
        EndPoint there = new IPEndPoint(LossyLine.Address, ((IPEndPoint)server.LocalEndPoint!).Port);
        using Socket a = Bound(IPAddress.Loopback);
        using Socket b = Bound(IPAddress.Loopback);
        HashSet<EndPoint> seen = [];
        Dictionary<Socket, int> answered = new() { [a] = 0, [b] = 0 };
        byte[] packet = new byte[2];
        foreach (Socket person in (Socket[])[a, b])
        {
            for (int i = 0; i < 200; i++)
            {
                packet[0] = person == a ? (byte)'a' : (byte)'b';
                person.SendTo(packet, there);
                EndPoint from = new IPEndPoint(IPAddress.Any, 0);
                byte[] got = new byte[10];
                if (!server.Poll(TimeSpan.FromMilliseconds(20), SelectMode.SelectRead))
                {
                    continue;
                }

                int length = server.ReceiveFrom(got, ref from);
                Assert.Equal((2, packet[0]), (length, got[0]));
                seen.Add(from);
                server.SendTo(got.AsSpan(0, length), SocketFlags.None, from);
                if (person.Poll(TimeSpan.FromMilliseconds(20), SelectMode.SelectRead))
                {
                    EndPoint answerer = new IPEndPoint(IPAddress.Any, 0);
                    Assert.Equal(2, person.ReceiveFrom(got, ref answerer));
                    Assert.Equal((there, packet[0]), (answerer, got[0]));
                    answered[person]++;
                }
            }
        }

        Assert.Equal(2, seen.Count);
        // Of 200, 0.75 there and 0.75 back: 112, with a standard deviation of 7.
        Assert.InRange(answered[a], 112 - 35, 112 + 35);
        Assert.InRange(answered[b], 112 - 35, 112 + 35);
        Assert.Equal(0.25, line.Lost / (double)(line.Lost + line.Passed), 0.06);
    }

    private static Socket Bound(IPAddress address)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(address, 0));
        return socket;
    }
}
