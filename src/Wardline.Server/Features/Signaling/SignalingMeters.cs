using System.Diagnostics.Metrics;
using Wardline.Server.Platform;

namespace Wardline.Server.Features.Signaling;

internal sealed class SignalingMeters
{
    private readonly Counter<long> _joins;
    private readonly UpDownCounter<long> _sessions;
    private readonly UpDownCounter<long> _sockets;
    private readonly Counter<long> _closed;
    private readonly Counter<long> _refused;

    public SignalingMeters(IMeterFactory factory)
    {
        Meter meter = factory.Create(Telemetry.MeterName);
        _joins = meter.CreateCounter<long>("wardline.signaling.joins", description: "Sockets that said hello");
        _sessions = meter.CreateUpDownCounter<long>("wardline.signaling.sessions", description: "Live visits");
        _sockets = meter.CreateUpDownCounter<long>("wardline.signaling.sockets", description: "Open signaling sockets");
        _closed = meter.CreateCounter<long>("wardline.signaling.closed", description: "Sockets that ended, by reason");
        _refused = meter.CreateCounter<long>("wardline.signaling.refused", description: "Messages and upgrades refused, by code");
    }

    public void Joined(bool resumed) => _joins.Add(1, new KeyValuePair<string, object?>("resumed", resumed));

    public void Sessions(int change) => _sessions.Add(change);

    public void Sockets(int change) => _sockets.Add(change);

    public void Closed(string why) => _closed.Add(1, new KeyValuePair<string, object?>("reason", why));

    public void Refused(string code) => _refused.Add(1, new KeyValuePair<string, object?>("code", code));
}
