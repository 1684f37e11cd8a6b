using System.Diagnostics.Metrics;
using System.Text.Json;
using Wardline.Sfu;

namespace Wardline.Media;

/// <summary>The media counters as instruments of the meter <c>Wardline.Media</c>; read when somebody collects.</summary>
internal sealed class MediaMeter : IDisposable
{
    public const string Name = "Wardline.Media";

    // UnknownSsrc is unknown-ssrc: names that operators build alerts on, listed in docs/how-to/telemetry.md.
    private static readonly string[] SessionReasons = [.. Enum.GetValues<DropReason>().Select(r => JsonNamingPolicy.KebabCaseLower.ConvertName(r.ToString()))];

    private readonly Meter _meter = new(Name);

    public MediaMeter(Func<MediaCounters> snapshot)
    {
        Total("wardline.media.received.datagrams", "{datagram}", c => c.DatagramsReceived);
        Total("wardline.media.received.bytes", "By", c => c.BytesReceived);
        Total("wardline.media.received.batches", "{batch}", c => c.Batches);
        Total("wardline.media.sent.packets", "{packet}", c => c.PacketsSent);
        Total("wardline.media.sent.bytes", "By", c => c.BytesSent);
        Total("wardline.media.sent.messages", "{message}", c => c.MessagesSent);
        Total("wardline.media.offload.refused", "{message}", c => c.OffloadRefused);
        Total("wardline.media.tcp.accepted", "{connection}", c => c.TcpAccepted);
        Total("wardline.media.sessions.faulted", "{session}", c => c.SessionsFaulted);
        Total("wardline.media.events.dropped", "{event}", c => c.EventsDropped);
        _meter.CreateObservableCounter("wardline.media.dropped", () => Dropped(snapshot()), "{packet}", "Packets dropped before or after a session saw them, by reason");
        _meter.CreateObservableCounter("wardline.media.tcp.closed", () => Closed(snapshot()), "{connection}", "TCP connections refused or closed by us, by reason");
        Now("wardline.media.sessions", "{session}", c => c.Sessions);
        Now("wardline.media.participants", "{participant}", c => c.Participants);
        Now("wardline.media.addresses", "{address}", c => c.Addresses);
        Now("wardline.media.tcp.connections", "{connection}", c => c.TcpConnections);
        Now("wardline.media.offload.workers", "{worker}", c => c.WorkersSegmenting);

        void Total(string name, string unit, Func<MediaCounters, long> read) => _meter.CreateObservableCounter(name, () => read(snapshot()), unit);
        void Now(string name, string unit, Func<MediaCounters, long> read) => _meter.CreateObservableUpDownCounter(name, () => read(snapshot()), unit);
    }

    public void Dispose() => _meter.Dispose();

    private static Measurement<long>[] Dropped(MediaCounters c) =>
    [
        Because("kernel", c.PacketsRefusedByKernel),
        Because("connection-gone", c.PacketsWithoutConnection),
        Because("truncated", c.Truncated),
        Because("unknown-address", c.UnknownAddress),
        Because("unknown-ufrag", c.UnknownUfrag),
        Because("check-budget", c.ChecksOverBudget),
        Because("over-rate", c.OverRate),
        Because("slow-reader", c.TcpQueueFull),
        .. SessionReasons.Select((reason, i) => Because(reason, c.SessionDrops[(DropReason)i])),
    ];

    private static Measurement<long>[] Closed(MediaCounters c) =>
    [
        Because("bound", c.TcpRefused),
        Because("bad-frame", c.TcpBadFrame),
        Because("unexpected", c.TcpUnexpected),
        Because("timed-out", c.TcpTimedOut),
    ];

    private static Measurement<long> Because(string reason, long value) => new(value, new KeyValuePair<string, object?>("reason", reason));
}
