using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Wardline.Netem.Relay;
using Wardline.Rtc;

namespace Wardline.Netem.Tests;

/// <summary>The relay on real loopback sockets, stepped by the test itself.</summary>
public sealed class RelayTests
{
    private static RelayOptions Parse(string line)
    {
        Assert.True(RelayOptions.TryParse(line.Split(' '), out RelayOptions? options, out string error), error);
        return options!;
    }

    private static Socket Bound(int timeoutMs = 1)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = timeoutMs };
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    /// <summary>Steps the relay until a datagram has come, five seconds at most.</summary>
    private static byte[] Await(UdpRelay relay, Socket socket, out EndPoint from)
    {
        byte[] buffer = new byte[2048];
        long start = Stopwatch.GetTimestamp();
        while (socket.Available == 0)
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(5), "Nothing came.");
            relay.Step();
        }

        from = new IPEndPoint(IPAddress.Any, 0);
        return buffer[..socket.ReceiveFrom(buffer, ref from)];
    }

    [Fact]
    public void Each_client_is_another_peer_to_the_server_and_gets_its_own_answers()
    {
        using Socket server = Bound();
        using Socket first = Bound();
        using Socket second = Bound();
        using UdpRelay relay = new(Parse($"--listen 127.0.0.1:0 --to {server.LocalEndPoint} --delay 5"));
        first.SendTo([1], relay.Listening);
        Assert.Equal([1], Await(relay, server, out EndPoint fromFirst));
        second.SendTo([2], relay.Listening);
        Assert.Equal([2], Await(relay, server, out EndPoint fromSecond));
        Assert.NotEqual(fromFirst, fromSecond);

        server.SendTo([22], fromSecond);
        server.SendTo([11], fromFirst);
        Assert.Equal([11], Await(relay, first, out EndPoint answered));
        Assert.Equal(relay.Listening, answered);
        Assert.Equal([22], Await(relay, second, out _));
        Assert.StartsWith("clients 2 refused 0 up 2 entered, 2 delivered", relay.Command("status"), StringComparison.Ordinal);
    }

    [Fact]
    public void Clients_beyond_the_bound_are_refused_and_counted()
    {
        using Socket server = Bound();
        using UdpRelay relay = new(Parse($"--listen 127.0.0.1:0 --to {server.LocalEndPoint}"));

        // All of them stay bound: the port of one that is closed may be handed to the next, who would then be no new client.
        Socket[] clients = [.. Enumerable.Range(0, 66).Select(_ => Bound())];
        foreach (Socket client in clients)
        {
            client.SendTo([1], relay.Listening);
            relay.Step();
        }

        long start = Stopwatch.GetTimestamp();
        while (relay.Refused < 2 && Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(5))
        {
            relay.Step();
        }

        Assert.Equal(2, relay.Refused);
        Array.ForEach(clients, client => client.Dispose());
    }

    [Fact]
    public void Words_change_what_they_name_and_leave_the_rest()
    {
        using UdpRelay relay = new(Parse("--listen 127.0.0.1:0 --to 127.0.0.1:9 --loss 5 --delay 100"));
        string both = relay.Command("rate 300k");
        Assert.Contains("up rate 300 kbit/s delay 100 ms jitter 0 ms loss 5.0 % good", both, StringComparison.Ordinal);
        Assert.Contains("down rate 300 kbit/s delay 100 ms", both, StringComparison.Ordinal);
        string down = relay.Command("down rate off loss 10 burst 4");
        Assert.Contains("up rate 300 kbit/s", down, StringComparison.Ordinal);
        Assert.Contains("down rate off delay 100 ms jitter 0 ms loss 0.0 % good, 100.0 % bad", down, StringComparison.Ordinal);
        foreach (string nonsense in new[] { "", "rate", "rate fast", "rate -5", "loss 100", "loss NaN", "colour red", "up" })
        {
            string answer = relay.Command(nonsense);
            Assert.True(nonsense is "" or "up" || answer.StartsWith("not understood", StringComparison.Ordinal), answer);
        }

        Assert.False(relay.Ended);
        relay.Command("quit");
        Assert.True(relay.Ended);
    }

    [Theory]
    [InlineData("--listen 127.0.0.1:0")]
    [InlineData("--listen 0.0.0.0:0 --to 127.0.0.1:9")]
    [InlineData("--listen 127.0.0.1:0 --to 192.0.2.1:9")]
    [InlineData("--listen 127.0.0.1:0 --to 127.0.0.1:9 --loss")]
    [InlineData("--listen 127.0.0.1:0 --to 127.0.0.1:9 --seconds 0")]
    public void A_command_line_that_leaves_loopback_or_makes_no_sense_is_refused(string line)
    {
        Assert.False(RelayOptions.TryParse(line.Split(' '), out RelayOptions? options, out string error));
        Assert.Null(options);
        Assert.NotEqual("", error);
    }

    [Fact]
    public void A_command_line_becomes_conditions()
    {
        RelayOptions options = Parse("--listen 127.0.0.1:0 --to 127.0.0.1:9 --loss 5 --delay 100 --jitter 20 --rate 2M --queue 80 --reorder on --seed 7");
        Assert.Equal(
            new LinkConditions
            {
                Rate = Bitrate.FromKilobits(2000), Delay = TimeSpan.FromMilliseconds(100), Jitter = TimeSpan.FromMilliseconds(20), Reorder = true,
                QueueLimit = TimeSpan.FromMilliseconds(80), Loss = LossModel.Random(0.05),
            },
            options.Conditions);
        Assert.Equal(7ul, options.Seed);
    }
}
