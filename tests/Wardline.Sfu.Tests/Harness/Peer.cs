using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Wardline.Netem;
using Wardline.Rtc;
using Wardline.Rtc.Dtls;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Srtp;
using Wardline.Rtc.Stun;

namespace Wardline.Sfu.Tests.Harness;

/// <summary>
/// The transport of one simulated browser: real checks, a real DTLS handshake, real SRTP. What it sends leaves through
/// <see cref="Send"/>, plain packets that it receives go to <see cref="OnRtp"/> and <see cref="OnRtcp"/>.
/// </summary>
internal sealed class Peer : IDisposable
{
    private readonly OpenSslDtls _factory;
    private readonly IDtlsEngine _dtls;
    private readonly SeededRandom _random;
    private readonly byte[] _buffer = new byte[2048];
    private SrtpSender? _sender;
    private SrtpReceiver? _receiver;

    public Peer(int number)
    {
        Id = new ParticipantId(number);
        _random = new SeededRandom((ulong)number * 7919);
        _factory = CreateFactory();
        _dtls = _factory.CreateClient();
        Address = AddressOf(number, 40000);
        Ice = NewIce();
    }

    public ParticipantId Id { get; }

    public TransportAddress Address { get; set; }

    public IceCredentials Ice { get; set; }

    public IceCredentials Server { get; set; }

    public DtlsFingerprint Fingerprint => _factory.Fingerprint;

    public bool IsConnected => _sender is not null;

    public required Action<byte[]> Send { get; init; }

    /// <summary>Success responses to <see cref="Check"/> that have come.</summary>
    public int ChecksAnswered { get; private set; }

    public Action<byte[], Instant>? OnRtp { get; set; }

    public Action<byte[], Instant>? OnRtcp { get; set; }

    public Instant NextTimeout => _dtls.NextTimeout;

    public static TransportAddress AddressOf(int number, int port) =>
        TransportAddress.From(new IPEndPoint(new IPAddress(new byte[] { 192, 0, 2, (byte)number }), port));

    public static OpenSslDtls CreateFactory()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        return new OpenSslDtls(certificate.RawData, key.ExportECPrivateKey());
    }

    public IceCredentials NewIce() => IceCredentials.Create(_random);

    /// <summary>One check as a controlling browser sends it; also its consent check.</summary>
    public void Check()
    {
        byte[] buffer = new byte[256];
        byte[] id = new byte[12];
        _random.Fill(id);
        StunWriter writer = new(buffer, StunClass.Request, StunMethod.Binding, id);
        writer.AddUsername(Encoding.ASCII.GetBytes($"{Server.Ufrag}:{Ice.Ufrag}"));
        writer.AddIceControlling(77);
        writer.AddUseCandidate();
        writer.AddPriority(1853824767);
        writer.AddMessageIntegrity(Encoding.ASCII.GetBytes(Server.Password));
        writer.AddFingerprint();
        Send(buffer[..writer.Length]);
    }

    public void StartDtls(Instant now)
    {
        _dtls.Start(now);
        Drain();
    }

    public void HandleTimeout(Instant now)
    {
        if (_dtls.NextTimeout <= now)
        {
            _dtls.HandleTimeout(now);
            Drain();
        }
    }

    public void Receive(byte[] datagram, Instant now)
    {
        if (datagram[0] == 1 && datagram[1] == 1)
        {
            // RFC 8489 §5: binding, success.
            ChecksAnswered++;
        }
        else if (datagram[0] is >= 20 and <= 63)
        {
            _dtls.Handle(datagram, now);
            Drain();
            if (_dtls.State == DtlsState.Connected && _sender is null)
            {
                InstallKeys();
            }
        }
        else if (datagram[0] is >= 128 and <= 191 && _receiver is not null)
        {
            bool rtcp = datagram[1] is >= 192 and <= 223;
            if (rtcp ? _receiver.TryUnprotectRtcp(datagram, out int length) : _receiver.TryUnprotectRtp(datagram, out length))
            {
                (rtcp ? OnRtcp : OnRtp)?.Invoke(datagram[..length], now);
            }
        }
    }

    public void SendRtp(ReadOnlySpan<byte> plain)
    {
        plain.CopyTo(_buffer);
        Send(_buffer[..Protect(_buffer, plain.Length)]);
    }

    public void SendRtcp(ReadOnlySpan<byte> plain)
    {
        plain.CopyTo(_buffer);
        Assert.True(_sender!.TryProtectRtcp(_buffer, plain.Length, out int length));
        Send(_buffer[..length]);
    }

    /// <summary>Seals without sending and without allocating: for the test that counts bytes.</summary>
    public int Protect(Span<byte> buffer, int plainLength)
    {
        Assert.True(_sender!.TryProtectRtp(buffer, plainLength, out int length));
        return length;
    }

    public void Dispose()
    {
        _sender?.Dispose();
        _receiver?.Dispose();
        _dtls.Dispose();
        _factory.Dispose();
    }

    private void Drain()
    {
        while (_dtls.TryTake(_buffer, out int length))
        {
            Send(_buffer[..length]);
        }
    }

    private void InstallKeys()
    {
        byte[] exported = new byte[_dtls.Profile!.Value.ExportedBytes()];
        _dtls.ExportKeyingMaterial(exported);
        using SrtpMasterKeys keys = new(_dtls.Profile.Value, exported);
        _sender = keys.CreateSender(asClient: true);
        _receiver = keys.CreateReceiver(fromClient: false, maxStreams: 4096);
    }
}
