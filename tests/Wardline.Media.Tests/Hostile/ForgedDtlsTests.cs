using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Wardline.Rtc;
using Wardline.Rtc.Dtls;
using Wardline.Sfu;

namespace Wardline.Media.Tests.Hostile;

/// <summary>DTLS that is not the peer's: into a running call, and from thousands of addresses.</summary>
public sealed class ForgedDtlsTests
{
    // RFC 6347 §4.1: type, version, epoch (2), sequence number (6), length (2); then level and description.
    private static ReadOnlySpan<byte> CloseNotify => [21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 1, 0];

    private static ReadOnlySpan<byte> FatalAlert => [21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 10, 0, 2, 2, 40];

    [Fact]
    public async Task Forged_alerts_new_hellos_and_garbage_from_the_persons_own_address_leave_the_call_as_it_was()
    {
        await using Call call = await Call.StartAsync();
        Random random = new(4);
        byte[][] hello = ClientHello();
        byte[][] first = [.. call.Ada.Wiretap!.Where(d => d[0] is >= 20 and <= 63)];
        Assert.NotEmpty(first);
        TransportReport transport = call.Inside.Transport(call.Ada.Id);
        long dtls = transport.Counters.Dtls;
        (int answered, long malformed, long discarded, long said) = (call.Ada.Datagrams, transport.Dtls!.Malformed, transport.Dtls.Discarded, transport.Dtls.DatagramsOut);
        long sent = 0;
        long garbage = 0;
        int rounds = 0;
        call.Survives(() =>
        {
            Inject([.. CloseNotify]);
            Inject([.. FatalAlert]);
            Array.ForEach(hello, Inject);
            Array.ForEach(first, Inject); // the handshake of this very call, from its beginning

            // Under the key of the call, as far as the header says.
            byte[] @sealed = new byte[40];
            random.NextBytes(@sealed);
            CloseNotify[..13].CopyTo(@sealed);
            (@sealed[4], @sealed[12]) = (1, 27);
            Inject(@sealed);

            byte[] junk = new byte[random.Next(1, 1200)];
            random.NextBytes(junk);
            junk[0] = (byte)random.Next(20, 64);
            garbage++;
            Inject(junk);
            return ++rounds >= 60;
        });
        Assert.Equal(sent, transport.Counters.Dtls - dtls);
        Assert.InRange(transport.Dtls!.Malformed - malformed, garbage * 9 / 10, garbage);

        // What libssl threw away in silence is counted too: everything but what it had an answer to.
        Assert.InRange(sent - (transport.Dtls.Malformed - malformed) - (transport.Dtls.Discarded - discarded), 0, transport.Dtls.DatagramsOut - said);
        Assert.True(transport.Dtls.Discarded - discarded >= 3 * rounds);
        transport = call.Inside.Transport(call.Ada.Id);
        Assert.Equal((TransportState.Connected, TransportFailure.None), (transport.State, transport.Failure));
        Assert.Equal((DtlsState.Connected, DtlsState.Connected), (call.Ada.Dtls, call.Ben.Dtls));

        // An old handshake message of the peer's may be answered by the last flight (RFC 6347 §4.2.4), a stream of them not by a stream.
        Assert.InRange(transport.Dtls!.DatagramsOut, 1, 40);
        Assert.True(call.Ada.Datagrams > answered);

        void Inject(byte[] datagram)
        {
            call.Ada.Socket.Send(datagram);
            sent++;
        }
    }

    [Fact]
    public async Task Handshakes_from_thousands_of_addresses_cost_a_look_up_each_and_no_memory()
    {
        await using Call call = await Call.StartAsync();
        byte[][] hello = ClientHello();
        Random random = new(5);
        HashSet<string> addresses = [];
        long before = call.Engine.Snapshot().UnknownAddress;
        long memory = GC.GetTotalMemory(forceFullCollection: true);
        long resident = ResidentBytes();
        long sent = 0;
        call.Survives(() =>
        {
            for (int i = 0; i < 20; i++)
            {
                string address = $"127.{random.Next(1, 255)}.{random.Next(1, 255)}.{random.Next(1, 255)}";
                addresses.Add(address);
                using Socket attacker = call.Stranger(address);
                foreach (byte[] datagram in hello)
                {
                    attacker.Send(datagram);
                    sent++;
                }

                Assert.Equal(0, attacker.Available);
            }

            return addresses.Count >= 3000;
        });
        Assert.Equal(sent, call.Engine.Snapshot().UnknownAddress - before);
        Assert.Equal(2, call.Engine.Snapshot().Addresses);
        call.Ada.Wiretap = null;
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - memory, long.MinValue, 4 << 20);
        Assert.InRange(ResidentBytes() - resident, long.MinValue, 64 << 20); // libssl's memory is not the collector's
    }

    private static long ResidentBytes()
    {
        using Process self = Process.GetCurrentProcess();
        return self.WorkingSet64;
    }

    private static byte[][] ClientHello()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = new CertificateRequest("CN=eve", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        using OpenSslDtls factory = new(certificate.RawData, key.ExportECPrivateKey());
        using IDtlsEngine client = factory.CreateClient();
        Assert.True(DtlsFingerprint.TryParse("sha-256", string.Join(':', Enumerable.Repeat("AA", 32)), out DtlsFingerprint anybody));
        client.ExpectPeer(anybody);
        client.Start(new Instant(0));
        List<byte[]> flight = [];
        byte[] datagram = new byte[2048];
        while (client.TryTake(datagram, out int length))
        {
            flight.Add(datagram[..length]);
        }

        Assert.NotEmpty(flight);
        return [.. flight];
    }
}
