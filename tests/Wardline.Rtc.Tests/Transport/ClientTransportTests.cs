using Wardline.Netem;
using Wardline.Rtc.Dtls;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Srtp;
using Wardline.Rtc.Tests.Dtls;
using Wardline.Rtc.Tests.Srtp;

namespace Wardline.Rtc.Tests.Transport;

/// <summary>The client's transport against the server's, over emulated links in virtual time.</summary>
public sealed class ClientTransportTests
{
    private static readonly LinkConditions s_link = new() { Delay = TimeSpan.FromMilliseconds(20) };

    [Fact]
    public void Checks_a_handshake_and_media_both_ways()
    {
        using Ends ends = new(s_link);
        ends.Run(400);
        Assert.Equal(TransportState.Connected, ends.Client.State);
        Assert.Equal(TransportState.Connected, ends.Server.State);
        Assert.Equal(SrtpProfile.AeadAes256Gcm, ends.Client.Profile);
        Assert.Equal("DTLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384", ends.Client.DtlsDescription);

        byte[] media = SrtpKit.Rtp(1, 50)[..^16];
        byte[] report = SrtpKit.Rtcp()[..^20];
        ends.SendFromClient(media, control: false);
        ends.SendFromClient(report, control: true);
        ends.SendFromServer(media, control: false);
        ends.SendFromServer(report, control: true);
        ends.Run(50);
        Assert.Equal([media, report], ends.AtServer);
        Assert.Equal([media, report], ends.AtClient);
        Assert.Equal((1, 1, 1, 1), (ends.Client.Counters.RtpOut, ends.Client.Counters.RtcpOut, ends.Client.Counters.RtpIn, ends.Client.Counters.RtcpIn));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_quarter_lost_only_delays_it(int seed)
    {
        using Ends ends = new(s_link with { Loss = LossModel.Random(0.25) }, (ulong)seed);
        ends.Run(15_000);
        Assert.Equal((TransportState.Connected, TransportState.Connected), (ends.Client.State, ends.Server.State));
    }

    [Fact]
    public void A_server_with_another_certificate_than_the_answer_named_gets_no_media()
    {
        using Ends ends = new(s_link, wrongFingerprint: true);
        ends.Run(2000);
        Assert.Equal(TransportState.Failed, ends.Client.State);
        Assert.Equal(TransportFailure.Dtls, ends.Client.Failure);
        Assert.Equal(DtlsFailure.Fingerprint, ends.Client.DtlsFailure);
        Assert.NotEqual(TransportState.Connected, ends.Server.State);
        Assert.Equal(Instant.Never, ends.Client.NextTimeout);
        Assert.False(ends.Client.TryReserve(ends.Output, out _));
    }

    [Fact]
    public void Another_certificate_in_a_later_answer_is_refused()
    {
        using Ends ends = new(s_link);
        ends.Run(400);
        using OpenSslDtls other = DtlsKit.CreateFactory(null);
        Assert.False(ends.Client.SetRemote(ends.Server.Ice.Local, other.Fingerprint));
        Assert.Equal(TransportState.Connected, ends.Client.State);
    }

    [Fact]
    public void What_comes_from_an_address_that_answered_no_check_is_dropped()
    {
        using Ends ends = new(s_link);
        ends.Run(400);
        TransportAddress stranger = TransportAddress.Udp([198, 51, 100, 66], 6666);
        byte[] dtls = new byte[40];
        dtls[0] = 22;
        byte[] rtp = new byte[60];
        rtp[0] = 0x80;
        Assert.Equal(TransportInput.Nothing, ends.Client.Handle(dtls, stranger, ends.Now, ends.Output, out _));
        Assert.Equal(TransportInput.Nothing, ends.Client.Handle(rtp, stranger, ends.Now, ends.Output, out _));
        Assert.Equal(TransportInput.Nothing, ends.Client.Handle(new byte[] { 77, 1 }, stranger, ends.Now, ends.Output, out _));
        Assert.Equal(1, ends.Client.Counters[TransportDrop.DtlsFromUnprovenAddress]);
        Assert.Equal(1, ends.Client.Counters[TransportDrop.MediaFromUnprovenAddress]);
        Assert.Equal(1, ends.Client.Counters[TransportDrop.UnknownKind]);
        Assert.Equal(TransportState.Connected, ends.Client.State);
    }

    [Fact]
    public void A_forged_packet_on_the_right_path_is_counted_and_ends_nothing()
    {
        using Ends ends = new(s_link);
        ends.Run(400);
        byte[] forged = SrtpKit.Rtp(1, 50);
        Assert.Equal(TransportInput.Nothing, ends.Client.Handle(forged, Ends.ServerAddress, ends.Now, ends.Output, out _));
        Assert.Equal(1, ends.Client.Counters[TransportDrop.MediaRefused]);
        Assert.Equal(TransportState.Connected, ends.Client.State);
    }

    [Fact]
    public void After_half_a_minute_of_silence_it_fails_and_a_restart_brings_it_back_without_a_handshake()
    {
        using Ends ends = new(s_link);
        ends.Run(400);
        ends.Cut = true;
        ends.Run(40_000);
        Assert.Equal((TransportState.Failed, TransportFailure.ConsentLost), (ends.Client.State, ends.Client.Failure));
        Assert.Equal((TransportState.Failed, TransportFailure.ConsentLost), (ends.Server.State, ends.Server.Failure));

        ends.Cut = false;
        long handshakes = ends.Client.Counters.Dtls;
        ends.Restart();
        ends.Run(200);
        Assert.Equal((TransportState.Connected, TransportState.Connected), (ends.Client.State, ends.Server.State));
        Assert.Equal(handshakes, ends.Client.Counters.Dtls);
        ends.SendFromServer(SrtpKit.Rtp(1, 50)[..^16], control: false);
        ends.Run(50);
        Assert.Single(ends.AtClient);
    }

    [Fact]
    public void Closing_tells_the_other_end()
    {
        using Ends ends = new(s_link);
        ends.Run(400);
        ends.Client.Close(ends.Output);
        ends.Run(50);
        Assert.Equal(TransportState.Closed, ends.Server.State);
    }

    private sealed class Ends : IDisposable
    {
        public static readonly TransportAddress ServerAddress = TransportAddress.Udp([192, 0, 2, 1], 7881);
        private static readonly TransportAddress s_clientAddress = TransportAddress.Udp([203, 0, 113, 5], 40_000);

        private readonly OpenSslDtls _serverFactory = DtlsKit.CreateFactory(null);
        private readonly OpenSslDtls _clientFactory = DtlsKit.CreateFactory(null);
        private readonly SeededRandom _random;
        private readonly Link _up;
        private readonly Link _down;
        private readonly PacketTrains _serverOutput = new(64);
        private readonly byte[] _buffer = new byte[Link.MaxDatagramBytes];

        public Ends(LinkConditions link, ulong seed = 1, bool wrongFingerprint = false)
        {
            _random = new SeededRandom(seed);
            _up = new Link(link, seed + 1);
            _down = new Link(link, seed + 2);
            Server = new RtcTransport(IceCredentials.Create(_random), _serverFactory, new RtcTransportOptions());
            Client = new ClientTransport(new IceAgent(IceCredentials.Create(_random), _random), _clientFactory, new RtcTransportOptions());
            Assert.True(Server.SetRemote(Client.Ice.Local, _clientFactory.Fingerprint));
            Assert.True(Client.SetRemote(Server.Ice.Local, (wrongFingerprint ? _clientFactory : _serverFactory).Fingerprint));
            Client.Ice.AddPath(ServerAddress, 200, Now);
        }

        public RtcTransport Server { get; }

        public ClientTransport Client { get; }

        public PacketTrains Output { get; } = new(64);

        public Instant Now { get; private set; } = Instant.FromMilliseconds(1000);

        public bool Cut { get; set; }

        public List<byte[]> AtServer { get; } = [];

        public List<byte[]> AtClient { get; } = [];

        public void Restart()
        {
            IceCredentials local = IceCredentials.Create(_random);
            IceCredentials remote = IceCredentials.Create(_random);
            Client.Ice.Restart(local);
            Server.RestartIce(remote, local);
            Assert.True(Client.SetRemote(remote, _serverFactory.Fingerprint));
            Client.Ice.AddPath(ServerAddress, 200, Now);
        }

        public void SendFromClient(byte[] plain, bool control)
        {
            Assert.True(Client.TryReserve(Output, out Span<byte> slot));
            plain.CopyTo(slot);
            Assert.True(control ? Client.TryCommitRtcp(Output, slot, plain.Length) : Client.TryCommitRtp(Output, slot, plain.Length));
        }

        public void SendFromServer(byte[] plain, bool control)
        {
            Assert.True(Server.TryReserve(_serverOutput, out Span<byte> slot));
            plain.CopyTo(slot);
            Assert.True(control ? Server.TryCommitRtcp(_serverOutput, slot, plain.Length) : Server.TryCommitRtp(_serverOutput, slot, plain.Length));
        }

        public void Run(int milliseconds)
        {
            for (int i = 0; i < milliseconds; i++, Now += TimeSpan.FromMilliseconds(1))
            {
                Step();
            }
        }

        public void Dispose()
        {
            Client.Dispose();
            Server.Dispose();
            _clientFactory.Dispose();
            _serverFactory.Dispose();
            Output.Dispose();
            _serverOutput.Dispose();
        }

        private void Step()
        {
            if (Now >= Client.NextTimeout)
            {
                Client.HandleTimeout(Now, Output);
            }

            if (Now >= Server.NextTimeout)
            {
                Server.HandleTimeout(Now, _serverOutput);
            }

            Flush(Output, _up);
            Flush(_serverOutput, _down);
            while (_up.TryDequeue(Now, _buffer, out int length))
            {
                Take(Server.Handle(_buffer.AsSpan(0, length), s_clientAddress, Now, _serverOutput, out int plain), plain, AtServer);
            }

            while (_down.TryDequeue(Now, _buffer, out int length))
            {
                Take(Client.Handle(_buffer.AsSpan(0, length), ServerAddress, Now, Output, out int plain), plain, AtClient);
            }
        }

        private void Take(TransportInput input, int length, List<byte[]> into)
        {
            if (input is TransportInput.Rtp or TransportInput.Rtcp)
            {
                into.Add(_buffer[..length]);
            }
        }

        private void Flush(PacketTrains output, Link link)
        {
            foreach (PacketTrains.Packet packet in output.Packets)
            {
                if (!Cut)
                {
                    link.Enqueue(output.Bytes(packet), Now);
                }
            }

            output.Clear();
        }
    }
}
