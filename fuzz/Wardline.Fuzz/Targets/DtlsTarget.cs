using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Wardline.Fuzz.Running;
using Wardline.Rtc;
using Wardline.Rtc.Dtls;

namespace Wardline.Fuzz.Targets;

internal static class Certificates
{
    /// <summary>An engine with a certificate of its own, made now: none is kept anywhere.</summary>
    public static OpenSslDtls NewFactory()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=fuzz", key, HashAlgorithmName.SHA256);
        DateTimeOffset start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        using X509Certificate2 certificate = request.CreateSelfSigned(start, start.AddYears(100));
        return new OpenSslDtls(certificate.RawData, key.ExportECPrivateKey());
    }
}

/// <summary>
/// The wrapper around OpenSSL, with a new server for every input of several datagrams: it never gets to keys, its
/// outgoing datagrams fit a slot, and its queue and its timers stay bounded.
/// </summary>
internal sealed class DtlsTarget : IFuzzTarget
{
    private readonly OpenSslDtls _factory = Certificates.NewFactory();
    private readonly byte[] _out = new byte[PacketTrains.SlotBytes];
    private readonly List<byte[]> _seeds;

    public DtlsTarget()
    {
        // A client's first flight, and what it says after the server's answer.
        using OpenSslDtls clients = Certificates.NewFactory();
        using IDtlsEngine client = clients.CreateClient();
        using IDtlsEngine server = _factory.CreateServer();
        client.ExpectPeer(_factory.Fingerprint);
        server.ExpectPeer(clients.Fingerprint);
        client.Start(new Instant(0));
        List<byte[]> first = Take(client);
        first.ForEach(d => server.Handle(d, new Instant(0)));
        List<byte[]> answer = Take(server);
        answer.ForEach(d => client.Handle(d, new Instant(0)));
        List<byte[]> second = Take(client);
        _seeds =
        [
            Datagrams.Join(first),
            Datagrams.Join([.. first, .. second]),
            Datagrams.Join([.. second, .. first, .. first]),
            Datagrams.Join(answer),
            Datagrams.Join([.. first, [21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40]]),
        ];
    }

    public string Name => "dtls";

    public int MaxBytes => 8 * 1024;

    // An engine a run.
    public long AllocationBudget => 256 * 1024;

    public IEnumerable<byte[]> Seeds => _seeds;

    public IEnumerable<byte[]> Dictionary =>
    [
        [20, 254, 253], [21, 254, 253], [22, 254, 255], [22, 254, 253], [23, 254, 253], [25, 254, 253], [0, 14, 0, 9], [0, 10, 0, 4], [0x11, 0xEC],
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        using IDtlsEngine server = _factory.CreateServer();
        server.ExpectPeer(new DtlsFingerprint(DtlsFingerprint.Sha256, "00"));
        Instant now = new(0);
        int sent = 0, received = 0;
        for (Datagrams datagrams = new(input); datagrams.MoveNext(); now += TimeSpan.FromMilliseconds(150))
        {
            server.Handle(datagrams.Current, now);
            server.HandleTimeout(now);
            received++;
            sent += Drain(server);
        }

        for (int i = 0; i < 4 && server.NextTimeout != Instant.Never; i++)
        {
            server.HandleTimeout(server.NextTimeout);
            sent += Drain(server);
        }

        Promise.Hold(server.State is not DtlsState.Connected && server.Profile is null, "Nobody has the certificate that is expected.");
        Promise.Hold(sent <= 32 * (received + 4), "What goes out stays in proportion to what came in.");
    }

    private int Drain(IDtlsEngine engine)
    {
        int count = 0;
        while (engine.TryTake(_out, out int length))
        {
            Promise.Hold(length is > 0 and <= PacketTrains.SlotBytes, "A datagram fits a slot.");
            count++;
        }

        return count;
    }

    private List<byte[]> Take(IDtlsEngine engine)
    {
        List<byte[]> taken = [];
        while (engine.TryTake(_out, out int length))
        {
            taken.Add(_out[..length]);
        }

        return taken;
    }
}
