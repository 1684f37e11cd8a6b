using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Wardline.Rtc.Dtls;

namespace Wardline.Rtc.Tests.Dtls;

/// <summary>A client and a server with a network between them that does what a test says, in virtual time.</summary>
internal sealed class DtlsKit : IDisposable
{
    // A factory is one certificate and one set of rules, for as many associations as the process has.
    private static readonly ConcurrentDictionary<(DtlsOptions? Options, bool Server), OpenSslDtls> Factories = new();

    public static readonly Instant Start = Instant.FromMilliseconds(1000);

    private readonly PriorityQueue<(byte[] Datagram, bool ToServer), (long At, int Order)> _air = new();
    private readonly byte[] _buffer = new byte[2048];
    private int _order;

    public DtlsKit(DtlsOptions? server = null, DtlsOptions? client = null, bool expect = true)
    {
        ServerFactory = Factories.GetOrAdd((server, true), key => CreateFactory(key.Options));
        ClientFactory = Factories.GetOrAdd((client, false), key => CreateFactory(key.Options));
        Server = (OpenSslDtlsEngine)ServerFactory.CreateServer();
        Client = (OpenSslDtlsEngine)ClientFactory.CreateClient();
        if (expect)
        {
            Server.ExpectPeer(ClientFactory.Fingerprint);
            Client.ExpectPeer(ServerFactory.Fingerprint);
        }
    }

    public OpenSslDtls ServerFactory { get; }

    public OpenSslDtls ClientFactory { get; }

    public OpenSslDtlsEngine Server { get; }

    public OpenSslDtlsEngine Client { get; }

    public Instant Now { get; set; } = Start;

    /// <summary>Every datagram that was sent, in order: who to, and the bytes.</summary>
    public List<(bool ToServer, byte[] Bytes)> Sent { get; } = [];

    /// <summary>
    /// What becomes of the n-th datagram (from 0): the delays in milliseconds at which copies arrive. Empty: lost.
    /// </summary>
    public Func<int, byte[], double[]> Network { get; set; } = (_, _) => [10];

    public static OpenSslDtls CreateFactory(DtlsOptions? options = null)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = SelfSign(new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256));
        return new OpenSslDtls(certificate.RawData, key.ExportECPrivateKey(), options);
    }

    public static X509Certificate2 SelfSign(CertificateRequest request) =>
        request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));

    /// <summary>Runs until nothing more can happen or <paramref name="milliseconds"/> of virtual time are over.</summary>
    public void Run(double milliseconds = 60_000)
    {
        Instant end = Now + TimeSpan.FromMilliseconds(milliseconds);
        Client.Start(Now);
        Drain();
        while (true)
        {
            Instant next = Instant.Min(Server.NextTimeout, Client.NextTimeout);
            if (_air.TryPeek(out _, out (long At, int Order) arrival))
            {
                next = Instant.Min(next, new Instant(arrival.At));
            }

            if (next == Instant.Never || next > end)
            {
                Now = end;
                return;
            }

            Now = next > Now ? next : Now;
            while (_air.TryPeek(out _, out arrival) && arrival.At <= Now.Microseconds)
            {
                (byte[] datagram, bool toServer) = _air.Dequeue();
                (toServer ? Server : Client).Handle(datagram, Now);
                Drain();
            }

            Server.HandleTimeout(Now);
            Client.HandleTimeout(Now);
            Drain();
        }
    }

    public void Inject(byte[] datagram, bool toServer)
    {
        (toServer ? Server : Client).Handle(datagram, Now);
        Drain();
    }

    public void Drain()
    {
        while (Client.TryTake(_buffer, out int length))
        {
            Send(_buffer[..length], toServer: true);
        }

        while (Server.TryTake(_buffer, out int length))
        {
            Send(_buffer[..length], toServer: false);
        }
    }

    public void AssertConnected()
    {
        Assert.Equal((DtlsState.Connected, DtlsFailure.None, ""), (Server.State, Server.Failure, Server.FailureText));
        Assert.Equal((DtlsState.Connected, DtlsFailure.None, ""), (Client.State, Client.Failure, Client.FailureText));
        byte[] ours = new byte[88];
        byte[] theirs = new byte[88];
        Server.ExportKeyingMaterial(ours);
        Client.ExportKeyingMaterial(theirs);
        Assert.Equal(theirs, ours);
        Assert.Equal(0, Server.Counters.UnevenFlights + Client.Counters.UnevenFlights);
    }

    public void Dispose()
    {
        Server.Dispose();
        Client.Dispose();
    }

    private void Send(byte[] datagram, bool toServer)
    {
        int number = Sent.Count;
        Sent.Add((toServer, datagram));
        foreach (double delay in Network(number, datagram))
        {
            _air.Enqueue((datagram, toServer), ((Now + TimeSpan.FromMilliseconds(delay)).Microseconds, _order++));
        }
    }
}
