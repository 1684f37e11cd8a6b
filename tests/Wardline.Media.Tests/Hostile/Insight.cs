using System.Collections;
using System.Reflection;
using Wardline.Media.Loops;
using Wardline.Rtc;
using Wardline.Rtc.Dtls;
using Wardline.Rtc.Srtp;
using Wardline.Sfu;

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

    public SrtpCounters Srtp(ParticipantId id) => Transport(id).Received!;

    // The SFU keeps its transports to itself, as it should; their counters are what these tests are about.
    public RtcTransport Transport(ParticipantId id)
    {
        IEnumerable participants = (IEnumerable)typeof(SfuSession).GetField("_participants", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(_session)!;
        object participant = participants.Cast<object>().Single(p => id.Equals(Read<ParticipantId>(p, "Id")));
        return Read<RtcTransport>(participant, "Transport");

        static T Read<T>(object of, string name) => (T)of.GetType().GetProperty(name)!.GetValue(of)!;
    }

    public void Dispose() => _dtls.Dispose();
}
