using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Wardline.Client.Peer;
using Wardline.Rtc.Dtls;

namespace Wardline.Client;

/// <summary>
/// The threads that carry the media of any number of participants of this process. One with a single loop is made for a
/// participant that is given none.
/// </summary>
public sealed class ClientEngine : IDisposable
{
    // RFC 8827 §6.5 wants certificates to live less than a year; this one lives as long as the process.
    private static readonly TimeSpan s_certificateLifetime = TimeSpan.FromDays(30);

    private readonly OpenSslDtls _dtls = CreateDtls();
    private readonly PeerLoop[] _loops;
    private int _next = -1;

    /// <param name="loops">Threads, 1 to 64. One carries some hundred participants with media.</param>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than one, or more than 64.</exception>
    public ClientEngine(int loops = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(loops);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(loops, 64);
        _loops = [.. Enumerable.Range(0, loops).Select(n => new PeerLoop(_dtls, n))];
    }

    /// <summary>Datagrams that the kernel did not take from any participant.</summary>
    public long RefusedDatagrams => _loops.Sum(l => l.Refused);

    internal PeerLoop NextLoop() => _loops[(uint)Interlocked.Increment(ref _next) % (uint)_loops.Length];

    public void Dispose()
    {
        foreach (PeerLoop loop in _loops)
        {
            loop.Dispose();
        }

        _dtls.Dispose();
    }

    private static OpenSslDtls CreateDtls()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using X509Certificate2 certificate = new CertificateRequest("CN=webrtc", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now + s_certificateLifetime);
        byte[] secret = key.ExportECPrivateKey();
        try
        {
            return new OpenSslDtls(certificate.RawData, secret);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }
}
