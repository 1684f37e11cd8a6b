using Wardline.Media.Loops;
using Wardline.Rtc.Dtls;
using Wardline.Rtc.Srtp;
using Wardline.Rtc;
using Wardline.Sfu;
using Wardline.Sockets;

namespace Wardline.Media.Tests.Hostile;

/// <summary>A real SFU session on a real engine, of which a test also sees why each packet was dropped.</summary>
internal sealed class Insight : IDisposable
{
    private readonly OpenSslDtls _dtls = MediaCertificate.Create(TimeProvider.System, static (certificate, key) => new OpenSslDtls(certificate, key));
    private readonly SfuSession _session;

    public Insight(MediaEngine engine)
    {
        _session = new SfuSession(new SfuSessionOptions(), _dtls, new SystemRandom());
        Session = engine.OpenSession(() => new SfuCore(_session));
    }

    public MediaSession Session { get; }

    /// <summary>Rising 64-bit numbers, so that reading them beside the worker is fine.</summary>
    public SfuCounters Sfu => _session.Counters;

    /// <summary>Why packets of the session were dropped up to now.</summary>
    public DropCounts Drops => Session.ReadDropsAsync(default).GetAwaiter().GetResult();

    public SrtpCounters Srtp(ParticipantId id) => Transport(id).Received!;

    /// <summary>As it is now; its counters go on rising.</summary>
    public TransportReport Transport(ParticipantId id) => Session.ReportOnAsync(id, default).GetAwaiter().GetResult()!;

    public void Dispose() => _dtls.Dispose();
}
