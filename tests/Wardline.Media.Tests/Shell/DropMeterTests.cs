using System.Diagnostics.Metrics;
using Wardline.Media.Loops;
using Wardline.Rtc.Dtls;
using Wardline.Sfu;
using Wardline.Sockets;

namespace Wardline.Media.Tests.Shell;

/// <summary>From a number inside a session to the operator's telemetry.</summary>
public sealed class DropMeterTests
{
    [Fact]
    public async Task What_live_and_ended_sessions_dropped_is_summed_and_never_falls()
    {
        await using MediaEngine engine = Engines.Start();
        PlainCore first = new() { Drops = 5 };
        MediaSession session = engine.OpenSession(() => first);
        using PlainPeer a = await PlainPeer.JoinAsync(engine, session);
        Engines.Eventually(() => Seen() == 5, "published soon after something happened");
        first.Drops = 7;
        a.Say();
        Engines.Eventually(() => Seen() == 7, "and again");
        Assert.Equal(7, (await session.ReadDropsAsync(default))[DropReason.UnknownKind]);
        await session.DisposeAsync();
        PlainCore second = new() { Drops = 3 };
        await using MediaSession next = engine.OpenSession(() => second);
        Engines.Eventually(() => Seen() == 10, "the ended one stays in the sum");
        Assert.Equal(10, engine.Snapshot().SessionDrops.Total);
        await engine.DisposeAsync();
        Assert.Equal(10, Seen());

        long Seen()
        {
            long seen = engine.Snapshot().SessionDrops[DropReason.UnknownKind];
            Assert.InRange(seen, 0, 10);
            return seen;
        }
    }

    [Fact]
    public async Task A_session_that_threw_leaves_what_it_had_dropped()
    {
        await using MediaEngine engine = Engines.Start();
        MediaSession session = engine.OpenSession(() => new PlainCore { Drops = 4 });
        using PlainPeer a = await PlainPeer.JoinAsync(engine, session);
        a.Say(PlainCore.Poison);
        Engines.Eventually(() => engine.Snapshot().SessionsFaulted == 1 && engine.Snapshot().SessionDrops.Total == 4, "counted");
    }

    [Fact]
    public void Each_reason_is_one_measurement_with_its_value()
    {
        DropCounts drops = new();
        foreach (DropReason reason in Enum.GetValues<DropReason>())
        {
            drops.Add(reason, 1000 + (int)reason);
        }

        Dictionary<string, long> measured = Measure(new MediaCounters { SessionDrops = drops, UnknownAddress = 77 });
        Assert.Equal(77, measured["unknown-address"]);
        Assert.Equal(1000 + (int)DropReason.IceReplayed, measured["ice-replayed"]);
        Assert.Equal(1000 + (int)DropReason.SrtpAuthentication, measured["srtp-authentication"]);
        Assert.Equal(1000 + (int)DropReason.DtlsDiscarded, measured["dtls-discarded"]);
        Assert.Equal(DropCounts.Reasons, measured.Values.Count(v => v >= 1000));
    }

    [Fact]
    public void The_handbook_lists_every_reason_and_no_other()
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Wardline.slnx")))
        {
            root = Path.GetDirectoryName(root)!;
        }

        string section = File.ReadAllText(Path.Combine(root, "docs", "how-to", "telemetry.md")).Split("\n## ").Single(s => s.StartsWith("Dropped packets", StringComparison.Ordinal));
        string[] listed = [.. section.Split('\n').Where(l => l.StartsWith("| `", StringComparison.Ordinal)).Select(l => l.Split('`')[1])];
        Assert.Equal(Measure(new MediaCounters()).Keys.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Publishing_allocates_nothing()
    {
        using OpenSslDtls dtls = MediaCertificate.Create(TimeProvider.System, static (certificate, key) => new OpenSslDtls(certificate, key));
        using SfuSession session = new(new SfuSessionOptions(), dtls, new SystemRandom());
        for (int i = 1; i <= 12; i++)
        {
            session.AddParticipant(new ParticipantId(i), default);
        }

        session.Handle(new ParticipantId(99), [1], default, default, new Rtc.PacketTrains(16));
        WorkerCounters counters = new();
        SessionDropsPublisher publisher = new(counters);
        HashSet<SessionSlot> open = [new SessionSlot(1, new SfuCore(session), System.Threading.Channels.Channel.CreateUnbounded<MediaEvent>().Writer)];
        publisher.Publish(open);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            publisher.Publish(open);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(1, counters.SessionDrops[(int)DropReason.UnknownParticipant]);
    }

    private static Dictionary<string, long> Measure(MediaCounters counters)
    {
        Dictionary<string, long> measured = [];
        using MeterListener listener = new();
        listener.InstrumentPublished = (instrument, to) =>
        {
            if (instrument is { Name: "wardline.media.dropped", Meter.Name: MediaMeter.Name })
            {
                to.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            Assert.Equal(1, tags.Length);
            Assert.Equal("reason", tags[0].Key);
            measured.Add((string)tags[0].Value!, value); // throws at a second of the same name
        });
        using MediaMeter meter = new(() => counters);
        listener.Start();
        listener.RecordObservableInstruments();
        return measured;
    }
}
