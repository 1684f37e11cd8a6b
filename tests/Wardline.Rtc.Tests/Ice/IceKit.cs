using System.Net;
using System.Text;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Stun;

namespace Wardline.Rtc.Tests.Ice;

/// <summary>The other side of a lite agent: a browser's checks, made with our own writer.</summary>
internal sealed class IceKit : IRandomSource
{
    public static readonly IceCredentials Peer = new("gcHZ", "vCRqq7EhZEpYn4auOEleAvSz");
    public static readonly TransportAddress Home = Address("192.0.2.10", 40000);
    public static readonly TransportAddress Mobile = Address("198.51.100.7", 50000);

    private readonly Random _random;
    private readonly byte[] _response = new byte[IceLiteAgent.MaxResponseBytes];

    public IceKit(int seed = 1, IceOptions? options = null)
    {
        _random = new Random(seed);
        Agent = new IceLiteAgent(IceCredentials.Create(this), options ?? IceOptions.Default);
    }

    public IceLiteAgent Agent { get; }

    public Instant Now { get; private set; } = Instant.FromMilliseconds(1000);

    /// <summary>The response to the last check, empty when there was none.</summary>
    public byte[] Response { get; private set; } = [];

    public static TransportAddress Address(string ip, int port, TransportProtocol protocol = TransportProtocol.Udp, uint connection = 0) =>
        TransportAddress.From(new IPEndPoint(IPAddress.Parse(ip), port), protocol, connection);

    public void Fill(Span<byte> destination) => _random.NextBytes(destination);

    public void Wait(double milliseconds) => Now += TimeSpan.FromMilliseconds(milliseconds);

    /// <summary>One check as Chromium writes it.</summary>
    public byte[] Check(IceCredentials local, IceCredentials remote, bool nominate = false, string? password = null, Action<Builder>? change = null)
    {
        Builder builder = new()
        {
            Username = $"{local.Ufrag}:{remote.Ufrag}",
            Password = password ?? local.Password,
            Nominate = nominate,
        };
        change?.Invoke(builder);
        byte[] id = new byte[12];
        Fill(id);
        return builder.Build(id);
    }

    public IceOutcome Send(byte[] check, in TransportAddress from)
    {
        IceOutcome outcome = Agent.Handle(check, from, Now, _response, out int length);
        Response = _response[..length];
        return outcome;
    }

    public IceOutcome Send(in TransportAddress from, bool nominate = false, Action<Builder>? change = null) =>
        Send(Check(Agent.Local, Agent.Remote ?? Peer, nominate, null, change), from);

    internal sealed class Builder
    {
        public string? Username { get; set; }

        public string? Password { get; set; }

        public bool Nominate { get; set; }

        public uint? Priority { get; set; } = 1853824767;

        public bool Controlled { get; set; }

        public bool Fingerprint { get; set; } = true;

        public StunClass Class { get; set; } = StunClass.Request;

        public ushort[] ExtraAttributes { get; set; } = [];

        /// <summary>Put behind MESSAGE-INTEGRITY, where anybody on the way could have put it.</summary>
        public bool NominateUnauthenticated { get; set; }

        public byte[] Build(byte[] id)
        {
            byte[] buffer = new byte[400];
            StunWriter writer = new(buffer, Class, StunMethod.Binding, id);
            if (Username is not null)
            {
                writer.AddUsername(Encoding.ASCII.GetBytes(Username));
            }

            if (Controlled)
            {
                writer.AddIceControlled(77);
            }
            else
            {
                writer.AddIceControlling(77);
            }

            if (Nominate)
            {
                writer.AddUseCandidate();
            }

            if (Priority is { } priority)
            {
                writer.AddPriority(priority);
            }

            foreach (ushort type in ExtraAttributes)
            {
                writer.Add((StunAttribute)type, "xyz"u8);
            }

            if (Password is not null)
            {
                writer.AddMessageIntegrity(Encoding.ASCII.GetBytes(Password));
            }

            if (NominateUnauthenticated)
            {
                writer.AddUseCandidate();
            }

            if (Fingerprint)
            {
                writer.AddFingerprint();
            }

            return buffer[..writer.Length];
        }
    }
}
