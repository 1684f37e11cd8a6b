using System.Net;
using System.Net.Sockets;
using Wardline.Client.Relay;
using Wardline.Rtc;
using Wardline.Rtc.Stun;
using Wardline.Sockets;

namespace Wardline.Client.Tests.Relay;

/// <summary>The TURN client beside coturn over UDP, and in virtual time beside a server that says what a test wants.</summary>
public sealed class TurnClientTests(UdpRelayedServer server) : IClassFixture<UdpRelayedServer>
{
    private static readonly TransportAddress Peer = TransportAddress.From(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 4000));

    [Fact]
    public void Coturn_carries_packets_both_ways_and_refuses_whom_it_may_not_reach()
    {
        using Socket toRelay = Open(), peer = Open();
        toRelay.Connect(IPAddress.Loopback, server.Port);
        TurnClient client = Client(server.Credentials().Password, server.Credentials().Username);
        TransportAddress peerAddress = TransportAddress.From((IPEndPoint)peer.LocalEndPoint!);
        TransportAddress denied = TransportAddress.From(new IPEndPoint(IPAddress.Parse("127.0.0.99"), 9));
        client.Start(default);
        client.Bind(peerAddress, default);
        client.Bind(denied, default);
        Exchange(client, toRelay, () => client.Peers.All(p => p.State != TurnPeerState.Asked));
        Assert.Equal(TurnPeerState.Bound, client.Peers[0].State);
        Assert.Equal((TurnPeerState.Refused, 403), (client.Peers[1].State, client.Peers[1].Failure));

        Span<byte> wrapped = stackalloc byte[64], got = stackalloc byte[64];
        Assert.True(client.TryWrap(peerAddress, "to the peer"u8, wrapped, out int length));
        toRelay.Send(wrapped[..length]);
        EndPoint relayed = new IPEndPoint(IPAddress.Any, 0);
        int read = peer.ReceiveFrom(got, ref relayed);
        Assert.Equal("to the peer"u8, got[..read]);
        Assert.Equal(client.Relayed, TransportAddress.From((IPEndPoint)relayed));

        peer.SendTo("and back"u8, relayed);
        read = toRelay.Receive(got);
        Assert.Equal(TurnInput.Packet, client.Handle(got[..read], default, out int at, out length, out TransportAddress from));
        Assert.Equal("and back"u8, got.Slice(at, length));
        Assert.Equal(peerAddress, from);
        Assert.False(client.TryWrap(denied, "nobody"u8, wrapped, out _));

        // Given back, the address belongs to nobody.
        Span<byte> goodbye = stackalloc byte[1500];
        Assert.True((length = client.Close(goodbye)) > 0);
        toRelay.Send(goodbye[..length]);
        read = toRelay.Receive(goodbye);
        Assert.Equal(StunParse.Ok, StunMessage.TryParse(goodbye[..read], out StunMessage answer));
        Assert.Equal(StunClass.Success, answer.Class);
        Assert.Equal(TurnState.Failed, client.State);
    }

    [Fact]
    public void Coturn_refuses_wrong_credentials_by_name()
    {
        using Socket toRelay = Open();
        toRelay.Connect(IPAddress.Loopback, server.Port);
        TurnClient client = Client("wrong", server.Credentials().Username);
        client.Start(default);
        Exchange(client, toRelay, () => client.State == TurnState.Failed);
        Assert.Equal("it refused the credentials (401)", client.Failure);
    }

    [Fact]
    public void Says_the_same_again_to_a_silent_server_and_then_gives_up()
    {
        TurnClient client = Client("secret", "name");
        Span<byte> message = stackalloc byte[1500];
        Instant now = Instant.FromMilliseconds(1000);
        client.Start(now);
        List<double> sentAt = [];
        byte[] first = [];
        while (client.State != TurnState.Failed)
        {
            while (client.TryTake(now, message, out int length))
            {
                sentAt.Add(now.Milliseconds - 1000);
                first = first.Length == 0 ? message[..length].ToArray() : first;
                Assert.Equal(first, message[..length]);
            }

            now = client.State == TurnState.Failed ? now : client.NextTimeout;
        }

        Assert.Equal([0, 500, 1500, 3500, 7500, 15500], sentAt);
        Assert.Equal("it does not answer", client.Failure);
        Assert.Equal(Instant.Never, client.NextTimeout);
    }

    [Fact]
    public void Renews_channels_before_the_permission_ends_and_the_allocation_at_half_its_life()
    {
        Script script = new();
        TurnClient client = Client("secret", "name");
        client.Start(default);
        client.Bind(Peer, default);
        List<(double Minute, StunMethod Method)> asked = script.Run(client, TimeSpan.FromMinutes(11));
        Assert.Equal(
            [(0, TurnMessage.Allocate), (0, TurnMessage.Allocate), (0, TurnMessage.ChannelBind), (4, TurnMessage.ChannelBind), (5, TurnMessage.Refresh), (8, TurnMessage.ChannelBind), (10, TurnMessage.Refresh)],
            asked);
    }

    [Fact]
    public void A_stale_nonce_is_followed_a_few_times_only()
    {
        Script script = new();
        TurnClient client = Client("secret", "name");
        client.Start(default);
        script.Run(client, TimeSpan.FromSeconds(1));
        Assert.Equal(TurnState.Allocated, client.State);
        script.StaleForEver = true;
        List<(double, StunMethod Method)> asked = script.Run(client, TimeSpan.FromMinutes(20));
        Assert.Equal(4, asked.Count(a => a.Method == TurnMessage.Refresh));
        Assert.Equal("it refused (438)", client.Failure);
    }

    [Fact]
    public void A_success_that_is_not_signed_by_the_server_counts_for_nothing()
    {
        Script script = new() { Key = "another key"u8.ToArray() };
        TurnClient client = Client("secret", "name");
        client.Start(default);
        script.Run(client, TimeSpan.FromSeconds(5));
        Assert.Equal(TurnState.Allocating, client.State);
        Assert.True(client.Refused > 0);
    }

    [Fact]
    public void Bytes_that_are_no_message_are_counted_and_do_nothing()
    {
        TurnClient client = Client("secret", "name");
        client.Start(default);
        client.Bind(Peer, default);
        Random random = new(7);
        byte[] noise = new byte[200];
        for (int i = 0; i < 20_000; i++)
        {
            Span<byte> message = noise.AsSpan(0, random.Next(noise.Length));
            random.NextBytes(message);
            if (message.Length > 1)
            {
                message[0] = (byte)(i % 3 == 0 ? 0x40 : i % 3 == 1 ? 0x01 : message[0]);
            }

            if (client.Handle(message, default, out int at, out int length, out _) == TurnInput.Packet)
            {
                Assert.InRange(at + length, 4, message.Length);
            }
        }

        Assert.Equal(TurnState.Allocating, client.State);
    }

    [Theory]
    [InlineData(new byte[] { 0x40, 0, 0, 5, 1, 2, 3, 4, 5, 0, 0, 0, 0x40 }, 12)]
    [InlineData(new byte[] { 0x40, 0, 0, 5, 1, 2, 3, 4, 5, 0, 0 }, 0)]
    [InlineData(new byte[] { 1, 1 }, 0)]
    [InlineData(new byte[] { 1, 1, 0xFF, 0xFF }, -1)]
    [InlineData(new byte[] { 0x16, 3, 3, 0, 1 }, -1)]
    public void A_stream_is_cut_where_its_headers_say(byte[] bytes, int measured) => Assert.Equal(measured, TurnFraming.Measure(bytes));

    [Theory]
    [InlineData("turn:relay.example.org", "relay.example.org", 3478, false, false)]
    [InlineData("turn:10.0.0.1:99?transport=udp", "10.0.0.1", 99, false, false)]
    [InlineData("turn:[2001:db8::1]:99?transport=tcp", "2001:db8::1", 99, true, false)]
    [InlineData("turns:relay.example.org:443?transport=tcp", "relay.example.org", 443, true, true)]
    [InlineData("turns:[2001:db8::1]", "2001:db8::1", 5349, true, true)]
    public void An_address_names_host_port_and_transport(string text, string host, int port, bool stream, bool tls) =>
        Assert.Equal(new RelayUri(host, (ushort)port, stream, tls), RelayUri.Parse(text));

    [Theory]
    [InlineData("stun:relay.example.org")]
    [InlineData("turns:relay.example.org?transport=udp")]
    [InlineData("turn:")]
    [InlineData("turn:host:70000")]
    [InlineData("turn:host?transport=sctp")]
    public void Anything_else_is_no_relay(string text) => Assert.Null(RelayUri.Parse(text));

    private static TurnClient Client(string password, string username) => new(username, password, stream: false, new SystemRandom());

    private static Socket Open()
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 5000 };
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private static void Exchange(TurnClient client, Socket socket, Func<bool> done)
    {
        Span<byte> message = stackalloc byte[1500];
        for (int round = 0; !done(); round++)
        {
            Assert.True(round < 20, "the relay and the client do not come to an end");
            while (client.TryTake(Instant.FromMilliseconds(round), message, out int length))
            {
                socket.Send(message[..length]);
            }

            int read = socket.Receive(message);
            client.Handle(message[..read], Instant.FromMilliseconds(round), out _, out _, out _);
        }
    }

    /// <summary>A server in virtual time: asks for credentials, and then grants everything for ten minutes.</summary>
    private sealed class Script
    {
        private Instant _now;

        // MD5("name:realm:secret")
        public byte[] Key { get; init; } =
#pragma warning disable CA5351 // RFC 8489 §9.2.2
            System.Security.Cryptography.MD5.HashData("name:realm:secret"u8);
#pragma warning restore CA5351

        public bool StaleForEver { get; set; }

        public List<(double Minute, StunMethod Method)> Run(TurnClient client, TimeSpan duration)
        {
            List<(double, StunMethod)> asked = [];
            Span<byte> message = stackalloc byte[1500], answer = stackalloc byte[1500];
            Instant end = _now + duration;
            while (_now <= end)
            {
                while (client.TryTake(_now, message, out int length))
                {
                    Assert.Equal(StunParse.Ok, StunMessage.TryParse(message[..length], out StunMessage request));
                    asked.Add((Math.Round(_now.Milliseconds / 60_000, 3), request.Method));
                    length = Answer(request, answer);
                    client.Handle(answer[..length], _now, out _, out _, out _);
                }

                _now = client.NextTimeout;
            }

            _now = end;
            return asked;
        }

        private int Answer(in StunMessage request, Span<byte> answer)
        {
            bool signed = request.HasIntegrity;
            StunWriter writer = new(answer, signed && !StaleForEver ? StunClass.Success : StunClass.Error, request.Method, request.TransactionId);
            if (!signed || StaleForEver)
            {
                writer.AddErrorCode(signed ? 438 : 401, "again"u8);
                writer.Add(TurnMessage.Realm, "realm"u8);
                writer.Add(TurnMessage.Nonce, "nonce"u8);
                return writer.Length;
            }

            Span<byte> address = stackalloc byte[20];
            writer.Add(TurnMessage.Lifetime, [0, 0, 2, 88]); // 600 s
            writer.Add(TurnMessage.XorRelayedAddress, address[..TurnMessage.WriteAddress(Peer, request.TransactionId, address)]);
            writer.AddMessageIntegrity(Key);
            return writer.Length;
        }
    }
}
